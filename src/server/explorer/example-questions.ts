import type { SearchIndex } from "../../retrieval/search-index.ts";
import type { JudgementFiles } from "./judgement-files.ts";

const most = 4;
/** So many passages are looked at. */
const read = 400;

/** Questions that are judged already; headings of the indexed documents if there are none or they cannot be read. */
export async function exampleQuestions(
  index: SearchIndex,
  judgements: JudgementFiles | undefined,
): Promise<string[]> {
  const judged = (await judgements?.read().catch(() => undefined)) ?? [];
  const questions = new Set(judged.map(({ question }) => question));
  return [...(questions.size > 0 ? questions : await headings(index))].slice(0, most);
}

async function headings(index: SearchIndex): Promise<string[]> {
  // Without an index there is nothing to search, which the first search says.
  const lexical = (await index.lexical().catch(() => undefined))?.index;
  if (!lexical) return [];
  const found = new Map<string, string>();
  let passages = 0;
  for (const id of lexical.ids()) {
    if ((passages += 1) > read) break;
    const { source, headingPath } = lexical.get(id)?.metadata ?? {};
    const heading = typeof headingPath === "string" ? (headingPath.split(" > ").at(-1) ?? "") : "";
    const length = heading.split(/\s+/).length;
    // One of each document shows more of a collection than the first document's headings.
    if (length >= 3 && heading.length <= 60 && !found.has(String(source))) {
      found.set(String(source), heading);
    }
  }
  return [...found.values()];
}
