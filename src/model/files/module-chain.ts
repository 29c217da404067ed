import { existsSync } from "node:fs";
import { join } from "node:path";
import { RetrievalError, describe } from "../../errors.ts";
import { excerptOf, printable } from "../../text/printable.ts";
import {
  activationNames,
  scores,
  textVector,
  tokenVectors,
  type HeadModule,
  type LogitScoreModule,
  type UnsupportedModule,
} from "./head-modules.ts";
import { readJsonIfPresent } from "./json-file.ts";
import { poolingModes, type Pooling } from "../tokens/pooling.ts";
import { countIn } from "../tokens/window.ts";
import { classOf, listModules, weightsFile } from "./module-files.ts";

/** The modules of a model after its encoder, in their order. */
export type ModuleChain = readonly ChainModule[];
type ChainModule = HeadModule | LogitScoreModule | UnsupportedModule;

/** A module's `config.json`, and its folder. */
interface ModuleFiles {
  readonly type: string;
  readonly folder: string;
  readonly configPath: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What a module reads and writes if its configuration does not say. */
  readonly feature: string;
}

/**
 * Reads the chain from `modules.json` and the modules' folders. A folder without `modules.json` may have a
 * `1_Pooling`. A module that this package does not know, or whose configuration is missing or damaged, is an error only
 * once the model needs it. `reads` says what a `Dense` module works on if its configuration does not.
 */
export async function readChain(
  folder: string,
  reads: "tokens" | "text" = "text",
): Promise<ModuleChain> {
  const feature = reads === "tokens" ? tokenVectors : textVector;
  const listed = await listModules(folder);
  const pooling = { type: "sentence_transformers.models.Pooling", path: "1_Pooling" };
  const isUnlisted = listed.length === 0 && existsSync(join(folder, pooling.path, "config.json"));
  const chain: ChainModule[] = [];
  for (const [index, { type, path }] of (isUnlisted ? [pooling] : listed).entries()) {
    if (index === 0 && classOf(type) === "Transformer") continue; // The graph.
    chain.push(...(await readModule(type, join(folder, path), feature)));
  }
  return chain;
}

async function readModule(
  type: string,
  folder: string,
  feature: string,
): Promise<readonly ChainModule[]> {
  const read = readers.get(classOf(type) ?? "");
  if (!read) return [unsupported(`the module \`${excerptOf(type)}\` is not supported`)];
  const configPath = join(folder, "config.json");
  try {
    return read({ type, folder, configPath, config: await readJsonIfPresent(configPath), feature });
  } catch (error) {
    if (!(error instanceof RetrievalError)) throw error;
    const role = read === readPooling ? "pooling" : "other";
    return [{ kind: "unsupported", role, output: undefined, reason: error }];
  }
}

type Reader = (files: ModuleFiles) => readonly ChainModule[];

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["Pooling", readPooling],
  ["Dense", readDense],
  ["LayerNorm", readLayerNorm],
  ["Normalize", (files) => [{ kind: "normalize", ...featuresIn(files) }]],
  ["Dropout", () => []], // Only training drops anything.
  ["MultiVectorMask", () => []], // Works on token ids, not on vectors.
  ["LogitScore", readLogitScore],
]);

function unsupported(reason: string, output?: string): UnsupportedModule {
  return { kind: "unsupported", role: "other", output, reason };
}

function readLogitScore(files: ModuleFiles): ReturnType<Reader> {
  const { config, configPath } = files;
  const trueToken = countIn(config, "true_token_id", configPath, 0);
  if (trueToken === undefined) throw malformed("true_token_id", "a token id", files);
  const falseToken = countIn(config, "false_token_id", configPath, 0);
  return [{ kind: "logit-score", output: scores, trueToken, falseToken }];
}

