import { writeWhole } from "../../whole-file.ts";

/** Pieces are written together until they are as long as this. */
const chunkCharacters = 2 ** 20;

/** Writes a text, given in pieces, whole or not at all. */
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
