import { cutEnd } from "../text/cut-text.ts";

/**
 * Where the text begins behind front matter: lines between two of `---` (YAML) or of `+++` (TOML) at the very beginning,
 * one of which gives a key its value. Without front matter it begins behind the byte order mark, or at 0.
 */
export function textStart(text: string): number {
  const bom = text.startsWith("\ufeff") ? 1 : 0;
  const [, marks] = /^\ufeff?(---|\+\+\+)[ \t]*(?=[\r\n])/.exec(text) ?? [];
  if (marks === undefined) return bom;
  const closing =
    marks === "---" ? /[\r\n]---[ \t]*(?:\r\n?|\n|$)/g : /[\r\n]\+{3}[ \t]*(?:\r\n?|\n|$)/g;
  closing.lastIndex = bom + marks.length;
  const end = closing.exec(text);
  if (!end) return bom;
  const hasKey = marks === "---" ? /^["'\w][^:\r\n]*:(?:\s|$)/m : /^["'\w][^=\r\n]*=/m;
  return hasKey.test(text.slice(bom + marks.length, end.index)) ? closing.lastIndex : bom;
}

/** The title that front matter gives, where it stands on one line, cut to 200 characters: each passage carries it. */
export function frontMatterTitle(matter: string): string | undefined {
  const [, value = ""] = /^title[ \t]*[:=][ \t]*([^\r\n]*)$/m.exec(matter) ?? [];
  const [, , quoted] = /^(["'])(.*)\1$/.exec(value.trim()) ?? [];
  const title = quoted ?? value.replace(/\s#.*$/, "").trim();
  return title === "" || /^[>|][+-]?$/.test(title) ? undefined : cutEnd(title, 200);
}
