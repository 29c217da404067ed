import { extname } from "node:path";
import { requireText, RetrievalError } from "../../errors.ts";

/** The requested layout, or else the one of the file's extension; never guessed from the content. */
export function formatOf<Format extends string>(
  path: string,
  asked: Format | undefined,
  endings: Readonly<Record<string, Format>>,
): Format {
  requireText("path", path);
  const formats = new Set(Object.values(endings));
  if (asked !== undefined) {
    if (formats.has(asked)) return asked;
    throw new RetrievalError(
      "invalid-option",
      `Expected \`format\` to be one of ${[...formats].join(", ")}, got ${JSON.stringify(asked)}.`,
    );
  }
  const ending = extname(path).toLowerCase();
  const format = Object.hasOwn(endings, ending) ? endings[ending] : undefined;
  if (format !== undefined) return format;
  throw new RetrievalError(
    "invalid-option",
    `Expected ${path} to end in one of ${Object.keys(endings).join(", ")}: rename it, or pass \`format\` (${[...formats].join(", ")}).`,
  );
}
