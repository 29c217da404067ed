import { cutEnd } from "../text/cut-text.ts";
import { wellFormed } from "../text/well-formed.ts";

/**
 * The offset after front matter at the very beginning: lines between two `---` (YAML; `...` may
 * also end it) or two `+++` (TOML), at least one of which assigns a value to a key. Without front
 * matter, the offset after the byte order mark, or 0.
 */
export function textStart(text: string): number {
  const bom = text.startsWith("\ufeff") ? 1 : 0;
  const [, marks] = /^\ufeff?(---|\+\+\+)[ \t]*(?=[\r\n])/.exec(text) ?? [];
  if (marks === undefined) return bom;
  const closing =
    marks === "---"
      ? /[\r\n](?:---|\.{3})[ \t]*(?:\r\n?|\n|$)/g
      : /[\r\n]\+{3}[ \t]*(?:\r\n?|\n|$)/g;
  closing.lastIndex = bom + marks.length;
  const end = closing.exec(text);
  if (!end) return bom;
  const hasKey = marks === "---" ? /^["'\w][^:\r\n]*:(?:\s|$)/m : /^["'\w][^=\r\n]*=/m;
  return hasKey.test(text.slice(bom + marks.length, end.index)) ? closing.lastIndex : bom;
}

/** The title in front matter, on one line, cut to 200 characters because each passage carries it. */
export function frontMatterTitle(matter: string): string | undefined {
  const lines = matter.split(/\r\n?|\n/);
  const isToml = /^\ufeff?\+\+\+/.test(matter);
  const table = isToml ? lines.findIndex((line) => tomlTable.test(line)) : -1;
  const key = isToml ? /^(["']?)title\1[ \t]*=/ : /^(["']?)title\1[ \t]*:(?=\s|$)/;
  const at = lines.slice(0, table === -1 ? undefined : table).findIndex((line) => key.test(line));
  const value = lines[at]?.replace(key, "").trim();
  if (value === undefined) return undefined;
  const rest = lines.slice(at + 1);
  const last = rest.findIndex((line) => !/^(?:[ \t]|$)/.test(line));
  const more = isToml ? [] : rest.slice(0, last === -1 ? undefined : last);
  const title = readValue(value, more, isToml).replaceAll(/\s+/g, " ").trim();
  return title === "" ? undefined : cutEnd(title, 200);
}

/** A line that begins a table; the lines after it belong to the table. */
const tomlTable = /^[ \t]*\[{1,2}[^[\]]*\]{1,2}[ \t]*(?:#.*)?$/;
const blockScalar = /^[>|][\d+-]{0,2}(?:\s+#.*)?$/;
/** The beginning of a list or of a mapping. */
const collection = /^\s*(?:-(?:\s|$)|[\w"'][^:]*:(?:\s|$))/;

/** Reads a value with the indented lines below it. */
function readValue(value: string, more: readonly string[], isToml: boolean): string {
  if (blockScalar.test(value)) return more.join(" ");
  if (value === "" && collection.test(more.find((line) => line.trim() !== "") ?? "")) return "";
  const text = [value, ...more].join("\n");
  const [, double] = /^"((?:[^"\\]|\\[^])*)"\s*(?:#|$)/.exec(text) ?? [];
  if (double !== undefined) return double.replaceAll(escape, unescaped);
  const single = isToml ? /^'([^']*)'\s*(?:#|$)/ : /^'((?:[^']|'')*)'\s*(?:#|$)/;
  const [, literal] = single.exec(text) ?? [];
  if (literal !== undefined) return isToml ? literal : literal.replaceAll("''", "'");
  return text.replaceAll(/(?:^|\s)#.*/g, "");
}

const escape = /\\(?:u([\da-f]{4})|U([\da-f]{8})|x([\da-f]{2})|[^])/gi;

function unescaped(part: string, ...codes: readonly (string | undefined)[]): string {
  const code = codes.slice(0, 3).find((digits) => typeof digits === "string");
  if (code !== undefined)
    return wellFormed(String.fromCodePoint(Math.min(parseInt(code, 16), 0x10ffff)));
  const character = part.charAt(1);
  return /[nrt\s]/.test(character) ? " " : character;
}
