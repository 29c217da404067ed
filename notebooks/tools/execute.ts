import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  codeCells,
  denoPath,
  labFile,
  labNames,
  moduleOf,
  type Notebook,
  readNotebook,
  root,
  sourceOf,
  withModule,
  writeNotebook,
} from "./notebook.ts";

// Executes labs with Jupyter's own runner: `execute.ts [--write] [01 …]`. With `--write` their code is
// formatted first and their outputs are kept; without it the files stay as they are.
const { values, positionals } = parseArgs({
  options: { write: { type: "boolean", default: false } },
  allowPositionals: true,
});
const isKept = values.write;
const temporary = mkdtempSync(join(tmpdir(), "labs-"));
try {
  installKernel();
  for (const name of labNames(positionals)) {
    if (isKept) formatCode(name);
    const startedAt = performance.now();
    const executed = execute(name);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    requireWhole(name, executed);
    if (isKept) writeNotebook(labFile(name), withoutTraces(executed));
    console.log(`${name}: ${codeCells(executed).length} cells in ${seconds} s`);
  }
} finally {
  rmSync(temporary, { recursive: true });
}

/** A kernel for this run alone: nothing of the user's is touched. */
function installKernel(): void {
  const kernel = join(temporary, "kernels/deno");
  mkdirSync(kernel, { recursive: true });
  const argv = [denoPath(), "jupyter", "--kernel", "--conn", "{connection_file}"];
  const spec = { argv, display_name: "Deno", language: "typescript" };
  writeFileSync(join(kernel, "kernel.json"), JSON.stringify(spec));
}

function formatCode(name: string): void {
  const notebook = readNotebook(labFile(name));
  const file = join(temporary, `${name}.ts`);
  writeFileSync(file, moduleOf(notebook));
  const settings = join(root, ".oxfmtrc.json");
  execFileSync("node", [join(root, "node_modules/oxfmt/bin/oxfmt"), "-c", settings, file]);
  writeNotebook(labFile(name), withModule(notebook, readFileSync(file, "utf8")));
}

/** Fails where a cell does. */
function execute(name: string): Notebook {
  // On a busy machine a cell's last output can come more than the usual four seconds after its end.
  const options = ["record_timing=False", "timeout=300", "iopub_timeout=60"].map(
    (option) => `--ExecutePreprocessor.${option}`,
  );
  const ways = ["--to", "notebook", "--execute", "--output-dir", temporary, "--log-level", "WARN"];
  execFileSync("jupyter", ["nbconvert", ...ways, ...options, labFile(name)], {
    env: { ...process.env, JUPYTER_PATH: temporary },
    stdio: "inherit",
  });
  return readNotebook(join(temporary, `${name}.ipynb`));
}

/** Outputs are read by others: all there, no warnings, and nothing of the machine they were made on. */
function requireWhole(name: string, notebook: Notebook): void {
  const outputs = codeCells(notebook).flatMap((cell) => cell.outputs ?? []);
  const loud = outputs.find((output) => output.output_type === "error" || output.name === "stderr");
  if (loud) throw new Error(`Expected no errors and warnings in ${name}: ${JSON.stringify(loud)}`);
  const empty = codeCells(notebook).find(
    (cell) => /^await (?:table|draw)\(/m.test(sourceOf(cell)) && cell.outputs?.length === 0,
  );
  if (empty)
    throw new Error(`Expected cell ${empty.id} of ${name} to show something: run it again.`);
  const path = [root, "file://"].find((part) => JSON.stringify(outputs).includes(part));
  if (path !== undefined) throw new Error(`Expected outputs of ${name} without ${path}.`);
}

/** Without what differs from one kernel or frontend to the next. */
function withoutTraces({ cells }: Notebook): Notebook {
  const metadata = {
    kernelspec: { display_name: "Deno", language: "typescript", name: "deno" },
    language_info: { file_extension: ".ts", mimetype: "text/x.typescript", name: "typescript" },
  };
  const kept = cells.map((cell) => {
    const { jupyter } = cell.metadata;
    return { ...cell, metadata: jupyter === undefined ? {} : { jupyter } };
  });
  return { cells: kept, metadata };
}
