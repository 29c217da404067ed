/** @import { Explanation, Info, Judgement, SearchView, Settings, TokenMatches } from "./types.js" */

/** A request that failed, with a sentence that says what to do. */
export class RequestFailure extends Error {
  /**
   * @param {number} status 0 if the server could not be reached
   * @param {string} message
   */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const keyName = "langchain-rerank.key";

/** @param {string} key */
export function keepKey(key) {
  sessionStorage.setItem(keyName, key);
}

export const hasKey = () => sessionStorage.getItem(keyName) !== null;

/**
 * @param {string} path
 * @param {{ method?: string, body?: object, signal?: AbortSignal }} [request]
 * @returns {Promise<any>}
 */
async function ask(path, { method = "GET", body, signal } = {}) {
  const key = sessionStorage.getItem(keyName);
  // A header cannot hold other characters, nor does a key have them.
  if (key && !/^[!-~]+$/.test(key)) throw new RequestFailure(401, messageOf(401, undefined));
  const response = await fetch(`explorer/api/${path}`, {
    method,
    headers: {
      ...(body && { "Content-Type": "application/json" }),
      ...(key && { Authorization: `Bearer ${key}` }),
    },
    ...(body && { body: JSON.stringify(body) }),
    ...(signal && { signal }),
  }).catch((error) => {
    if (signal?.aborted) throw error;
    throw new RequestFailure(0, "The server does not answer. Check that it runs, then try again.");
  });
  const answer = await response.json().catch(() => undefined);
  if (response.ok && answer !== undefined) return answer;
  throw new RequestFailure(response.status, messageOf(response.status, answer));
}

/**
 * @param {number} status
 * @param {any} answer
 * @returns {string}
 */
function messageOf(status, answer) {
  const told = answer?.error?.message;
  if (status === 401) return "This server needs an API key.";
  if (status === 429) return "The server is busy. Wait a moment, then try again.";
  if (status === 503 && typeof told !== "string") {
    return "The server is starting or stopping. Wait a moment, then try again.";
  }
  if (typeof told === "string") return told;
  return "The server failed to answer. Look at its log, then try again.";
}

/** @returns {Promise<Info>} */
export const askInfo = () => ask("info");

/**
 * @param {string} question
 * @param {Settings} settings
 * @param {AbortSignal} signal
 * @returns {Promise<SearchView>}
 */
export const askSearch = (question, settings, signal) =>
  ask("search", { method: "POST", body: { question, settings }, signal });

/**
 * @param {{ question: string, settings: Settings, id: string }} body
 * @param {AbortSignal} signal
 * @returns {Promise<Explanation>}
 */
export const askExplanation = (body, signal) => ask("explain", { method: "POST", body, signal });

/**
 * @param {{ question: string, settings: Settings, id: string }} body
 * @param {AbortSignal} signal
 * @returns {Promise<TokenMatches>}
 */
export const askTokens = (body, signal) => ask("tokens", { method: "POST", body, signal });

/** @returns {Promise<{ judgements: Judgement[] }>} */
export const askJudgements = () => ask("judgements");

/** @type {Promise<unknown>} */
let sending = Promise.resolve();

/**
 * Sends one judgement after the other, in the order of the calls: the last one of a passage counts.
 *
 * @param {{ question: string, id: string, grade: number | null }} body
 */
export function sendJudgement(body) {
  const sent = sending.then(() => ask("judgements", { method: "PUT", body }));
  sending = sent.catch(() => undefined);
  return sent;
}
