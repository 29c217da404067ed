import { readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The Cranfield collection in the form of the SMART archive: `cran.all.1400`, `cran.qry` and `cranqrel`.
 * Judgements count queries by their position in the file, not by their number; code 1, the most relevant,
 * becomes grade 4, code 4 grade 1, and -1 grade 0.
 */
export function loadCranfield(folder) {
  const textOf = (name) => readFileSync(join(folder, name), "utf8");
  const documents = recordsOf(textOf("cran.all.1400")).map(({ number, fields }) => ({
    id: String(number),
    text: [fields.get("T"), withoutTitle(fields)].filter(Boolean).join(". "),
  }));
  const queries = new Map(
    recordsOf(textOf("cran.qry")).map(({ fields }, index) => [String(index + 1), fields.get("W")]),
  );
  const judgements = new Map();
  for (const line of textOf("cranqrel").trim().split("\n")) {
    const [query, document, code] = line.trim().split(/\s+/);
    const grade = Number(code) >= 1 ? 5 - Number(code) : 0;
    judgements.set(query, (judgements.get(query) ?? new Map()).set(document, grade));
  }
  return { documents, queries, judgements };
}

/** Records begin with `.I number`, their fields with a line of a point and a letter. */
function recordsOf(text) {
  return text
    .split(/^\.I /m)
    .slice(1)
    .map((record) => {
      const [number, ...parts] = record.split(/^\.([TABW])\s*$/m);
      const fields = new Map();
      for (let place = 0; place < parts.length; place += 2) {
        fields.set(parts[place], parts[place + 1].replaceAll(/\s+/g, " ").trim());
      }
      return { number: Number(number), fields };
    });
}

/** An abstract begins with its title. */
function withoutTitle(fields) {
  const [title = "", words = ""] = [fields.get("T"), fields.get("W")];
  return words.startsWith(title) ? words.slice(title.length).trim() : words;
}
