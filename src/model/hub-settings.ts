import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** Where models come from and where they are kept, as the environment says. */
export interface HubSettings {
  readonly endpoint: string;
  readonly cacheFolder: string;
  readonly token: string | undefined;
  readonly isOffline: boolean;
}

/**
 * Reads the variables that Hugging Face's own libraries read, at the moment of the call:
 * `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`, `HF_TOKEN`, `HF_TOKEN_PATH`,
 * `HF_HUB_OFFLINE`. The cache is the one that they use, so a model is on the disk once.
 *
 * @see https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 */
export function readHubSettings(env: NodeJS.ProcessEnv = process.env): HubSettings {
  const home =
    env["HF_HOME"] ?? join(env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "huggingface");
  return {
    endpoint: (env["HF_ENDPOINT"] ?? "https://huggingface.co").replace(/\/+$/, ""),
    cacheFolder: env["HF_HUB_CACHE"] ?? env["HUGGINGFACE_HUB_CACHE"] ?? join(home, "hub"),
    token: env["HF_TOKEN"] ?? readToken(env["HF_TOKEN_PATH"] ?? join(home, "token")),
    isOffline: /^(1|true|yes|on)$/i.test(env["HF_HUB_OFFLINE"] ?? ""),
  };
}

function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim() || undefined;
  } catch {
    return undefined; // No token file: most models need none.
  }
}
