import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where models come from and where they are cached, as the environment says. */
export interface HubSettings {
  readonly endpoint: string;
  readonly cacheFolder: string;
  readonly token: string | undefined;
  readonly isOffline: boolean;
}

/**
 * Reads the environment variables of Hugging Face's own libraries at the time of the call: `HF_ENDPOINT`,
 * `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HUB_OFFLINE`. An empty variable
 * counts as not set. The cache is shared with those libraries, so each model is on the disk only once.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
export function readHubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const valueOf = (name: string): string | undefined => env[name]?.trim() || undefined;
  const caches = valueOf("XDG_CACHE_HOME") ?? join(homedir(), ".cache");
  const home = valueOf("HF_HOME") ?? join(caches, "huggingface");
  return {
    endpoint: (valueOf("HF_ENDPOINT") ?? "https://huggingface.co").replace(/(?<!\/)\/+$/, ""),
    cacheFolder: valueOf("HF_HUB_CACHE") ?? valueOf("HUGGINGFACE_HUB_CACHE") ?? join(home, "hub"),
    token: valueOf("HF_TOKEN") ?? readToken(valueOf("HF_TOKEN_PATH") ?? join(home, "token")),
    isOffline: /^(1|true|yes|on)$/i.test(valueOf("HF_HUB_OFFLINE") ?? ""),
  };
}

function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined; // Most models need no token.
  }
}
