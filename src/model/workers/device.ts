import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { askWorker } from "./ask-worker.ts";
import type { Dtype } from "../files/graph-paths.ts";
import type { Provider } from "./worker-messages.ts";

/** Where a model runs. `auto` takes the first of CUDA, WebGPU and CPU that works on this machine. */
export type Device = "auto" | Provider;

/** Resolves `auto` to a provider that works on this machine; returns a named device unchanged. */
export async function chooseProvider(device: Device): Promise<Provider> {
  return device === "auto" ? await (detected ??= detect()) : device;
}

/** Tries a named device before the files that only it needs are downloaded. */
export async function requireDevice(device: Device): Promise<void> {
  if (device === "auto" || device === "cpu") return;
  await tryOut(device).catch((cause: unknown) => {
    throw unavailable(device, cause);
  });
}

/** The dtypes to try, best first, if none was requested: int8 is the fastest on a CPU, fp16 on a GPU. */
export function dtypesFor(provider: Provider, dtype: Dtype | undefined): readonly Dtype[] {
  if (dtype !== undefined) return [dtype];
  return provider === "cpu" ? ["int8", "fp32"] : ["fp16", "fp32"];
}

/** The error for a provider that cannot be used; says how to get it. */
export function unavailable(provider: Provider, cause: unknown): RetrievalError {
  return new RetrievalError(
    "device-unavailable",
    `The ${provider} provider of ONNX Runtime does not work here. ${remedies[provider]}, or pass device "auto" or "cpu".`,
    { cause },
  );
}

/** Downloads the CUDA libraries that npm does not include. */
export const cudaInstallCommand =
  "node node_modules/onnxruntime-node/script/install.js --onnxruntime-node-install=cuda12";

const remedies: Readonly<Record<Provider, string>> = {
  cuda: `It needs linux/x64, an NVIDIA GPU with CUDA 12 and cuDNN 9, and the libraries that \`${cudaInstallCommand}\` fetches`,
  webgpu: "It needs a GPU with a current Vulkan, Metal or Direct3D 12 driver",
  cpu: "Reinstall onnxruntime-node",
};

let detected: Promise<Provider> | undefined;

async function detect(): Promise<Provider> {
  for (const provider of ["cuda", "webgpu"] as const) {
    if (mayWork[provider]() && (await works(provider))) return provider;
  }
  return "cpu";
}

/** Cheap checks before a real try. Software adapters have no device file, so they are refused here. */
const mayWork = {
  cuda: () => cudaLibraryExists() && hasDeviceFile(/^nvidia\d|^dxg$/),
  webgpu: () =>
    process.platform !== "linux" ||
    hasDeviceFile(/^nvidia\d|^dxg$/) ||
    hasDeviceFile(/^renderD/, "/dev/dri"),
} as const;

function hasDeviceFile(pattern: RegExp, folder = "/dev"): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => pattern.test(name));
}

function cudaLibraryExists(): boolean {
  const root = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  return readdirSync(join(root, "bin"), { recursive: true, encoding: "utf8" }).some((path) =>
    path.endsWith("libonnxruntime_providers_cuda.so"),
  );
}

/** Tries a provider on a graph with one operator. */
async function tryOut(provider: Provider): Promise<void> {
  await askWorker({ kind: "probe", provider }, "probed");
}

async function works(provider: Provider): Promise<boolean> {
  return tryOut(provider).then(
    () => true,
    () => false,
  );
}
