/**
 * Whether a judge's reply says `supported` or `unsupported`; `undefined` if it says anything else,
 * or more. A label before the word, marks around it and the JSON form `{"verdict": "supported"}`
 * are allowed.
 */
export function readVerdict(reply: string): "supported" | "unsupported" | undefined {
  const word = form.exec(reply)?.[1]?.toLowerCase();
  if (word === undefined) return undefined;
  return word === "supported" ? "supported" : "unsupported";
}

const marks = String.raw`[\s"'*_\`{}().:]{0,20}`;
const form = new RegExp(
  String.raw`^${marks}(?:(?:verdict|answer)${marks})?\b(supported|unsupported|not supported)${marks}$`,
  "i",
);
