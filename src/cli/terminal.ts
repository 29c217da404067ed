import { stripVTControlCharacters } from "node:util";
import Table from "cli-table3";
import type { OutputConfiguration } from "commander";
import picocolors from "picocolors";
// cli-table3 measures cells with the same library; otherwise it could cut a cell that fits by our measure.
import stringWidth from "string-width";
import { columnWidths } from "./column-widths.ts";
import { wrapText } from "./wrap-text.ts";
import { openEndOf } from "../text/hidden-characters.ts";
import { printable, printableLines } from "../text/printable.ts";

/** Text that goes to the terminal unchanged, including colours. */
export class Shown {
  readonly #text: string;

  /** Marks a text as safe; only for text that this package wrote itself or made printable. */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/**
 * Values for a template or a cell: `Shown` is inserted unchanged, other text is made printable, on one line.
 */
export type ShownInsert = string | number | Shown | undefined;

/** A template whose values cannot move the cursor, change colours, break lines or reorder text. */
export function shown(strings: TemplateStringsArray, ...inserts: readonly ShownInsert[]): Shown {
  return new Shown(String.raw({ raw: strings }, ...inserts.map((insert) => cell(insert))));
}

/** Prints a line. */
export function print(line: Shown): void {
  console.log(line.toString());
}

/** Prints a line to standard error: errors, and anything that should not be in a pipe. */
export function printAside(line: Shown): void {
  console.error(line.toString());
}

/**
 * Sends whatever a library prints to standard error, for a command whose standard output is a protocol.
 */
export function keepOutputFree(): void {
  Object.assign(console, { log: console.error, info: console.error, debug: console.error });
}

/** How errors in the command line are printed; they can quote any argument. */
export const commandOutput: OutputConfiguration = {
  outputError: (text) => printAside(paragraph(text.trimEnd() + quotingHint(text))),
};

function quotingHint(complaint: string): string {
  if (!complaint.includes("too many arguments")) return "";
  return ' Put a question or a path that contains spaces in quotes, as in "What is a KV cache?".';
}

/**
 * A text of several lines, indented from the second line on, so that none can be mistaken for a line of this
 * program.
 */
export function paragraph(text: string): Shown {
  return new Shown(printableLines(text).replaceAll("\n", "\n  "));
}

/** Joins lines. */
export function lines(parts: readonly Shown[]): Shown {
  return new Shown(parts.join("\n"));
}

/** Prints a text that arrives in pieces; characters whose meaning depends on the next piece are held back. */
export class PieceWriter {
  /** The character before the text that is held back, which can affect its meaning. */
  #before = "";
  #held = "";

  write(piece: string): void {
    this.#held += piece;
    this.#writeTo(openEndOf(this.#held));
  }

  /** Ends the line, if there is one. */
  end(): void {
    this.#writeTo(this.#held.length);
    if (this.#before !== "") process.stdout.write("\n");
  }

  #writeTo(end: number): void {
    if (end === 0) return;
    const ready = this.#before + this.#held.slice(0, end);
    process.stdout.write(printableLines(ready).slice(printableLines(this.#before).length));
    this.#before = ready.slice(-2);
    this.#held = this.#held.slice(end);
  }
}

/** Colours on a terminal; plain text in a log file or a pipe, also in CI. */
const colors = picocolors.createColors(
  // In a pipe, `isTTY` is undefined, which picocolors takes for "use the environment".
  process.stdout.isTTY ? picocolors.isColorSupported : false,
);

type Paint = (text: string | Shown) => Shown;

function paint(name: "bold" | "dim" | "red" | "green" | "yellow"): Paint {
  return (text) => new Shown(colors[name](cell(text)));
}

export const bold: Paint = paint("bold");
export const dim: Paint = paint("dim");
export const red: Paint = paint("red");
export const green: Paint = paint("green");
export const yellow: Paint = paint("yellow");

/**
 * Rows in columns under bold titles. On a terminal, the table fits its width, and long cells wrap. Elsewhere,
 * columns are separated by spaces and not wrapped: easy to process with text tools, and to read aloud.
 */
export function tableOf(head: readonly string[], rows: readonly (readonly ShownInsert[])[]): Shown {
  const cells = rows.map((row) => row.map((each) => cell(each)));
  const { isTTY, columns } = process.stdout;
  // A terminal of unknown width reports 0.
  const most = isTTY && columns > 0 ? columns : Infinity;
  const natural = head.map((title, index) => {
    const texts = [title, ...cells.map((row) => row[index] ?? "")];
    return Math.max(...texts.map((text) => cellPadding + stringWidth(text)));
  });
  const borders = head.length + 1;
  const widths = columnWidths(natural, most - borders);
  const isCut = widths.some((width, index) => width < (natural[index] ?? 0));
  const linesOf = (text: string, index: number): string[] =>
    isCut ? wrapText(text, (widths[index] ?? 0) - cellPadding) : [text];
  const table = new Table({
    head: head.map((title, index) => lines(linesOf(title, index).map(bold)).toString()),
    style: { head: [], border: [], compact: true },
    wordWrap: false,
    ...(isCut ? { colWidths: widths } : {}),
    ...(isTTY ? {} : { chars: plainBorders }),
  });
  for (const row of cells) {
    table.push(row.map((text, index) => (isPlain(text) ? linesOf(text, index).join("\n") : text)));
  }
  return new Shown(table.toString());
}

/** Whether a text has no colours; a coloured cell is short and is not wrapped. */
function isPlain(text: string): boolean {
  return stripVTControlCharacters(text) === text;
}

/** A blank on both sides. */
const cellPadding = 2;

const plainBorders = Object.fromEntries(
  [
    "top",
    "top-mid",
    "top-left",
    "top-right",
    "bottom",
    "bottom-mid",
    "bottom-left",
    "bottom-right",
    "left",
    "left-mid",
    "mid",
    "mid-mid",
    "right",
    "right-mid",
    "middle",
  ].map((name) => [name, name === "middle" ? " " : ""]),
);

function cell(insert: ShownInsert): string {
  return insert instanceof Shown ? insert.toString() : printable(String(insert ?? ""));
}

/** Ends the process soon, even if a request to a store that hangs would keep it running. */
export function endSoon(): void {
  setTimeout(() => process.exit(), 1000).unref();
}
