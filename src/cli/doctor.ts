import { availableParallelism } from "node:os";
import type { Command } from "commander";
import { measureCost } from "../cross-encoder/measure-cost.ts";
import { OnnxCrossEncoder } from "../cross-encoder/onnx-cross-encoder.ts";
import { chooseProvider, dtypesFor } from "../model/workers/device.ts";
import { readHubSettings } from "../model/files/hub-settings.ts";
import { findInt8Kernels, measureWidening } from "../model/workers/int8-arithmetic.ts";
import { chooseLayout, type Layout } from "../model/workers/layout.ts";
import { findModel } from "../model/files/model-catalog.ts";
import { dtypesIn } from "../model/files/graph-paths.ts";
import { folderOnDisk, locateModel } from "../model/files/model-files.ts";
import type { ModelOnDisk } from "../model/files/models-on-disk.ts";
import { findBundledModel } from "../model/files/verify-files.ts";
import { printableJson } from "../text/printable.ts";
import { checkCoreLimit, readCoreLimit } from "./doctor/core-limit.ts";
import { costNumbers, costWords } from "./doctor/cost.ts";
import { checkFolder } from "./doctor/disk.ts";
import {
  hasProblem,
  note,
  ok,
  problem,
  runChecks,
  type Check,
  type Finding,
} from "./doctor/finding.ts";
import { checkDrift, checkKnownLogits, checkPairs } from "./doctor/golden-pairs.ts";
import {
  checkArithmetic,
  checkHub,
  checkMachine,
  checkPackage,
  checkProvider,
} from "./doctor/machine.ts";
import { modelFileChecks } from "./doctor/model-files.ts";
import { findingsTable } from "./doctor/print-findings.ts";
import { checkSeparator } from "./doctor/separator.ts";
import { storeChecks } from "./doctor/store.ts";
import { defaultModels, sampleDocuments } from "./pipeline.ts";
import { print, Shown, shown } from "./terminal.ts";

interface DoctorOptions {
  readonly model: string;
  readonly store: string;
  readonly json?: boolean;
}

type Cost = Awaited<ReturnType<typeof measureCost>>;

export function addDoctorCommand(program: Command): void {
  program
    .command("doctor")
    .description(
      "check this machine, a cross-encoder and a store; report problems and the cost of reranking",
    )
    .option("--model <name>", "cross-encoder to check and time", defaultModels.reranker)
    .option(
      "--store <where>",
      "store to check: a folder, or the URL of a Chroma server",
      ".langchain-rerank/chroma",
    )
    .option("--json", "print the findings as JSON")
    .action(examine);
}

async function examine({ model, store, json }: DoctorOptions): Promise<void> {
  const folder = await onThisDisk(model); // Reports a misspelt name at once.
  const machine = await runChecks(machineChecks());
  const { findings: ofModel, cost } = await examineModel(model, folder);
  const stored = await runChecks(storeChecks(store));
  const findings = [...machine, ...ofModel, ...stored];
  if (hasProblem(findings)) process.exitCode = 1;
  if (json === true) {
    const numbers = cost === undefined ? null : costNumbers(cost);
    return print(new Shown(printableJson({ findings, cost: numbers })));
  }
  print(findingsTable(findings));
  if (cost !== undefined) print(costWords(model, cost));
  else print(shown`\n${model} was not timed.`);
}

function machineChecks(): Check[] {
  const hub = readHubSettings();
  const chroma = "@langchain/community/vectorstores/chroma";
  return [
    { what: "machine", run: checkMachine },
    {
      what: "int8 arithmetic",
      run: async () => [checkArithmetic(await findInt8Kernels(), await measureWidening())],
    },
    { what: "device auto", run: async () => checkProvider(await chooseProvider("auto")) },
    { what: "model hub", run: async () => checkHub(hub) },
    { what: "model cache", run: () => checkFolder("model cache", hub.cacheFolder) },
    { what: "Chroma", run: async () => [await checkPackage("Chroma", "chromadb")] },
    {
      what: "LangChain community",
      run: async () => [await checkPackage("LangChain community", chroma)],
    },
    { what: "sample documents", run: async () => [ok("sample documents", sampleDocuments)] },
  ];
}

/** Checks the model's files and scores, and measures its cost; does not download a model for it. */
async function examineModel(
  name: string,
  folder: string | undefined,
): Promise<{ findings: Finding[]; cost?: Cost }> {
  const provider = await chooseProvider("auto");
  const smallLayout = chooseLayout({ provider, modelBytes: 0 });
  const wanted = dtypesFor(provider, undefined);
  const present = folder === undefined ? [] : dtypesIn(folder);
  const dtype = wanted.find((each) => present.includes(each));
  if (folder === undefined || dtype === undefined) {
    const limit = await runChecks([limitCheck(async () => smallLayout)]);
    return { findings: [notOnDisk(name), ...limit] };
  }
  // Naming the dtype prevents the download of a missing graph; a folder downloads nothing.
  const isFetched = locateModel(name).repository !== undefined;
  const options = { model: name, ...(isFetched ? { dtype } : {}) };
  await using scorer = new OnnxCrossEncoder({ ...options, cache: false });
  let cost: Cost | undefined;
  const checks: Check[] = [
    ...modelFileChecks({ name, folder }),
    ...scoreChecks(scorer, { name, folder }),
    ...(present.includes("int8") && present.includes("fp32") ? [driftCheck(name)] : []),
    limitCheck(() => scorer.info().catch(() => smallLayout)),
    {
      what: "cost",
      run: async () => {
        cost = await measureCost(options);
        return [];
      },
    },
  ];
  const findings = await runChecks(checks);
  return { findings, ...(cost === undefined ? {} : { cost }) };
}

/** A missing model is only a problem if the user asked for it; the default one is downloaded when a command first needs it. */
function notOnDisk(name: string): Finding {
  const here = `${name} is not on this disk`;
  if (name === defaultModels.reranker) {
    return note(
      "model",
      `${here}: run \`npx langchain-rerank models pull ${name}\`, or pass another with --model`,
    );
  }
  const wayOut = `Run \`npx langchain-rerank models pull ${name}\`, or pass another model with --model.`;
  return problem("model", here, wayOut);
}

/** The folder of a model; `undefined` for a bundled model outside the source tree, too. */
async function onThisDisk(name: string): Promise<string | undefined> {
  try {
    return await folderOnDisk(name);
  } catch (error) {
    if (findModel(name)) return undefined;
    throw error;
  }
}

function scoreChecks(scorer: OnnxCrossEncoder, model: ModelOnDisk): Check[] {
  return [
    { what: "golden pairs", run: () => checkPairs(scorer) },
    { what: "golden pairs: limit", run: async () => [await checkSeparator(model)] },
    {
      what: "golden pairs: logits",
      run: async () => {
        const logits = (await findBundledModel(model.folder))?.logits;
        return logits === undefined ? [] : [await checkKnownLogits(scorer, logits)];
      },
    },
  ];
}

function driftCheck(model: string): Check {
  const options = { model, device: "cpu", workers: 1, cache: false } as const;
  return {
    what: "int8 against fp32",
    run: async () => {
      await using int8 = new OnnxCrossEncoder({ ...options, dtype: "int8" });
      await using fp32 = new OnnxCrossEncoder({ ...options, dtype: "fp32" });
      return [await checkDrift(int8, fp32)];
    },
  };
}

function limitCheck(layoutOf: () => Promise<Layout>): Check {
  return {
    what: "core limit",
    run: async () => {
      const limits = { allowed: await readCoreLimit(), cores: availableParallelism() };
      return [checkCoreLimit(await layoutOf(), limits)];
    },
  };
}
