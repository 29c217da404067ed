import { DocumentTable } from "./document-table.ts";
import { FrequencyClasses } from "./frequency-classes.ts";
import { InvertedIndex } from "./inverted-index.ts";
import { makeRoom, type PostingRoom } from "./posting-arena.ts";
import { PostingList } from "./posting-list.ts";
import { Breather } from "../breather.ts";

/**
 * Copies the collection without deleted documents, into arrays of exact size. Pauses in between: the collection
 * may be searched meanwhile, but must not change.
 */
export async function compact(index: InvertedIndex): Promise<InvertedIndex> {
  const breather = new Breather();
  const { documents, newSlots } = await compactDocuments(index.documents, breather);
  let postings = 0;
  for (const term of index.lists.keys()) {
    postings += index.postingsOf(term)?.count ?? 0;
    if (breather.isDue) await breather.pause();
  }
  const classes = new FrequencyClasses();
  const renumber = renumbering(index.classes, classes);
  const room = makeRoom(postings, index.classes.count);
  const lists = new Map<string, PostingList>();
  let start = 0;
  for (const [term, list] of index.lists) {
    if (list.count === 0) continue;
    const capacity = list.count;
    const most = copyPostings(list, { room, start, newSlots, renumber, classes });
    lists.set(term, PostingList.filled({ room, start, capacity }, most));
    start += capacity;
    if (breather.isDue) await breather.pause();
  }
  return new InvertedIndex({ documents, classes, lists });
}

async function compactDocuments(
  old: DocumentTable,
  breather: Breather,
): Promise<{ documents: DocumentTable; newSlots: Int32Array }> {
  const documents = new DocumentTable();
  const newSlots = new Int32Array(old.ids.length);
  for (const [slot, id] of old.ids.entries()) {
    const length = old.lengths[slot] ?? -1;
    if (length < 0) continue;
    const [metadata, text] = [old.metadataAt(slot), old.textAt(slot)];
    newSlots[slot] = documents.add({ id, length, metadata, text });
    if (breather.isDue) await breather.pause();
  }
  return { documents, newSlots };
}

/** Copies one list to `start` and returns the values that bound its weights. */
function copyPostings(
  list: PostingList,
  to: {
    readonly room: PostingRoom;
    readonly start: number;
    readonly newSlots: Int32Array;
    readonly renumber: (oldClass: number) => number;
    readonly classes: FrequencyClasses;
  },
): Pick<PostingList, "maxFrequency" | "minLength"> {
  const { room, start, newSlots, renumber, classes } = to;
  let [maxFrequency, minLength] = [0, Infinity];
  for (let position = 0; position < list.count; position += 1) {
    const from = list.start + position;
    const frequencyClass = renumber(list.room.classes[from] ?? 0);
    room.slots[start + position] = newSlots[list.room.slots[from] ?? 0] ?? 0;
    room.classes[start + position] = frequencyClass;
    maxFrequency = Math.max(maxFrequency, classes.frequencies[frequencyClass] ?? 0);
    minLength = Math.min(minLength, classes.lengths[frequencyClass] ?? Infinity);
  }
  return { maxFrequency, minLength };
}

/** Renumbers the classes that are still in use, in the order of first use. */
function renumbering(
  old: FrequencyClasses,
  classes: FrequencyClasses,
): (oldClass: number) => number {
  const numbers = new Int32Array(old.count).fill(-1);
  return (oldClass) => {
    const known = numbers[oldClass] ?? -1;
    if (known >= 0) return known;
    const frequency = old.frequencies[oldClass] ?? 0;
    const fresh = classes.classOf({ frequency, length: old.lengths[oldClass] ?? 0 });
    numbers[oldClass] = fresh;
    return fresh;
  };
}
