import { RetrievalError } from "../../errors.ts";
import {
  inputOf,
  normalizeTokens,
  outputOf,
  scores,
  textVector,
  tokenVectors,
  type HeadModule,
  type LogitScoreModule,
  type PoolingModule,
  type UnsupportedModule,
} from "./head-modules.ts";
import { excerptOf } from "../../text/printable.ts";
import type { Pooling } from "../tokens/pooling.ts";
import type { ModuleChain } from "./module-chain.ts";
import type { MultiVectorSettings } from "./multi-vector-settings.ts";

/** What turns the output of a graph into a score, one vector, or one vector for each token. */
export interface Head {
  readonly kind: "score" | "embed" | "tokens";
  /** The output of the graph that is read. */
  readonly output: string;
  /** What runs on that output if it holds token vectors; empty if the graph contains the whole model. */
  readonly modules: readonly HeadModule[];
  /** How the output becomes a score if it holds logits of a language model. */
  readonly logitScore?: LogitScoreModule;
}

/** The facts about a model that decide what its head is. */
export interface HeadSources {
  readonly graphPath: string;
  readonly graph: { readonly outputs: readonly string[] };
  readonly settings: {
    readonly chain: ModuleChain;
    readonly defaultPrompt?: string;
    readonly multiVector?: MultiVectorSettings | undefined;
    readonly answers?: LogitScoreModule | undefined;
  };
}

/**
 * Chooses the output of the graph to read, and the modules to run on it. If the graph has the result of the whole
 * model as an output, that output is used and no module runs. Otherwise all modules run on the token vectors.
 *
 * @throws `model-mismatch` if the model is of the other kind, or needs a module that this package cannot run
 */
export function headOf(
  kind: Head["kind"],
  { graphPath, graph, settings }: HeadSources,
  pooling?: Pooling,
): Head {
  const { chain, answers, multiVector, defaultPrompt = "" } = settings;
  const outputs = graph.outputs.filter((name) => !/^present\b/.test(name)); // A decoder's cache.
  if (kind === "tokens") {
    const output = tokenOutputs.find((name) => outputs.includes(name)) ?? outputs[0] ?? "";
    if (isResult("score", output) || isResult("embed", output))
      throw wrongKind(kind, graphPath, outputs);
    return {
      kind,
      output,
      modules: runnable(kind, multiVector?.chain ?? [normalizeTokens], graphPath),
    };
  }
  if (multiVector) throw wrongKind("multi-vector", graphPath, outputs);
  const result = resultOutputs[kind].find((name) => outputs.includes(name));
  // The logits of a language model are not scores: its last module computes scores from them.
  const logitScore = chain.find(isLogitScore) ?? answers;
  if (logitScore && result === "logits") return { kind, output: result, modules: [], logitScore };
  if (result !== undefined && pooling === undefined) return { kind, output: result, modules: [] };
  const needed = withPooling(chain, pooling);
  const unreadable = needed.find(isUnreadable);
  if (unreadable) throw unusable(unreadable, graphPath);
  const end = endOf(chain, outputs);
  if (end !== undefined && end !== kind) throw wrongKind(kind, graphPath, outputs);
  if (kind === "score" && defaultPrompt !== "" && needed.some(leavesOutPrompt)) {
    throw cannotRun(
      graphPath,
      "a cross-encoder's pooling that leaves out the prompt is not supported",
    );
  }
  const tokens = tokenOutputs.find((name) => outputs.includes(name));
  if (result !== undefined && tokens === undefined) {
    throw new RetrievalError(
      "model-mismatch",
      `Expected token vectors to pool from ${graphPath}, got only \`${result}\`: remove the option \`pooling\`.`,
    );
  }
  // An output of another name may be the result, which its shape shows.
  const output = tokens ?? outputs.find((name) => !isResult(otherKind[kind], name));
  if (output === undefined) throw withoutTokens(kind, graphPath, outputs);
  if (kind === "score" && chain.length === 0 && tokens === undefined) {
    return { kind, output, modules: [] };
  }
  return { kind, output, modules: runnable(kind, needed, graphPath) };
}

/** Whether modules have to run on this graph, so that their weights are needed. */
export function needsModules({ outputs }: HeadSources["graph"], chain: ModuleChain): boolean {
  // A module that does not say what it writes may be the last.
  const isOpen = chain.some((module) => outputOf(module) === undefined);
  const kinds = isOpen ? (["score", "embed"] as const) : [endOf(chain, outputs) ?? "embed"];
  const results = kinds.flatMap((kind): readonly string[] => resultOutputs[kind]);
  return !results.some((name) => outputs.includes(name));
}

/** The outputs of a graph that hold the result of the whole model. */
const resultOutputs = {
  score: ["logits", scores],
  embed: [textVector],
} as const satisfies Record<EndKind, readonly string[]>;

/** The kinds of head that give one result for each text; a head of tokens gives a vector for each token instead. */
type EndKind = Exclude<Head["kind"], "tokens">;

/** The outputs of a graph that hold token vectors. */
const tokenOutputs = ["last_hidden_state", tokenVectors] as const;

/** What the model gives: scores or a vector; `undefined` if neither its modules nor its outputs say. */
function endOf(chain: ModuleChain, outputs: readonly string[]): EndKind | undefined {
  const written = new Set(chain.map(outputOf));
  if (written.has(scores)) return "score";
  if (written.has(textVector)) return "embed";
  const kinds = ["score", "embed"] as const;
  return kinds.find((kind) => outputs.length > 0 && outputs.every((name) => isResult(kind, name)));
}

