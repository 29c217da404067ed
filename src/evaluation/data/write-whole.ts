import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { RetrievalError } from "../../errors.ts";

/** Pieces are written together until they are as long as this. */
const chunkCharacters = 2 ** 20;

/** Writes a file beside `path` and puts it in its place when all is on the disk; else leaves no trace. */
export async function writeWhole(path: string, pieces: Iterable<string>): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`;
  const file = await open(draft, "wx").catch((cause: unknown) => {
    throw new RetrievalError(
      "invalid-input",
      `Cannot write into ${dirname(path)}: make the folder first, or pass another path.`,
      { cause },
    );
  });
  try {
    let waiting = "";
    for (const piece of pieces) {
      waiting += piece;
      if (waiting.length < chunkCharacters) continue;
      await file.writeFile(waiting);
      waiting = "";
    }
    await file.writeFile(waiting);
    await file.sync();
    await file.close();
    await rename(draft, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(draft, { force: true });
    throw error;
  }
}
