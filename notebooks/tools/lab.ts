import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { denoPath, folder, labNames, runArguments, writeModules } from "./notebook.ts";

// `npm run lab` makes the kernel known; `npm run lab -- 01` runs labs in the terminal, without Jupyter.
const deno = denoPath();
const wanted = process.argv.slice(2);
if (wanted.length > 0) runInTerminal(wanted);
else installKernel();

function installKernel(): void {
  const { status, stderr } = spawnSync(deno, ["jupyter", "--install"], { encoding: "utf8" });
  const isThere = stderr.includes("already exists");
  if (status !== 0 && !isThere) throw new Error(`The kernel could not be installed: ${stderr}`);
  console.log(`
The kernel "Deno" is ${isThere ? "installed already, and stays as it was" : "installed"}.

VS Code    open a notebook of notebooks/ (extension: Jupyter), select the kernel "Deno"
Jupyter    jupyter lab notebooks
Deno alone npm run lab -- 01

Labs: ${labNames().join(", ")}`);
}

function runInTerminal(starts: readonly string[]): void {
  const names = labNames(starts);
  const temporary = mkdtempSync(join(folder, "run-"));
  try {
    for (const file of writeModules(temporary, names)) {
      const { status } = spawnSync(deno, runArguments(file), { cwd: folder, stdio: "inherit" });
      process.exitCode ||= status ?? 1;
    }
  } finally {
    rmSync(temporary, { recursive: true });
  }
}
