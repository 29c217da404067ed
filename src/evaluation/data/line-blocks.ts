import { Buffer, isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { RetrievalError } from "../../errors.ts";
import { badLine } from "./bad-line.ts";

/** Bytes per read: thousands of lines, and a few milliseconds of work. */
const blockBytes = 2 ** 20;
const lineFeed = 0x0a;

/**
 * Yields the text of a UTF-8 file in blocks of whole lines, each with its line feed; one call per line would
 * take longer than the line.
 *
 * @throws RetrievalError `invalid-input` if there is no such file, and for a line that is not UTF-8.
 */
export async function* lineBlocks(path: string): AsyncGenerator<string> {
  let isFirst = true;
  for await (const bytes of byteBlocks(path)) {
    if (!isUtf8(bytes)) throw await undecodableLine(path);
    const text = bytes.toString();
    const block = isFirst && text.startsWith("\uFEFF") ? text.slice(1) : text;
    yield block.endsWith("\n") ? block : `${block}\n`;
    isFirst = false;
  }
}

/** Calls `visit` with every line that is not blank, without its line end, and its number from 1. */
export async function forEachLine(
  path: string,
  visit: (text: string, line: number) => void,
): Promise<void> {
  let line = 0;
  for await (const block of lineBlocks(path)) {
    for (const text of block.slice(0, -1).split("\n")) {
      line += 1;
      if (text.trim() !== "") visit(text.endsWith("\r") ? text.slice(0, -1) : text, line);
    }
  }
}

async function* byteBlocks(path: string): AsyncGenerator<Buffer> {
  const chunks: AsyncIterable<Buffer> = createReadStream(path, { highWaterMark: blockBytes });
  let waiting: Buffer[] = [];
  try {
    for await (const chunk of chunks) {
      const end = chunk.lastIndexOf(lineFeed) + 1;
      if (end > 0) {
        yield Buffer.concat([...waiting, chunk.subarray(0, end)]);
        waiting = [];
      }
      waiting.push(chunk.subarray(end));
    }
  } catch (cause) {
    throw new RetrievalError("invalid-input", `Cannot read ${path}: pass the path of a file.`, {
      cause,
    });
  }
  const last = Buffer.concat(waiting);
  if (last.length > 0) yield last;
}

/** Finds the line that is not UTF-8, by reading the file again. */
async function undecodableLine(path: string): Promise<RetrievalError> {
  let line = 0;
  for await (const bytes of byteBlocks(path)) {
    for (let start = 0; start < bytes.length;) {
      const end = bytes.indexOf(lineFeed, start) + 1 || bytes.length;
      const row = bytes.subarray(start, end);
      line += 1;
      if (!isUtf8(row))
        return badLine({ path, line, text: row.toString("latin1").trimEnd() }, "UTF-8");
      start = end;
    }
  }
  return new RetrievalError("invalid-input", `${path} changed while it was read: read it again.`);
}
