import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const prose = readFileSync(join(import.meta.dirname, "../../sample_documents/README.md"), "utf8");
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
    return Array.from({ length: 1 + this.#below(3) }, () => this.#changeOne());
  }

  sentence() {
    const words = Array.from({ length: 3 + this.#below(10) }, () => this.#oneOf(vocabulary));
    return `${words.join(" ")}.`;
  }

  paragraph() {
    return Array.from({ length: 1 + this.#below(12) }, () => this.sentence()).join(" ");
  }

  #changeOne() {
    const names = readdirSync(this.#path).toSorted();
    const name = this.#oneOf(names);
    const kinds = ["edit", "insert"];
    if (names.length > 4) kinds.push("rename", "delete");
    if (names.length < 16) kinds.push("create");
    const kind = this.#oneOf(kinds);
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
    const count = 1 + this.#below(6);
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

  #below(count) {
    return Math.floor(this.#random() * count);
  }

  #oneOf(values) {
    return values[this.#below(values.length)];
  }
}
