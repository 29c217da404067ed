import { dirname } from "node:path";
import { InvalidArgumentError } from "commander";
import { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import { RetrievalError } from "../errors.ts";
import { bakeOff } from "../evaluation/bake-off/bake-off.ts";
import type { BakeOffResult } from "../evaluation/bake-off/bake-off-result.ts";
import { collectBakeOff, noReranker } from "../evaluation/bake-off/collect-bake-off.ts";
import { count } from "../evaluation/diagnosis/number-words.ts";
import { writeConfiguration } from "../evaluation/gate/saved-configuration.ts";
import { dialects, type RerankDialect } from "../rerankers/dialects.ts";
import { RemotePairScorer } from "../rerankers/remote-pair-scorer.ts";
import { inCommandWords, withWords } from "./command-words.ts";
import { frontTable, questionBar, questionsFailed } from "./evaluation-output.ts";
import { loadJudgedCollection, warnOfUnknownIds } from "./judged-collection.ts";
import { keepAnswers } from "./kept-answers.ts";
import {
  firstStageNames,
  openFirstStages,
  parseKnown,
  type FirstStageName,
} from "./measured-systems.ts";
import type { EvaluateOptions } from "./measure-systems.ts";
import { makeOutputFolder } from "./output-folder.ts";
import { commandLine, machineWords, progressBars } from "./output.ts";
import { requireModels } from "./pipeline.ts";
import { reportFormatOf, writeBakeOffReport } from "./report-file.ts";
import { print, shown } from "./terminal.ts";

/** Options of `evaluate --rerankers`. */
export interface BakeOffCommandOptions extends Pick<
  EvaluateOptions,
  "data" | "measures" | "model" | "device" | "budget" | "report" | "configuration"
> {
  readonly depth: number;
  /** Names of local models, their folders, addresses of rerank servers, and `none`. */
  readonly rerankers: readonly string[];
  readonly firstStages: readonly FirstStageName[];
  /** Price of a query, by reranker. */
  readonly price?: Readonly<Record<string, number>>;
}

/** The names of a reranker's options in errors. */
const bakeOffWords = {
  model: "--rerankers",
  url: "--rerankers",
  name: "--rerankers",
  headers: "the headers of a RemotePairScorer in a program",
};

/** Compares rerankers over first stages, and recommends one combination. */
export async function compareRerankers(
  options: BakeOffCommandOptions,
  signal: AbortSignal,
): Promise<void> {
  const { data, measures, model, device, depth, firstStages: names, budget, price } = options;
  const format = options.report === undefined ? undefined : reportFormatOf(options.report);
  const collection = await withWords({ folder: "--data" }, () => loadJudgedCollection(data));
  warnOfUnknownIds(collection);
  if (collection.queries.size < 2) {
    throw new RetrievalError(
      "invalid-input",
      `Expected at least 2 judged questions in ${data} to compare rerankers, got ${collection.queries.size}: judge more.`,
    );
  }
  const contenders = options.rerankers.filter((name) => name !== noReranker);
  requirePriced(contenders, price);
  const local = contenders.filter((name) => remoteOf(name) === undefined);
  await requireModels(model, local, bakeOffWords);
  const { passages, queries, judgements, idOf } = collection;
  await using rerankers = await withWords(
    bakeOffWords,
    async () => new Rerankers(contenders, device),
  );
  await using first = await openFirstStages(
    passages,
    { model, device },
    { candidates: depth, depth, names, signal },
  );
  const settings = ["bake-off", ...names, model, device, ...contenders];
  const kept = await keepAnswers(collection, { settings, depth });
  const bar = questionBar();
  const pools = await collectBakeOff({
    firstStages: Object.fromEntries(names.map((name) => [name, first.sources[name]])),
    rerankers: rerankers.byName,
    queries,
    depth,
    idOf,
    signal,
    resumeFrom: kept.pools,
    onProgress: bar.update,
  }).finally(bar.stop);
  refuseFailures(pools.failures);
  const result = bakeOff({
    pools,
    judgements,
    measures,
    maxLatencyMs: budget,
    pricePerQuery: price,
  });
  print(frontTable(result));
  print(shown`\n${result.configuration.reason}`);
  await writeRecommendation(result, options.configuration);
  if (options.report !== undefined && format) {
    const title = `Rerankers on ${collection.name}`;
    const input = {
      bakeOff: result,
      title,
      command: commandLine(),
      machine: machineWords(),
    };
    await writeBakeOffReport(options.report, input, format);
  }
  await kept.drop();
}

async function writeRecommendation(
  { configuration, recommended }: BakeOffResult,
  path: string | undefined,
): Promise<void> {
  if (path === undefined) return;
  await makeOutputFolder(dirname(path));
  await withWords({ path: "--configuration" }, () => writeConfiguration(path, configuration));
  if (configuration.decision === "undecided") {
    return print(
      shown`Wrote ${path}, which says that there is no recommendation; loading it changes no setting.`,
    );
  }
  const first = recommended ? ` over ${recommended.firstStage}` : "";
  print(
    shown`Wrote the recommendation to ${path}; load it with TwoStageRetriever.fromConfiguration${first}.`,
  );
}

function refuseFailures(failures: ReadonlyMap<string, string>): void {
  const [first] = failures;
  if (first === undefined) return;
  const [query, reason] = first;
  const words = `${count(failures.size, "question")} failed, for example ${query}: ${reason}`;
  throw questionsFailed(inCommandWords(words, bakeOffWords));
}

/** Rerankers by the names that the command line gave them. */
class Rerankers implements AsyncDisposable {
  readonly byName: Readonly<Record<string, CrossEncoderReranker>>;

  constructor(names: readonly string[], device: BakeOffCommandOptions["device"]) {
    const onProgress = progressBars();
    this.byName = Object.fromEntries(
      names.map((name) => {
        const remote = remoteOf(name);
        // Times are measured, so no score may come from a cache.
        const local = { model: name, device, cache: false, onProgress };
        return [
          name,
          new CrossEncoderReranker(remote ? { scorer: new RemotePairScorer(remote) } : local),
        ];
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.byName).map((reranker) => reranker.dispose()));
  }
}

/** `tei:http://localhost:8080`, `vllm:http://localhost:8000#model` or `cohere:model`; otherwise a local model. */
function remoteOf(
  name: string,
): { readonly dialect: RerankDialect; readonly url?: string; readonly model?: string } | undefined {
  const colon = name.indexOf(":");
  const dialect = name.slice(0, Math.max(0, colon));
  if (!isDialect(dialect)) return undefined;
  const rest = name.slice(colon + 1);
  if (rest === "" || (!/^https?:\/\//.test(rest) && dialects[dialect].provider === undefined)) {
    throw new RetrievalError(
      "invalid-option",
      `Expected an address or a model after ${dialect}: in --rerankers, such as ${dialect}:${dialects[dialect].provider ? "model-name" : "http://localhost:8080"}, got ${name}.`,
    );
  }
  if (!/^https?:\/\//.test(rest)) return { dialect, model: rest };
  const [url = "", model] = rest.split("#");
  return { dialect, url, ...(model === undefined ? {} : { model }) };
}

function isDialect(name: string): name is RerankDialect {
  return Object.hasOwn(dialects, name);
}

/** Names of rerankers, separated by commas. */
export function parseRerankers(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.some((name) => name === "") || new Set(names).size < names.length) {
    throw new InvalidArgumentError(
      `Expected names of rerankers, each once, separated by commas, got ${text}.`,
    );
  }
  return names;
}

/** Names of first stages, separated by commas. */
export function parseFirstStages(text: string): FirstStageName[] {
  return [...new Set(parseKnown(text, firstStageNames))];
}

/** Prices by reranker, such as `cohere:rerank-v3.5=0.002`, separated by commas. */
export function parsePrices(text: string): Record<string, number> {
  return Object.fromEntries(
    text.split(",").map((part) => {
      const [, name = "", price = ""] = /^\s*(.+)=([0-9.]+)\s*$/.exec(part) ?? [];
      if (name !== "" && Number.isFinite(Number(price))) return [name, Number(price)];
      throw new InvalidArgumentError(
        `Expected prices per query such as cohere:rerank-v3.5=0.002, separated by commas, got ${part}.`,
      );
    }),
  );
}

function requirePriced(
  names: readonly string[],
  prices: BakeOffCommandOptions["price"] = {},
): void {
  const unknown = Object.keys(prices).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected --price for one of --rerankers (${names.join(", ")}), got ${unknown}.`,
  );
}
