/** @import { Settings } from "./types.js" */

/** What a link to the page restores. */
/** @typedef {{ question: string, settings: Settings, passage: string | undefined }} PageState */

/** @type {Readonly<Record<string, keyof Settings>>} */
const numbers = {
  k: "k",
  candidates: "candidateCount",
  blend: "blend",
  threshold: "scoreThreshold",
  deadline: "deadlineMs",
};
/** @type {readonly ("hybrid" | "rerank")[]} */
const switches = ["hybrid", "rerank"];
/** @type {readonly ("fusion" | "reranker")[]} */
const words = ["fusion", "reranker"];

/**
 * @param {string} query
 * @returns {PageState}
 */
export function stateFrom(query) {
  const given = new URLSearchParams(query);
  /** @type {Record<string, unknown>} */
  const settings = {};
  for (const [name, setting] of Object.entries(numbers)) {
    const text = given.get(name)?.trim();
    if (text && Number.isFinite(Number(text))) settings[setting] = Number(text);
  }
  for (const name of switches) if (given.has(name)) settings[name] = given.get(name) !== "no";
  for (const name of words) if (given.get(name)) settings[name] = given.get(name);
  return {
    question: given.get("q")?.trim() ?? "",
    settings,
    passage: given.get("passage") ?? undefined,
  };
}

/**
 * @param {PageState} state
 * @returns {string}
 */
export function queryOf({ question, settings, passage }) {
  const query = new URLSearchParams();
  if (question !== "") query.set("q", question);
  for (const [name, setting] of Object.entries(numbers)) {
    const value = settings[setting];
    if (value !== undefined) query.set(name, String(value));
  }
  for (const name of switches) {
    const value = settings[name];
    if (value !== undefined) query.set(name, value ? "yes" : "no");
  }
  for (const name of words) {
    const value = settings[name];
    if (value !== undefined) query.set(name, value);
  }
  if (passage !== undefined) query.set("passage", passage);
  return `?${query}`;
}
