import { beginsMark, imitating, labelledLine, namesSpeaker, opening } from "./imitations.ts";
import { replaceHidden } from "./hidden-characters.ts";
import { wellFormed } from "./well-formed.ts";

/** What a model is told of text that `escapeMarks` made. */
export const howToReadEscapes =
  "In what is given to you &lt; stands for <, &#91; for [, &amp; for & and any other &#…; for the character of that number; write the characters themselves.";

/**
 * A text as it stands in a prompt, where it cannot end or imitate a mark, a citation, a speaker or a control
 * word of a chat template: `&`, every `<` and what else begins such a thing, in any spelling, become
 * entities. Hidden characters are left out, line breaks become LF, lone surrogates U+FFFD; the rest stays.
 */
export function escapeMarks(text: string): string {
  const plain = readable(text);
  return plain
    .replaceAll("&", "&amp;")
    .replaceAll(opening, (character, index: number, whole: string) =>
      character === "<" || beginsMark(character, whole, index) ? entityOf(character) : character,
    )
    .replaceAll(labelledLine, (line, beginning: string, colon: string) =>
      namesSpeaker(beginning) ? beginning + entityOf(colon) : line,
    );
}

/** A text on one line between double quotes. */
export function escapeAttribute(text: string): string {
  return escapeMarks(text.replaceAll(/[\s\p{Cc}]+/gu, " ")).replaceAll('"', "&quot;");
}

/** Takes back an entity that a model copied; `undefined` where it is to stay. */
export type EntityReader = (entity: string) => string | undefined;

/** An entity of `escapeMarks`. */
const entity = /&(?:lt|gt|amp|quot|#\d{1,7});/g;
/** What a model writes behind an entity of escaping, and in its way: escaping leaves these characters as they are. */
const closings: ReadonlyMap<string, readonly [opening: string, character: string]> = new Map([
  ["&gt;", ["&lt;", ">"]],
  ["&#93;", ["&#91;", "]"]],
  ["&#65341;", ["&#65339;", "］"]],
  ["&#12305;", ["&#12304;", "】"]],
]);

/**
 * Reads the entities that escaping brought into what a model was sent, and those that close what these open. One that its
 * texts held before they were escaped stays: the model may mean the entity itself.
 */
export function entityReader(sent: string, texts: readonly string[]): EntityReader {
  const known = new Set(sent.match(entity));
  const own = new Set(texts.flatMap((text) => text.match(entity) ?? []));
  return (found) => {
    if (own.has(found)) return undefined;
    const [partner = found, closing] = closings.get(found) ?? [];
    return known.has(partner) && !own.has(partner) ? (closing ?? characterOf(found)) : undefined;
  };
}

/** A text of a model with the entities read. */
export function readEntities(text: string, read: EntityReader): string {
  return text.replaceAll(entity, (found) => read(found) ?? found);
}

function readable(text: string): string {
  const lines = wellFormed(text).replaceAll(/\r\n?|[\v\f\u0085\u2028\u2029]/g, "\n");
  return replaceHidden(lines, (character) =>
    character === "\n" || character === "\t" ? character : "",
  );
}

function entityOf(character: string): string {
  return character === "<" ? "&lt;" : `&#${character.codePointAt(0)};`;
}

const named: Readonly<Record<string, string>> = { "&lt;": "<", "&amp;": "&", "&quot;": '"' };

function characterOf(found: string): string | undefined {
  if (Object.hasOwn(named, found)) return named[found];
  const character = String.fromCodePoint(Math.min(Number(found.slice(2, -1)), 0x10ffff));
  return imitating.has(character) ? character : undefined;
}
