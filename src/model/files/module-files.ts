import { join, posix } from "node:path";
import { describe, RetrievalError } from "../../errors.ts";
import { printable } from "../../text/printable.ts";
import { isInnerPath } from "./hub-cache.ts";
import { readJsonIfPresent } from "./json-file.ts";

/** A module as `modules.json` lists it. */
interface ModuleEntry {
  readonly type: string;
  /** Its folder inside the model's; "" for the model's own. */
  readonly path: string;
}

export const weightsFile = "model.safetensors";

/** The entries of `modules.json` in their order; empty if there is no such file. */
export async function listModules(folder: string): Promise<readonly ModuleEntry[]> {
  const path = join(folder, "modules.json");
  return Object.values(await readJsonIfPresent(path)).map((entry) => {
    const type: unknown = Reflect.get(Object(entry), "type");
    const inner: unknown = Reflect.get(Object(entry), "path") ?? "";
    // A list from the hub must not name a folder outside the model's, and messages show the path.
    const isSafe =
      typeof inner === "string" &&
      (inner === "" || (isInnerPath(inner) && inner.length < 256 && printable(inner) === inner));
    if (typeof type === "string" && isSafe) return { type, path: inner };
    throw new RetrievalError(
      "model-damaged",
      `Expected each module in ${path} to have a "type" and a "path" inside the folder, got ${printable(describe(type))} and ${printable(describe(inner))}: delete the file and fetch it again.`,
    );
  });
}

/**
 * The class of a module of sentence-transformers or PyLate, in whichever Python module a version has it; `undefined` for
 * code that comes with a model.
 */
export function classOf(type: string): string | undefined {
  return /^(?:sentence_transformers|pylate)\.(?:\w+\.)*(\w+)$/.exec(type)?.[1];
}

/** Paths of the files that the modules may have, with `/` and relative to the model's folder. */
export async function moduleFiles(
  folder: string,
): Promise<{ readonly configs: readonly string[]; readonly weights: readonly string[] }> {
  const listed = (await listModules(folder)).filter(({ path }) => path !== "");
  const weighty = listed.filter(({ type }) => /^(Dense|LayerNorm)$/.test(classOf(type) ?? ""));
  return {
    configs: listed.map(({ path }) => `${path}/config.json`),
    weights: weighty.map(({ path }) => `${path}/${weightsFile}`),
  };
}

/** Where older versions kept the weights that belong at `weights`. */
export function pickleBeside(weights: string): string {
  return posix.join(posix.dirname(weights), "pytorch_model.bin");
}

/** The error for a module without weights; `hasPickle` if they are there in the older format. */
export function missingWeights(
  folder: string,
  weights: string,
  hasPickle: boolean,
): RetrievalError {
  return new RetrievalError(
    "model-not-found",
    hasPickle
      ? `Expected ${weights} in ${folder}, got only ${pickleBeside(weights)}, a format that can run code: load the model with sentence-transformers and save it with \`save_pretrained\`, which writes safetensors.`
      : `Expected ${weights} in ${folder}, which modules.json names, got no such file: fetch the model again, or pass a folder or repository that has the file.`,
  );
}
