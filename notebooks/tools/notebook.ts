import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join, relative } from "node:path";

/** `notebooks/`, and the repository that it belongs to. */
export const folder: string = join(import.meta.dirname, "..");
export const root: string = join(folder, "..");

/** What the labs need of the notebook format, version 4.5. */
export interface Notebook {
  readonly cells: readonly Cell[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface Cell {
  readonly cell_type: string;
  readonly id: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly source: string | readonly string[];
  readonly execution_count?: number | null;
  readonly outputs?: readonly Output[];
}

export interface Output {
  readonly output_type: string;
  readonly name?: string;
}

/** Names of the labs, without `.ipynb`, in their order: all, or those that begin with one of `wanted`. */
export function labNames(wanted: readonly string[] = []): string[] {
  const all = readdirSync(folder)
    .filter((file) => file.endsWith(".ipynb"))
    .map((file) => basename(file, ".ipynb"))
    .toSorted();
  const unknown = wanted.find((start) => !all.some((name) => name.startsWith(start)));
  if (unknown !== undefined) throw new Error(`Expected one of ${all.join(", ")}, got ${unknown}.`);
  return all.filter(
    (name) => wanted.length === 0 || wanted.some((start) => name.startsWith(start)),
  );
}

export function labFile(name: string): string {
  return join(folder, `${name}.ipynb`);
}

export function readNotebook(file: string): Notebook {
  return JSON.parse(readFileSync(file, "utf8"));
}

/** As Jupyter writes it: sorted keys, an indent of one. */
export function writeNotebook(file: string, { cells, metadata }: Notebook): void {
  const notebook = { cells, metadata, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(file, `${JSON.stringify(sorted(notebook), null, 1)}\n`);
}

export function sourceOf({ source }: Cell): string {
  return typeof source === "string" ? source : source.join("");
}

export function codeCells({ cells }: Notebook): Cell[] {
  return cells.filter((cell) => cell.cell_type === "code");
}

/** All code cells as one module, each under a comment that tells its number. */
export function moduleOf(notebook: Notebook): string {
  const parts = codeCells(notebook).map(
    (cell, index) => `// Cell ${index + 1}\n${sourceOf(cell).trim()}\n`,
  );
  return parts.join("\n");
}

/** Writes labs as modules into `directory`, beside what they import from `notebooks/`, and gives the files. */
export function writeModules(directory: string, names: readonly string[]): string[] {
  const shared = relative(directory, join(folder, "show.ts"));
  writeFileSync(join(directory, "show.ts"), `export * from ${JSON.stringify(shared)};\n`);
  return names.map((name) => {
    const file = join(directory, `${name}.ts`);
    writeFileSync(file, moduleOf(readNotebook(labFile(name))));
    return file;
  });
}

/** The notebook with the code of a module that `moduleOf` made, after it was formatted. */
export function withModule(notebook: Notebook, code: string): Notebook {
  const sources = code.split(/^\/\/ Cell \d+\n/m).slice(1);
  const cells = notebook.cells.map((cell) => {
    if (cell.cell_type !== "code") return cell;
    return { ...cell, source: linesOf((sources.shift() ?? "").trim()) };
  });
  return { ...notebook, cells };
}

/** The Deno of this repository; the command that npm installs puts it in its place when it first runs. */
export function denoPath(): string {
  const command = join(root, "node_modules/deno/bin.cjs");
  const code = "console.log(Deno.execPath())";
  return execFileSync("node", [command, "eval", code], { encoding: "utf8" }).trim();
}

/** How Deno runs the code of a lab without Jupyter; the working directory is to be `notebooks/`. */
export function runArguments(file: string): string[] {
  const standIn = join(import.meta.dirname, "jupyter-stand-in.ts");
  return ["run", "--allow-all", "--no-check", `--preload=${standIn}`, file];
}

function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => sorted(item));
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]));
}
