import { Option, type Command } from "commander";
import { chooseProvider, dtypesFor } from "../model/workers/device.ts";
import { HubSnapshot } from "../model/files/hub-snapshot.ts";
import { findInt8Kernels } from "../model/workers/int8-arithmetic.ts";
import { graphOf, modelCatalog } from "../model/files/model-catalog.ts";
import { dtypes, type Dtype } from "../model/files/graph-paths.ts";
import { locateModel, obtainModel } from "../model/files/model-files.ts";
import { requireGraphFile } from "../model/onnx-model.ts";
import { findOnDisk, modelsOnDisk } from "../model/files/models-on-disk.ts";
import { withWords } from "./command-words.ts";
import { hasProblem, runChecks } from "./doctor/finding.ts";
import { modelFileChecks } from "./doctor/model-files.ts";
import { findingsTable } from "./doctor/print-findings.ts";
import { progressBars } from "./output.ts";
import { print, shown, tableOf } from "./terminal.ts";
import { requireKnownCommand } from "./unknown-command.ts";

export function addModelsCommand(program: Command, signal: AbortSignal): void {
  const command = program
    .command("models")
    .description("list the models known by name, and which are on this disk")
    .usage("[command]")
    .action((_options: object, called: Command) => {
      requireKnownCommand(called);
      list();
    });
  command
    .command("pull")
    .description("download a model now instead of at the first request")
    .argument("<name>", "alias, or owner/name on the hub")
    .addOption(new Option("--dtype <dtype>", "precision of the weights").choices(dtypes))
    .addOption(
      new Option("--file <path>", "the graph by its path, such as onnx/model_O3.onnx").conflicts(
        "dtype",
      ),
    )
    .exitOverride()
    .action((name: string, options: PullOptions) =>
      withWords(modelsWords, () => pull(name, options, signal)),
    );
  command
    .command("verify")
    .description("compare the files on this disk with their recorded SHA-256")
    .argument(
      "[name]",
      "alias, owner/name on the hub, or a folder (default: every model on this disk)",
    )
    .exitOverride()
    .action((name: string | undefined) => withWords(modelsWords, () => verify(name)));
  // An unknown subcommand would otherwise be reported as an excess argument. Subcommands copy the
  // settings made before them.
  command.allowExcessArguments();
}

const modelsWords = { model: "<name>", dtype: "--dtype" };

function list(): void {
  const head = ["model", "kind", "parameters", "max tokens", "licence", "on this disk"];
  const rows = modelCatalog.map(({ names, kind, parameters, maxTokens, licence }) => {
    return [names.at(-1), kind, parameters, maxTokens, licence, whereIs(names[0])];
  });
  print(tableOf(head, rows));
  print(shown`To use another model with ONNX files, pass its hub id or folder.`);
}

/** Where a model's graph is on the disk: in the source tree or in the cache; "" if it is not. */
function whereIs(name: string): string {
  try {
    const location = locateModel(name);
    if (location.folder !== undefined) return "bundled";
    return location.repository !== undefined && HubSnapshot.hasGraph(location.repository)
      ? "cached"
      : "";
  } catch {
    return ""; // A bundled model, but the package is used without its source tree.
  }
}

interface PullOptions {
  readonly dtype?: Dtype;
  readonly file?: string;
}

async function pull(
  name: string,
  { dtype, file: given }: PullOptions,
  signal: AbortSignal,
): Promise<void> {
  if (given !== undefined) requireGraphFile("--file", given);
  const file = given ?? (dtype === undefined ? graphOf(name) : undefined);
  const wanted = dtypesFor(await chooseProvider("auto"), dtype, file);
  const int8Kernels = await findInt8Kernels();
  const files = await obtainModel(name, wanted, {
    int8Kernels,
    file,
    onProgress: progressBars(),
    signal,
  });
  print(shown`${name} (${files.dtype}) is in ${files.folder}`);
}

async function verify(name: string | undefined): Promise<void> {
  const models = name === undefined ? modelsOnDisk() : findOnDisk(name);
  const findings = await runChecks(models.flatMap(modelFileChecks));
  if (hasProblem(findings)) process.exitCode = 1;
  print(findings.length === 0 ? shown`Found no models on this disk.` : findingsTable(findings));
}
