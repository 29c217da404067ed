import { bm25Variants } from "./bm25-variants.ts";
import type { CompleteParameters } from "./bm25-scoring.ts";
import { bytesOf, damagedIndex, readChecked, writeChecked } from "../checked-files/checked-file.ts";
import { DocumentTable, type DocumentMetadata } from "./document-table.ts";
import { FrequencyClasses } from "./frequency-classes.ts";
import { InvertedIndex } from "./inverted-index.ts";
import type { PostingRoom } from "./posting-arena.ts";
import { PostingList } from "./posting-list.ts";
import { requireSavable } from "./saved-metadata.ts";
import { readTexts, writeTexts } from "./saved-texts.ts";
import { SectionReader, SectionWriter } from "../checked-files/sections.ts";

/** The settings of an index; a saved index is only correct with the same settings. */
export interface IndexSettings {
  /** The analyzer's name. */
  readonly analyzer: string;
  readonly parameters: CompleteParameters;
  readonly texts: "keep" | "drop";
  /** Absent if the index has no such fields. */
  readonly passageFields?: readonly string[] | undefined;
}

/** What is saved of each list beside its postings. */
const listFacts = ["count", "maxFrequency", "minLength"] as const;

const format = {
  magic: "BM25LCRR",
  version: 1,
  kind: "index file",
  advice: {
    absent: "save one there first",
    damaged: "rebuild it, or restore a copy",
    foreign: "rebuild the index",
    outdated: "rebuild it with this release",
  },
};

/** Writes an index without deleted documents. The index may be searched meanwhile, but must not change. */
export async function saveIndex(
  path: string,
  index: InvertedIndex,
  settings: IndexSettings,
): Promise<void> {
  const { documents, classes } = index;
  const lists = [...index.lists.values()];
  await writeChecked(path, format, async (writer) => {
    const sections = new SectionWriter(writer);
    await sections.putValues("settings", [settings]);
    await sections.putValues("ids", documents.ids);
    await sections.putValues(
      "metadata",
      documents.ids.map((id, slot) => requireSavable(id, documents.metadataAt(slot))),
    );
    await sections.putIntegers("lengths", documents.lengths);
    await sections.putIntegers("class frequencies", classes.frequencies);
    await sections.putIntegers("class lengths", classes.lengths);
    await sections.putValues("terms", [...index.lists.keys()]);
    for (const fact of listFacts) {
      await sections.putIntegers(
        fact,
        lists.map((list) => list[fact]),
      );
    }
    await sections.put(
      "slots",
      lists.map(({ room, start, count }) => bytesOf(room.slots.subarray(start, start + count))),
    );
    // All lists are written with the widest type: a section holds numbers of one kind.
    const isWide = lists.some(({ room }) => room.classes instanceof Uint32Array);
    await sections.put(
      isWide ? "wide classes" : "narrow classes",
      lists.map(({ room, start, count }) => {
        const narrow = room.classes.subarray(start, start + count);
        return bytesOf(isWide ? Uint32Array.from(narrow) : narrow);
      }),
    );
    if (settings.texts === "keep") await writeTexts(documents, sections);
    await sections.finish();
  });
}

/** Reads an index that `saveIndex` wrote; throws `index-damaged` if the file has changed. */
export async function loadIndex(
  path: string,
): Promise<{ readonly index: InvertedIndex; readonly settings: IndexSettings }> {
  const { buffer, end } = await readChecked(path, format);
  try {
    const sections = new SectionReader(buffer, end);
    const settings = await readSettings(sections);
    const documents = await readDocuments(sections, settings);
    const classes = new FrequencyClasses();
    const lengths = sections.integers("class lengths");
    for (const [position, frequency] of sections.integers("class frequencies").entries()) {
      classes.classOf({ frequency, length: lengths[position] ?? 0 });
    }
    const lists = await readLists(sections);
    return { index: new InvertedIndex({ documents, classes, lists }), settings };
  } catch (cause) {
    throw damagedIndex(path, format, cause);
  }
}

async function readSettings(sections: SectionReader): Promise<IndexSettings> {
  for await (const settings of sections.values("settings")) {
    if (isSettings(settings)) return settings;
  }
  throw new TypeError("The settings are missing.");
}

async function readDocuments(
  sections: SectionReader,
  { texts }: IndexSettings,
): Promise<DocumentTable> {
  const documents = new DocumentTable(texts === "keep" ? readTexts(sections) : undefined);
  const lengths = sections.integers("lengths");
  const metadata = sections.values("metadata");
  for await (const id of sections.values("ids")) {
    const { value } = await metadata.next();
    if (typeof id !== "string" || !isMetadata(value))
      throw new TypeError("A document has an invalid id or invalid metadata.");
    documents.add({ id, length: lengths[documents.ids.length] ?? 0, metadata: value });
  }
  return documents;
}

/** Returns lists whose postings are views of the file's bytes. */
async function readLists(sections: SectionReader): Promise<Map<string, PostingList>> {
  const slots = sections.integers("slots");
  const room: PostingRoom = {
    slots,
    classes: sections.has("wide classes")
      ? sections.unsigned("wide classes")
      : sections.unsignedShort("narrow classes"),
  };
  const [counts, maxFrequencies, minLengths] = listFacts.map((fact) => sections.integers(fact));
  const lists = new Map<string, PostingList>();
  let start = 0;
  for await (const term of sections.values("terms")) {
    if (typeof term !== "string") throw new TypeError("A term is not a string.");
    const capacity = counts?.[lists.size] ?? 0;
    const maxFrequency = maxFrequencies?.[lists.size] ?? 0;
    const minLength = minLengths?.[lists.size] ?? 0;
    lists.set(term, PostingList.filled({ room, start, capacity }, { maxFrequency, minLength }));
    start += capacity;
  }
  return lists;
}

function isMetadata(value: unknown): value is DocumentMetadata {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSettings(value: unknown): value is IndexSettings {
  if (!isMetadata(value) || !isMetadata(value["parameters"])) return false;
  const { k1, b, delta, variant } = value["parameters"];
  const { passageFields = [] } = value;
  return (
    typeof value["analyzer"] === "string" &&
    (value["texts"] === "keep" || value["texts"] === "drop") &&
    [k1, b, delta].every(Number.isFinite) &&
    Array.isArray(passageFields) &&
    passageFields.every((field) => typeof field === "string") &&
    typeof variant === "string" &&
    Object.hasOwn(bm25Variants, variant)
  );
}
