import { markerBrackets, markerLabel } from "./citation-marker.ts";

/** Characters that NFKC makes `<`, or that look like it and are no quotation marks. */
const angles = "<＜﹤˂ᐸ❬❮❰⟨⟪〈≪≺⋖";
/** Quotation marks that look like `<`: common in honest text, so more must follow before they are taken for it. */
const quotes = "‹«〈《";
/** `[`, and what NFKC makes it. */
const brackets = "[［﹇";
/** Brackets that look like `[`: common in honest text around titles and numbers. */
const titleBrackets = "【〔〖⟦〚❲⁅";
const colons = ":：﹕︓∶꞉";

/** Words of marks in prompts, ours and those of chat templates. */
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

/** What must follow each of these characters before it imitates the beginning of a mark. */
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

/** Stands between an opening and its word without keeping them apart. */
const gap = /[\s\p{M}]*/uy;
/** The most characters of a word that are looked at. */
const farthest = 48;

/** Whether a mark, a citation or a control word of a chat template begins at this character of a text, in any spelling. */
export function beginsMark(character: string, text: string, index: number): boolean {
  gap.lastIndex = index + character.length;
  const start = gap.lastIndex + (gap.exec(text)?.[0].length ?? 0);
  const following = folded(text.slice(start, start + farthest));
  if (markerBrackets.has(character) && citation.test(following)) return true;
  return openings.get(character)?.test(following) === true;
}

/** The beginning of a line up to its first colon, and the colon. */
export const labelledLine: RegExp = new RegExp(
  `^([^\\n${colons}]{1,${farthest}})([${colons}])`,
  "gmu",
);

/** Whether the beginning of a line names who speaks, as templates without control words do: `Human`, `### Instruction`. */
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

/** A text in the letters that it imitates: compatibility forms resolved, marks above letters and hidden characters gone. */
function folded(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/[\p{M}\p{DI}]/gu, "")
    .replaceAll(/[^\0-\x7F]/gu, (character) => lookAlikes.get(character) ?? character);
}

/** Every character that is ever written as an entity because of what it imitates. */
export const imitating: ReadonlySet<string> = new Set([...openings.keys(), ...colons.split("")]);
