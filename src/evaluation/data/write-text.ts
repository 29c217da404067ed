import { writeWhole } from "../../whole-file.ts";

/** Pieces are joined up to this length before they are written. */
const chunkCharacters = 2 ** 20;

/** Writes a text, given in pieces, atomically. */
export async function writeText(path: string, pieces: Iterable<string>): Promise<void> {
  await writeWhole(path, async (draft) => {
    let waiting = "";
    for (const piece of pieces) {
      waiting += piece;
      if (waiting.length < chunkCharacters) continue;
      await draft.writeFile(waiting);
      waiting = "";
    }
    await draft.writeFile(waiting);
  });
}
