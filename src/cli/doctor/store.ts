import { existsSync } from "node:fs";
import { join } from "node:path";
import { inspectChroma, type ChromaFacts } from "../../vector-store/inspect-chroma.ts";
import { checkFolder, checkPrivacy } from "./disk.ts";
import { ok, problem, type Check, type Finding } from "./finding.ts";

/** Checks that a store is usable: its server, its collections, and for a folder its disk and permissions. */
export function storeChecks(store: string): Check[] {
  const what = "store";
  const server = {
    what: "Chroma server",
    run: async () => checkCollections(store, await inspectChroma(store)),
  };
  if (/^https?:\/\//.test(store)) return [server];
  const disk = { what, run: () => checkFolder(what, store) };
  if (!existsSync(join(store, "chroma.sqlite3"))) {
    return [{ what, run: async () => [ok(what, `none yet in ${store}`)] }, disk];
  }
  return [disk, { what, run: async () => [await checkPrivacy(what, store)] }, server];
}

/** Lists every collection that does not use cosine distance. */
export function checkCollections(store: string, { version, collections }: ChromaFacts): Finding[] {
  const wrong = collections.filter(({ space }) => space !== "cosine");
  const server = ok("Chroma server", `version ${version}, ${collections.length} collections`);
  if (wrong.length === 0) return [server, ok("collections", "all use cosine distance")];
  return [
    server,
    ...wrong.map(({ name, space }) =>
      problem(
        `collection ${name}`,
        `expected "cosine" distance, got "${space}", in ${store}`,
        "The distance of a collection cannot be changed: index again under another name with --collection, and delete this collection if nothing else uses it.",
      ),
    ),
  ];
}
