import { rm } from "node:fs/promises";
import { join } from "node:path";
import { contentId, hashId } from "../documents/identity.ts";
import { makePrivateFolder } from "../private-files.ts";
import type { JudgedCollection } from "./judged-collection.ts";

/** Files that keep answers until all are there, so that an interrupted evaluation can continue. */
export interface KeptAnswers {
  /** Answers of the systems. */
  readonly answers: string;
  /** Pools of the sweep. */
  readonly pools: string;
  drop(): Promise<void>;
}

/** Names the files by texts, questions and settings: if any of them changes, all questions are asked again. */
export async function keepAnswers(
  { name, passages, queries }: JudgedCollection,
  { settings, depth }: { readonly settings: readonly (string | number)[]; readonly depth: number },
): Promise<KeptAnswers> {
  const folder = ".langchain-rerank";
  await makePrivateFolder(folder);
  const texts = passages.map(({ id, pageContent }) => contentId(pageContent, id));
  const key = hashId([name, ...settings, ...texts, ...[...queries].flat()]).slice(0, 12);
  const answers = join(folder, `evaluation-${key}.jsonl`);
  const pools = join(folder, `evaluation-${key}-${depth}.pools.jsonl`);
  return {
    answers,
    pools,
    async drop() {
      for (const path of [answers, pools]) await rm(path, { force: true });
    },
  };
}
