/** @import { Explanation, Info, SearchView, Settings, ShownJudgements, TokenMatches } from "./types.js" */

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

const keptKey = () => sessionStorage.getItem(keyName);

export const hasKey = () => keptKey() !== null;

/** Callbacks that resume the requests waiting for another key. */
let waiting = /** @type {(() => void)[]} */ ([]);
let tell = /** @type {(isNeeded: boolean) => void} */ (() => undefined);

/** @param {(isNeeded: boolean) => void} hear called when requests begin to wait for a key, and when they resume */
export function onKeyNeeded(hear) {
  tell = hear;
}

/** Keeps the key for this tab, and resumes the requests that wait for it. @param {string} key */
export function keepKey(key) {
  sessionStorage.setItem(keyName, key);
  const waited = waiting;
  waiting = [];
  tell(false);
  for (const goOn of waited) goOn();
}

/**
 * Waits for a key other than the refused one.
 *
 * @param {string | null} refused
 * @param {AbortSignal | undefined} signal
 */
async function anotherKey(refused, signal) {
  // It may have been entered while this request was under way.
  if (keptKey() !== refused) return;
  tell(true);
  await new Promise((resolve) => {
    waiting.push(() => resolve(undefined));
  });
  signal?.throwIfAborted();
}

/**
 * Asks the server. If it wants another key, waits until there is one, and asks again.
 *
 * @param {string} path
 * @param {{ method?: string, body?: object, signal?: AbortSignal }} [request]
 * @returns {Promise<any>}
 */
async function ask(path, request = {}) {
  const { method = "GET", body, signal } = request;
  const key = keptKey();
  // A header cannot hold other characters, nor does a key have them.
  const isSendable = !key || /^[!-~]+$/.test(key);
  const response = isSendable
    ? await fetch(`explorer/api/${path}`, {
        method,
        headers: {
          ...(body && { "Content-Type": "application/json" }),
          ...(key && { Authorization: `Bearer ${key}` }),
        },
        ...(body && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      }).catch((error) => {
        if (signal?.aborted) throw error;
        throw new RequestFailure(
          0,
          "The server does not answer. Check that it runs, then try again.",
        );
      })
    : undefined;
  if (!response || response.status === 401) {
    await anotherKey(key, signal);
    return ask(path, request);
  }
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

/** @returns {Promise<ShownJudgements>} */
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
