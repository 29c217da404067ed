/** @import { Grade, Judgement } from "./types.js" */

/** @param {string | undefined} storeId identifies the store, if several were served at this address */
const nameOf = (storeId) =>
  `langchain-rerank.judgements${storeId === undefined ? "" : `.${storeId}`}`;

/** @type {Readonly<Record<Grade, string>>} */
export const gradeNames = { 2: "relevant", 1: "partly", 0: "not relevant" };

/**
 * Judgements that the browser keeps for a server without a folder for them.
 *
 * @param {string | undefined} storeId
 * @returns {Judgement[]}
 */
export function keptJudgements(storeId) {
  try {
    const kept = JSON.parse(localStorage.getItem(nameOf(storeId)) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

/**
 * Adds a judgement to those that the browser keeps, including those of other tabs.
 *
 * @param {string | undefined} storeId
 * @param {Judgement} judgement
 * @returns {Judgement[]} all of them
 */
export function keepJudgement(storeId, judgement) {
  const judgements = withJudgement(keptJudgements(storeId), judgement);
  localStorage.setItem(nameOf(storeId), JSON.stringify(judgements));
  return judgements;
}

/**
 * The list with one judgement added, replaced, or removed if its grade is `undefined`.
 *
 * @param {readonly Judgement[]} judgements
 * @param {Judgement} judgement
 * @returns {Judgement[]}
 */
export function withJudgement(judgements, judgement) {
  const others = judgements.filter(
    ({ question, id }) => question !== judgement.question || id !== judgement.id,
  );
  return judgement.grade === undefined ? others : [...others, judgement];
}

/**
 * The two files that `evaluate` reads.
 *
 * @param {readonly Judgement[]} judgements
 * @returns {{ "queries.jsonl": string, "qrels.tsv": string }}
 */
export function filesOf(judgements) {
  const questions = [...new Set(judgements.map(({ question }) => question))];
  /** @param {string} question */
  const idOf = (question) => `q${String(questions.indexOf(question) + 1).padStart(3, "0")}`;
  const queries = questions.map((text) => `${JSON.stringify({ _id: idOf(text), text })}\n`);
  const grades = judgements
    .toSorted((a, b) => questions.indexOf(a.question) - questions.indexOf(b.question))
    .map(({ question, id, grade }) => `${idOf(question)}\t${id}\t${grade}\n`);
  return {
    "queries.jsonl": queries.join(""),
    "qrels.tsv": `query-id\tcorpus-id\tscore\n${grades.join("")}`,
  };
}

/**
 * Saves a text as a file of the browser's downloads.
 *
 * @param {string} name
 * @param {string} text
 */
export function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
  const link = Object.assign(document.createElement("a"), { href: address, download: name });
  link.click();
  // The download has begun when the link was clicked, but needs the address a little longer.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
