import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmTableFromMarkdown } from "mdast-util-gfm-table";
import { gfmTable } from "micromark-extension-gfm-table";
import { expect, test } from "vitest";
import { takeAtOnce } from "../../src/breather.ts";
import { blockSteps } from "../../src/documents/markdown-blocks.ts";

const packages = join(import.meta.dirname, "../../node_modules");

test("headings, code and tables of the guides that npm packages bring are those of micromark", () => {
  const files = readdirSync(packages, { recursive: true, encoding: "utf8" }).filter((file) =>
    /\.(?:md|markdown)$/i.test(file),
  );
  expect(files.length).toBeGreaterThan(300);
  const differing = files.filter((file) => {
    const text = readFileSync(join(packages, file), "utf8").replace(/^\ufeff/, "");
    // Front matter is no Markdown, and micromark does not know `<h1>` for a heading.
    const blocks = takeAtOnce(blockSteps(text));
    const start = blocks[0]?.kind === "front matter" ? blocks[0].end : 0;
    const ours = blocks
      .filter(({ kind }) => kind === "heading" || kind === "code" || kind === "table")
      .map(({ kind, start: from, end, depth }) => ({
        kind,
        from,
        depth,
        said: text.slice(from, end).trim(),
      }))
      .filter(({ said }) => !/^<h[1-6]/i.test(said))
      .map(({ kind, from, depth, said }) => `${kind} ${from} ${depth} ${said.length}`);
    const reference = referenceOf(text.slice(start), start);
    return ours.join("\n") !== reference.join("\n");
  });
  expect(differing).toEqual([]);
}, 120_000);

type Node = ReturnType<typeof fromMarkdown> | ReturnType<typeof fromMarkdown>["children"][number];

function referenceOf(text: string, offset: number): string[] {
  const tree = fromMarkdown(text, {
    extensions: [gfmTable()],
    mdastExtensions: [gfmTableFromMarkdown()],
  });
  const found: string[] = [];
  const visit = (node: Node, depth: number): void => {
    if (node.type === "heading" || node.type === "code" || node.type === "table") {
      const from = text.lastIndexOf("\n", (node.position?.start.offset ?? 0) - 1) + 1;
      const said = text.slice(from, node.position?.end.offset).trim();
      found.push(`${node.type} ${offset + from} ${depth} ${said.length}`);
    }
    const inner = depth + (node.type === "blockquote" || node.type === "listItem" ? 1 : 0);
    if ("children" in node) for (const child of node.children) visit(child, inner);
  };
  visit(tree, 0);
  return found;
}
