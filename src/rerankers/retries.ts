import { pause } from "../abort.ts";
import type { Outcome } from "./post.ts";

/**
 * Tries until there is an outcome that another try would not change, at most `maxRetries` times after the first
 * try. Waits as long as the server asks to, and at least 0.5 to 1 s before the first retry, twice as long
 * before each further one; a server that asks for more than a minute is not asked again.
 */
export async function withRetries(
  attempt: () => Promise<Outcome>,
  { maxRetries, signal }: { readonly maxRetries: number; readonly signal: AbortSignal },
): Promise<Outcome> {
  for (let retries = 0; ; retries += 1) {
    const outcome = await attempt();
    if ("text" in outcome || outcome.remedy !== "retry" || retries >= maxRetries) return outcome;
    const { retryAfterMs: asked = 0 } = outcome;
    if (asked > longestPauseMs) return outcome;
    const own = firstPauseMs * 2 ** retries * (1 + Math.random());
    await pause(Math.min(Math.max(asked, own), longestPauseMs), signal);
  }
}

const firstPauseMs = 500;
const longestPauseMs = 60_000;
