import { bytesOf } from "../checked-files/checked-file.ts";
import type { DocumentTable, TextSource } from "./document-table.ts";
import type { SectionReader, SectionWriter } from "../checked-files/sections.ts";

/** Number of texts encoded before they are passed to the file. */
const textsPerPiece = 256;

/** Writes the kept texts one after the other, and the offset where each one ends. */
export async function writeTexts(documents: DocumentTable, sections: SectionWriter): Promise<void> {
  const ends = new Float64Array(documents.ids.length);
  await sections.put("texts", piecesOf(documents, ends));
  await sections.put("text ends", [bytesOf(ends)]);
}

/** Reads the texts that `writeTexts` wrote; decodes each on request. */
export function readTexts(sections: SectionReader): TextSource {
  const bytes = sections.bytes("texts");
  const ends = sections.fractions("text ends");
  const decoder = new TextDecoder();
  return {
    textAt(slot) {
      const end = ends[slot];
      if (end === undefined) return undefined;
      return String(JSON.parse(decoder.decode(bytes.subarray(ends[slot - 1] ?? 0, end))));
    },
  };
}

/** Encodes each text as JSON, which preserves text that is not well-formed Unicode. */
function* piecesOf(documents: DocumentTable, ends: Float64Array): Generator<Uint8Array> {
  const encoder = new TextEncoder();
  let end = 0;
  for (let start = 0; start < ends.length; start += textsPerPiece) {
    const piece = documents.ids
      .slice(start, start + textsPerPiece)
      .map((_id, position) =>
        encoder.encode(JSON.stringify(documents.textAt(start + position) ?? "")),
      );
    for (const [position, { length }] of piece.entries()) {
      end += length;
      ends[start + position] = end;
    }
    yield* piece;
  }
}
