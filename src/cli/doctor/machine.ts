import { totalmem } from "node:os";
import { cudaInstallCommand } from "../../model/workers/device.ts";
import type { HubSettings } from "../../model/files/hub-settings.ts";
import type { Int8Kernels } from "../../model/files/int8-products.ts";
import type { Provider } from "../../model/workers/worker-messages.ts";
import { processorWords } from "../output.ts";
import { note, ok, problem, type Finding } from "./finding.ts";

/** Runtime, processor and memory. */
export async function checkMachine(): Promise<Finding[]> {
  return [
    ok("Node.js", `${process.version}, ${process.platform}/${process.arch}`),
    ok("processor", processorWords()),
    ok("memory", `${Math.round(totalmem() / 2 ** 30)} GiB`),
  ];
}

/** How int8 products are computed; `widening` is how many times longer an exact one takes. */
export function checkArithmetic(kernels: Int8Kernels, widening: number | undefined): Finding {
  const what = "int8 arithmetic";
  if (kernels === "exact") return ok(what, "exact, with this processor's native kernels");
  if (widening !== undefined) {
    return ok(
      what,
      `exact: this processor's native kernels saturate; the ones used take ${widening.toFixed(1)} times as long per product`,
    );
  }
  return problem(
    what,
    "saturates: scores of int8 models are wrong by more than a logit",
    'Pass dtype "fp32".',
  );
}

/** The provider that device "auto" takes, and whether a GPU could be used. */
export function checkProvider(provider: Provider): Finding[] {
  const cuda = provider === "cuda" ? ok("CUDA", "in use") : note("CUDA", cudaAdvice());
  return [ok("device auto", provider), cuda];
}

/** Where models come from and where they are cached. */
export function checkHub({ endpoint, isOffline, token, cacheFolder }: HubSettings): Finding[] {
  const hub = isOffline
    ? note("model hub", `${endpoint}, switched off by HF_HUB_OFFLINE`)
    : note("model hub", `${endpoint}, not contacted`);
  return [
    hub,
    ok("hub token", token === undefined ? "not set: only gated models need one" : "set"),
    ok("model cache", cacheFolder),
  ];
}

/** Checks that an optional package can be loaded. */
export async function checkPackage(what: string, name: string): Promise<Finding> {
  try {
    await import(name);
    return ok(what, "installed");
  } catch {
    return note(what, "not installed: npm install @langchain/community@^1.1 chromadb@^3.5");
  }
}

function cudaAdvice(): string {
  const { platform, arch } = process;
  if (platform === "linux" && arch === "x64") return `install with: ${cudaInstallCommand}`;
  return platform === "linux" && arch === "arm64"
    ? "no prebuilt libraries for linux/arm64: run a reranking server in a container, or use the CPU"
    : "no prebuilt libraries for this platform: WebGPU is used if it works";
}
