import { markerBrackets, markerLabel } from "./citation-marker.ts";

/** Characters that NFKC maps to `<`, or that look like it and are not quotation marks. */
const angles = "<＜﹤˂ᐸ❬❮❰⟨⟪〈≪≺⋖";
/** Quotation marks that look like `<`. They are common in ordinary text, so more characters must match. */
const quotes = "‹«〈《";
/** `[`, and the characters that NFKC maps to it. */
const brackets = "[［﹇";
/** Brackets that look like `[`. They are common in ordinary text, around titles and numbers. */
const titleBrackets = "【〔〖⟦〚❲⁅";
const colons = ":：﹕︓∶꞉";

/** Words in the marks of prompts, of this package and of chat templates. */
const markWords = [
  ..."passages? conversation turns? documents? context s bos eos pad unk sys inst think".split(" "),
  ..."user assistant system human tools?".split(" "),
  String.raw`(?:im|start|end|begin|eot|eom|fim|tool|available|system)[\s_-]*(?:of|start|end|id|text|turn|header|prompt|calls?|results?|responses?|content|sentence|prefix|middle|suffix|tools)[\s_-]*\w*`,
].join("|");
const afterAngle = new RegExp(`^(?:[/\\\\|<!]|(?:${markWords})(?![\\p{L}\\p{N}]))`, "iu");
const afterQuote = new RegExp(`^(?:[/|]|(?:sys|inst)\\b|(?:${markWords})\\s+\\w+\\s*=)`, "iu");
const templateWords = "inst|sys|tool_calls|tool_results|available_tools|system_prompt";
const afterBracket = new RegExp(
  `^(?:\\p{Nd}|/?\\s*(?:[A-Z][A-Z_]*|[Ii]nst|[Ss]ys|${templateWords})\\s*\\])`,
  "u",
);
/** What follows a bracket in a citation. */
const citation = new RegExp(String.raw`^${markerLabel}?\p{Nd}`, "iu");
const afterTitleBracket = new RegExp(`^/?\\s*(?:${templateWords})(?![\\p{L}\\p{N}])`, "iu");

/** For each of these characters, what must follow it to imitate the beginning of a mark. */
const openings: ReadonlyMap<string, RegExp> = new Map([
  ...Array.from(angles, (one) => [one, afterAngle] as const),
  ...Array.from(quotes, (one) => [one, afterQuote] as const),
  ...Array.from(brackets, (one) => [one, afterBracket] as const),
  ...Array.from(titleBrackets, (one) => [one, afterTitleBracket] as const),
]);

/** Any character that can begin a mark or imitate one. */
export const opening: RegExp = new RegExp(
  `[${angles}${quotes}${titleBrackets}${brackets.replace("[", "\\[")}]`,
  "gu",
);

/** Characters that do not separate an opening character from its word. */
const gap = /[\s\p{M}]*/uy;
/** Maximum number of characters of a word to examine. */
const farthest = 48;

/**
 * Whether a mark, a citation or a control word of a chat template begins at this character of a text, in any
 * spelling.
 */
export function beginsMark(character: string, text: string, index: number): boolean {
  gap.lastIndex = index + character.length;
  const start = gap.lastIndex + (gap.exec(text)?.[0].length ?? 0);
  const following = folded(text.slice(start, start + farthest));
  if (markerBrackets.has(character) && citation.test(following)) return true;
  return openings.get(character)?.test(following) === true;
}

/** The beginning of a line, up to and including its first colon. */
export const labelledLine: RegExp = new RegExp(
  `^([^\\n${colons}]{1,${farthest}})([${colons}])`,
  "gmu",
);

/**
 * Whether the beginning of a line names a speaker, as in chat templates without control words: `Human`,
 * `### Instruction`.
 */
export function namesSpeaker(beginning: string): boolean {
  return speaker.test(folded(beginning));
}

/** Lower-case names are keys of configuration files, and no template uses them. */
const speaker =
  /^[\s>*_#-]*(?:(?:Human|User|Assistant|System|Question|HUMAN|USER|ASSISTANT|SYSTEM|QUESTION)|(?<=#\s*)(?:Instructions?|Input|Response|INSTRUCTIONS?|INPUT|RESPONSE))[\s*_]*$/u;

/** Letters and signs of other scripts that look like these. */
const lookAlikes: ReadonlyMap<string, string> = new Map(
  "aаα cсϲ dԁ eеε gɡ hһ iіιı jј kкκ mм nոη oоοօ pрρ sѕ tтτ uυս vνѵ xхχ yуγ AАΑ BВΒ CСϹ EЕΕ HНΗ IІΙ KКΚ MМΜ NΝ OОΟ PРΡ SЅ TТΤ UՍ XХΧ YΥҮ /⁄∕⧸╱ |∣ǀ│┃❘⏐¦"
    .split(" ")
    .flatMap(([letter = "", ...others]) => others.map((other) => [other, letter] as const)),
);

/**
 * Replaces lookalikes by the letters that they imitate: resolves compatibility forms, removes marks above
 * letters and hidden characters.
 */
function folded(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/[\p{M}\p{DI}]/gu, "")
    .replaceAll(/[^\0-\x7F]/gu, (character) => lookAlikes.get(character) ?? character);
}

/** Every character that may be written as an entity because it can imitate another. */
export const imitating: ReadonlySet<string> = new Set([...openings.keys(), ...colons.split("")]);