function readPooling({ config, configPath }: ModuleFiles): ReturnType<Reader> {
  const stated = modesIn(config);
  const modes = stated.filter((mode): mode is Pooling =>
    poolingModes.some((each) => each === mode),
  );
  const unknown = stated.find((mode) => !poolingModes.some((each) => each === mode));
  if (modes.length > 0 && unknown === undefined) {
    return [{ kind: "pooling", modes, includesPrompt: config["include_prompt"] !== false }];
  }
  const reason =
    stated.length === 0
      ? `${configPath} names no pooling mode`
      : `pooling mode ${printable(describe(unknown))} is not supported`;
  return [{ kind: "unsupported", role: "pooling", output: textVector, reason }];
}

/** The flags of older versions, in the order in which sentence-transformers concatenates their vectors. */
const poolingFlags: ReadonlyMap<string, Pooling> = new Map([
  ["pooling_mode_cls_token", "cls"],
  ["pooling_mode_max_tokens", "max"],
  ["pooling_mode_mean_tokens", "mean"],
  ["pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens"],
  ["pooling_mode_weightedmean_tokens", "weightedmean"],
  ["pooling_mode_lasttoken", "lasttoken"],
]);

/** The modes in the order in which their vectors are concatenated; "mean" if no flag is set. */
function modesIn(config: Readonly<Record<string, unknown>>): readonly unknown[] {
  const stated = config["pooling_mode"];
  if (stated !== undefined) return Array.isArray(stated) ? stated : [stated];
  const flags = Object.keys(config).filter((name) => name.startsWith("pooling_mode_"));
  if (flags.length === 0) return [];
  const known = [...poolingFlags.keys()];
  const set = [...known, ...flags.filter((flag) => !poolingFlags.has(flag))].filter(
    (flag) => config[flag] === true,
  );
  return set.length === 0
    ? ["mean"]
    : set.map((flag) => poolingFlags.get(flag) ?? flag.slice("pooling_mode_".length));
}

function readDense(files: ModuleFiles): ReturnType<Reader> {
  const { config, folder } = files;
  const { activation_function: given = "torch.nn.Tanh" } = config;
  const name = typeof given === "string" ? torchClass.exec(given)?.[1] : undefined;
  const activation = activationNames.find((each) => each === name);
  const features = featuresIn(files);
  if (activation === undefined) {
    const reason = `the activation function ${printable(describe(given))} is not supported`;
    return [unsupported(reason, features.output)];
  }
  return [
    {
      kind: "dense",
      ...features,
      inputSize: sizeIn("in_features", files),
      outputSize: sizeIn("out_features", files),
      hasBias: config["bias"] !== false,
      activation,
      isResidual: config["use_residual"] === true,
      weights: join(folder, weightsFile),
    },
  ];
}

/** A class of `torch.nn`, in whichever module a version has it. */
const torchClass = /^torch\.nn\.(?:\w+\.)*(\w+)$/;

function readLayerNorm(files: ModuleFiles): ReturnType<Reader> {
  const size = sizeIn("dimension", files);
  const weights = join(files.folder, weightsFile);
  return [{ kind: "layer-norm", input: textVector, output: textVector, size, weights }];
}

function featuresIn({ config, configPath, feature }: ModuleFiles): {
  readonly input: string;
  readonly output: string;
} {
  const nameIn = (key: string, fallback: string): string => {
    const name = config[key] ?? fallback;
    if (typeof name === "string") return name;
    throw malformed(key, "a feature's name", { config, configPath });
  };
  const input = nameIn("module_input_name", feature);
  return { input, output: nameIn("module_output_name", input) };
}

function sizeIn(name: string, { config, configPath }: ModuleFiles): number {
  const size = countIn(config, name, configPath);
  if (size !== undefined) return size;
  throw malformed(name, "a whole number", { config, configPath });
}

function malformed(
  name: string,
  expected: string,
  { config, configPath }: Pick<ModuleFiles, "config" | "configPath">,
): RetrievalError {
  return new RetrievalError(
    "model-damaged",
    `Expected \`${name}\` in ${configPath} to be ${expected}, got ${printable(describe(config[name]))}: fetch the model again.`,
  );
}
