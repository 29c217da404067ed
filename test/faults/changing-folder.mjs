import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { below, oneOf } from "./seeded.mjs";

const prose = readFileSync(join(import.meta.dirname, "../../docs/sample-documents.md"), "utf8");
const vocabulary = [...new Set(prose.match(/[a-z]{4,}/g))];

/** A folder of generated guides that people go on working in. */
export class ChangingFolder {
  #path;
  #random;
  #nextFile = 0;

  constructor(path, random) {
    this.#path = path;
    this.#random = random;
    mkdirSync(path);
    for (let file = 0; file < 8; file += 1) this.#write(this.#newName(), this.#guide());
  }

  /** Creates, edits, renames or deletes a few files, and says which; some are always left. */
  change() {
    return Array.from({ length: 1 + below(this.#random, 3) }, () => this.#changeOne());
  }

  sentence() {
    const words = Array.from({ length: 3 + below(this.#random, 10) }, () =>
      oneOf(this.#random, vocabulary),
    );
    return `${words.join(" ")}.`;
  }

  paragraph() {
    return Array.from({ length: 1 + below(this.#random, 12) }, () => this.sentence()).join(" ");
  }

  #changeOne() {
    const names = readdirSync(this.#path).toSorted();
    const name = oneOf(this.#random, names);
    const kinds = ["edit", "insert"];
    if (names.length > 4) kinds.push("rename", "delete");
    if (names.length < 16) kinds.push("create");
    const kind = oneOf(this.#random, kinds);
    const path = join(this.#path, name);
    if (kind === "create") this.#write(this.#newName(), this.#guide());
    if (kind === "edit") this.#write(name, this.#guide());
    // What follows moves within its file, which does not grow for ever.
    const kept = kind === "insert" ? readFileSync(path, "utf8").slice(0, 8000) : "";
    if (kind === "insert") this.#write(name, `${this.paragraph()}\n\n${kept}`);
    if (kind === "rename") renameSync(path, join(this.#path, this.#newName()));
    if (kind === "delete") rmSync(path);
    return `${kind} ${name}`;
  }

  #guide() {
    const count = 1 + below(this.#random, 6);
    const section = () => `## ${this.sentence()}\n\n${this.paragraph()}`;
    return `# ${this.sentence()}\n\n${Array.from({ length: count }, section).join("\n\n")}\n`;
  }

  #newName() {
    this.#nextFile += 1;
    return `${this.#nextFile}.md`;
  }

  #write(name, text) {
    writeFileSync(join(this.#path, name), text);
  }
}
