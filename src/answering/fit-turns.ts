import type { BaseMessage } from "@langchain/core/messages";
import { withoutThoughts } from "../chat-models/thoughts.ts";
import { cutMiddle } from "../text/cut-text.ts";
import { escapeMarks } from "../text/prompt-text.ts";
import type { TokenCounter } from "../text/estimate-tokens.ts";

/** The share of the budget that a turn always gets; unused tokens of others are added to it. */
const share = 1 / 4;
/** The share of a shortened text that its beginning gets. */
const headShare = 2 / 3;

/** A turn as it is shown, and its number of tokens. */
interface Turn {
  readonly rendered: string;
  readonly tokens: number;
}

interface TurnFitting {
  readonly maxContextTokens: number;
  readonly countTokens: TokenCounter;
}

/**
 * Returns the last turns of a conversation that fit, between marks. A long turn is shortened in the middle, to
 * leave room for the turns around it.
 */
export async function fitTurns(
  history: readonly BaseMessage[],
  { maxContextTokens, countTokens }: TurnFitting,
): Promise<string[]> {
  const most = Math.floor(maxContextTokens * share);
  const chosen: { readonly message: BaseMessage; readonly whole: Turn; shown: Turn }[] = [];
  let room = maxContextTokens;
  for (const message of history.toReversed()) {
    const whole = await render(message, textOf(message), countTokens);
    const shown = whole.tokens <= most ? whole : await cut(message, whole, { most, countTokens });
    if (!shown || shown.tokens > room) break;
    room -= shown.tokens;
    chosen.push({ message, whole, shown });
  }
  for (const turn of chosen.filter(({ whole, shown }) => shown !== whole)) {
    const { message, whole, shown } = turn;
    const wider = { most: shown.tokens + room, countTokens };
    turn.shown = (await cut(message, whole, wider)) ?? shown;
    room -= turn.shown.tokens - shown.tokens;
  }
  return chosen.map(({ shown }) => shown.rendered).toReversed();
}

/** The turn with as much of its text as fits; `undefined` if nothing fits. */
async function cut(
  message: BaseMessage,
  whole: Turn,
  { most, countTokens }: { readonly most: number; readonly countTokens: TokenCounter },
): Promise<Turn | undefined> {
  if (whole.tokens <= most) return whole;
  const text = textOf(message);
  for (let length = (text.length * most) / whole.tokens; length >= 1; length *= 0.8) {
    const head = Math.floor(length * headShare);
    const shorter = cutMiddle(text, head, Math.floor(length - head));
    const turn = await render(message, shorter, countTokens);
    if (turn.tokens <= most) return turn;
  }
  return undefined;
}

function textOf({ type, text }: BaseMessage): string {
  return type === "ai" ? withoutThoughts(text) : text;
}

async function render(
  { type }: BaseMessage,
  text: string,
  countTokens: TokenCounter,
): Promise<Turn> {
  const speaker = type === "human" ? "user" : "assistant";
  const rendered = `<turn speaker="${speaker}">\n${escapeMarks(text)}\n</turn>`;
  return { rendered, tokens: await countTokens(rendered) };
}
