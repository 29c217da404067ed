import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  denoPath,
  folder,
  labNames,
  root,
  runArguments,
  writeModules,
} from "../../notebooks/tools/notebook.ts";
import { mutations, type Mutation } from "./mutations.ts";

// Breaks the built package in ways that a lab has to notice: `deno run -A test/notebooks/mutate.ts 01`.
const deno = denoPath();
const names = labNames(process.argv.slice(2));
const temporary = mkdtempSync(join(import.meta.dirname, "labs-"));
try {
  for (const [index, file] of writeModules(temporary, names).entries()) {
    const name = names[index] ?? "";
    console.log(`${name}: as it is, ${outcome(file)}`);
    for (const mutation of mutations) {
      if (mutation.lab !== undefined && !name.startsWith(mutation.lab)) continue;
      console.log(`${name}: ${mutation.name}, ${mutated(mutation, () => outcome(file))}`);
    }
  }
} finally {
  rmSync(temporary, { recursive: true });
}

/** What becomes of `work` while the package is broken. */
function mutated({ file, from, to }: Mutation, work: () => string): string {
  const path = join(root, "dist", file);
  const code = readFileSync(path, "utf8");
  if (!code.includes(from)) throw new Error(`Expected ${from} in ${path}.`);
  try {
    writeFileSync(path, code.replace(from, to));
    return work();
  } finally {
    writeFileSync(path, code);
  }
}

function outcome(file: string): string {
  const options = {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1" },
  } as const;
  const { status, stderr } = spawnSync(deno, runArguments(file), options);
  if (status === 0) return "passes";
  const [reason = ""] = /^.*Error.*$/m.exec(stderr) ?? [];
  return `fails: ${reason.slice(0, 160)}`;
}