function isResult(kind: EndKind, output: string): boolean {
  return resultOutputs[kind].some((name) => name === output);
}

const otherKind = { score: "embed", embed: "score" } as const;

function withPooling(chain: ModuleChain, mode: Pooling | undefined): ModuleChain {
  if (mode === undefined) return chain;
  const found = chain.find(({ kind }) => kind === "pooling");
  const pool: PoolingModule = { includesPrompt: true, ...found, kind: "pooling", modes: [mode] };
  if (!chain.some(isPooling)) return [pool, ...chain];
  return chain.map((each) => (isPooling(each) ? pool : each));
}

type ChainModule = ModuleChain[number];

function isLogitScore(module: ChainModule): module is LogitScoreModule {
  return module.kind === "logit-score";
}

function isPooling(module: ChainModule): boolean {
  return module.kind === "pooling" || (module.kind === "unsupported" && module.role === "pooling");
}

function leavesOutPrompt(module: ChainModule): boolean {
  return module.kind === "pooling" && !module.includesPrompt;
}

function isUnreadable(module: ChainModule): module is UnsupportedModule {
  return module.kind === "unsupported" && typeof module.reason !== "string";
}

/** The error for a module that this package cannot run. */
function unusable(module: UnsupportedModule, graphPath: string): RetrievalError {
  if (typeof module.reason !== "string") return module.reason;
  const hint = isPooling(module) ? "pass the option `pooling` as the model card says, or " : "";
  return cannotRun(graphPath, module.reason, hint);
}

/**
 * Checks that each module is known and finds its input, and that the last feature is there, with one vector for
 * each text.
 */
function runnable(
  kind: Head["kind"],
  chain: ModuleChain,
  graphPath: string,
): readonly HeadModule[] {
  const counts = new Map<string, "token" | "text">([[tokenVectors, "token"]]);
  const modules: HeadModule[] = [];
  for (const module of chain) {
    if (module.kind === "unsupported") throw unusable(module, graphPath);
    if (isLogitScore(module)) {
      throw cannotRun(graphPath, "the last one reads logits, which this graph does not give");
    }
    const input = inputOf(module);
    const reader = `a ${module.kind} module reads \`${excerptOf(input)}\``;
    const count = counts.get(input);
    if (count === undefined) throw cannotRun(graphPath, `${reader}, which no module writes`);
    const isPool = module.kind === "pooling";
    if (isPool && count === "text") {
      throw cannotRun(graphPath, `${reader}, which another module replaced by one vector a text`);
    }
    counts.set(outputOf(module) ?? input, isPool ? "text" : count);
    modules.push(module);
  }
  const result = { score: scores, embed: textVector, tokens: tokenVectors }[kind];
  const count = counts.get(result);
  if (count === (kind === "tokens" ? "token" : "text")) return modules;
  if (count === "token") {
    throw cannotRun(graphPath, `\`${result}\` is written for each token, not for each text`);
  }
  throw kind === "score" ? wrongKind(kind, graphPath, []) : unpooled(graphPath);
}

function cannotRun(graphPath: string, reason: string, hint: string = ""): RetrievalError {
  return new RetrievalError(
    "model-mismatch",
    `Expected modules that can run after the graph ${graphPath}, but ${reason}: ${hint}use a graph that contains the whole model, with an output \`${textVector}\` or \`${scores}\`.`,
  );
}

function withoutTokens(
  kind: Head["kind"],
  graphPath: string,
  outputs: readonly string[],
): RetrievalError {
  const own = kind === "score" ? `\`logits\` or \`${scores}\`` : `\`${textVector}\``;
  const names = outputs.map((name) => `\`${name}\``).join(" and ");
  return new RetrievalError(
    "model-mismatch",
    `Expected an output ${own}, or token vectors for the modules, from ${graphPath}, got ${names || "no outputs"}: use a graph of this model with one of them, such as \`last_hidden_state\`.`,
  );
}

function wrongKind(
  kind: Head["kind"] | "multi-vector",
  graphPath: string,
  outputs: readonly string[],
): RetrievalError {
  const only = outputs.length === 1 && isResult("score", outputs[0] ?? "");
  const got = only
    ? `only the output \`${outputs[0]}\`, which is a cross-encoder's`
    : "the modules of a cross-encoder";
  const messages = {
    score: `Expected scores, but neither the graph ${graphPath} nor its modules.json gives any, as a cross-encoder does: pass the model to \`OnnxEmbeddings\`.`,
    embed: `Expected vectors from ${graphPath}, got ${got}: pass the model to \`CrossEncoderReranker\`.`,
    tokens: `Expected token vectors from ${graphPath}, got only the output \`${outputs[0]}\` of the whole model: pass a graph with an output \`last_hidden_state\`.`,
    "multi-vector": `Expected one result for each text from ${graphPath}, got the vectors of a multi-vector model: pass the model to \`MultiVectorScorer\`.`,
  } as const;
  return new RetrievalError("model-mismatch", messages[kind]);
}

function unpooled(graphPath: string): RetrievalError {
  return new RetrievalError(
    "model-mismatch",
    `Neither the catalogue, modules.json nor 1_Pooling/config.json says how the token vectors of ${graphPath} are pooled: pass \`pooling: "mean"\` or \`"cls"\`, as the model card says.`,
  );
}
