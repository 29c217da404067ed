import { onAbort } from "../abort.ts";
import { messageOf, RetrievalError } from "../errors.ts";
import { excerptOf, printable } from "../text/printable.ts";
import { longestSpelling, redact } from "./redact.ts";

/** Where requests go, and what belongs to each of them. */
export interface Endpoint {
  readonly url: URL;
  readonly headers: Headers;
  readonly timeoutMs: number;
  /** Texts that no error may show: a server may repeat the key that it refuses. */
  readonly secrets: readonly string[];
  /** Matches the error for a text that is too long, if the status does not say so. */
  readonly tooLong: RegExp | undefined;
}

/** An answer as it came, and how errors may show it. */
export interface Answer {
  readonly text: string;
  readonly came: string;
}

/** The outcome of a request: the answer, or why there is none and what can be done. */
export type Outcome =
  | Answer
  | {
      readonly failure: RetrievalError;
      /** `split` says that the request may be too large, `isolate` that one of its texts is too long. */
      readonly remedy: "retry" | "split" | "isolate" | "none";
      /** Whether the server says that the size is the reason. */
      readonly isSize?: boolean;
      /** How long the server asks to wait. */
      readonly retryAfterMs?: number | undefined;
    };

/**
 * Sends one request. Rejects only with the signal's reason. A redirect is not followed: `fetch` would send the
 * headers, and with them a key, to whatever address the server names.
 */
export async function post(
  endpoint: Endpoint,
  body: string,
  signal: AbortSignal,
): Promise<Outcome> {
  signal.throwIfAborted();
  const { url, headers, timeoutMs } = endpoint;
  const request = new AbortController();
  const stopListening = onAbort(signal, () => request.abort());
  // Node fires a timer with a longer delay at once.
  const timer = setTimeout(() => request.abort(), Math.min(timeoutMs, 2 ** 31 - 1));
  try {
    const response = await fetch(url, {
      method: "POST",
      headers,
      body,
      redirect: "manual",
      signal: request.signal,
    });
    return await outcomeOf(endpoint, response);
  } catch (error) {
    signal.throwIfAborted();
    const came = request.signal.aborted
      ? `no answer within ${timeoutMs} ms: raise \`timeoutMs\`, or send fewer texts at once with \`batchSize\``
      : `${reasonOf(error)}: check \`url\`, and whether the server is running`;
    const message = `Expected scores from ${placeOf(endpoint)}, got ${came}.`;
    const failure = new RetrievalError("server-unreachable", message, { cause: error });
    return { failure, remedy: "retry" };
  } finally {
    clearTimeout(timer);
    stopListening();
  }
}

/** The address as errors show it: without its query, which may hold a key. */
export function placeOf({ url }: Pick<Endpoint, "url">): string {
  return `${url.origin}${url.pathname}`;
}

async function outcomeOf(endpoint: Endpoint, response: Response): Promise<Outcome> {
  const { status, headers } = response;
  const { secrets, tooLong } = endpoint;
  const most = response.ok ? longestAnswer : longestRefusal;
  const { text, isWhole } = await readAtMost(response, most);
  const type = redact(headers.get("content-type") ?? "no content type", secrets);
  const came = `status ${status}, ${excerptOf(type, 80)}, ${shownBody(text, isWhole, secrets)}`;
  if (response.ok && isWhole) return { text, came };
  const failed = (code: RetrievalError["code"], what: string): RetrievalError =>
    new RetrievalError(code, `Expected scores from ${placeOf(endpoint)}, got ${what}.`);
  if (response.ok) {
    const what = `more than ${longestAnswer} bytes (${came}): send fewer texts at once with \`batchSize\``;
    return { failure: failed("server-answer-invalid", what), remedy: "none" };
  }
  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    const target = targetOf(headers.get("location"), endpoint);
    const what = `a redirect to ${target} (status ${status}), which is not followed because the API key would be sent along: pass that address as \`url\` if you trust it`;
    return { failure: failed("server-refused", what), remedy: "none" };
  }
  if (tooLong?.test(text)) {
    const failure = failed("server-refused", `${came}: ${adviceFor(413)}`);
    return { failure, remedy: "isolate", isSize: true };
  }
  const after = retryAfterMs(headers.get("retry-after"));
  if (status === 429) {
    const what = `${came}: send less at once with \`maxConcurrency\`, or raise your limit`;
    return { failure: failed("overloaded", what), remedy: "retry", retryAfterMs: after };
  }
  if ((status >= 500 && status !== 501) || status === 408 || status === 425) {
    const what = `${came}: read the server's log`;
    return { failure: failed("server-unreachable", what), remedy: "retry", retryAfterMs: after };
  }
  const remedy = status === 413 || status === 422 ? "split" : "none";
  const failure = failed("server-refused", `${came}: ${adviceFor(status)}`);
  return { failure, remedy, isSize: status === 413 };
}

function adviceFor(status: number): string {
  if (status === 401 || status === 403) return "check `apiKey`";
  if (status === 404 || status === 405) return "check `url` and `dialect`";
  if (status === 413) return "shorten the texts, or raise the server's limit";
  return "check `dialect` and `model`";
}

/** The milliseconds in a `Retry-After` header, which has seconds or a date; `undefined` if it has neither. */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  const milliseconds = Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

/** The text of a response, or if it has more than `most` bytes, enough of it to show. */
async function readAtMost(
  { body }: Response,
  most: number,
): Promise<{ readonly text: string; readonly isWhole: boolean }> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    parts.push(part);
    size += part.length;
    if (size > most) break; // This also closes the connection.
  }
  const isWhole = size <= most;
  const bytes = Buffer.concat(parts);
  return {
    text: new TextDecoder().decode(isWhole ? bytes : bytes.subarray(0, longestRefusal)),
    isWhole,
  };
}

/** The beginning of a body as errors show it. */
function shownBody(text: string, isWhole: boolean, secrets: readonly string[]): string {
  const start = text.slice(0, longestRefusal);
  const isCut = !isWhole || start.length < text.length;
  const redacted = redact(start, secrets);
  // The end of what was read may be the beginning of a secret.
  const shown = isCut ? redacted.slice(0, -longestSpelling(secrets)) : redacted;
  if (shown.trim() !== "") return `"${excerptOf(shown, 200)}"`;
  return isCut ? "a long body" : "an empty body";
}

function targetOf(location: string | null, { url, secrets }: Endpoint): string {
  if (location === null || !URL.canParse(location, url.href)) return "an unknown address";
  const { origin, pathname } = new URL(location, url);
  return excerptOf(redact(`${origin}${pathname}`, secrets), 200);
}

/** Why there was no response: `fetch` puts the reason into the cause. */
function reasonOf(error: unknown): string {
  const { cause } = Object(error);
  return `no answer (${printable(messageOf(cause ?? error))})`;
}

/** Maximum number of bytes to read. A server that returns the texts, too, sends some megabytes at most. */
const longestAnswer = 32 * 2 ** 20;
const longestRefusal = 64 * 2 ** 10;
