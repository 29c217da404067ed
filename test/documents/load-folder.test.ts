import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import * as fc from "fast-check";
import iconv from "iconv-lite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asNobody } from "../as-nobody.ts";
import { loadFolder, type LoadedFolder } from "../../src/documents/load-folder.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "load-folder-"));
});
afterEach(() => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true, force: true });
});

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

const symlinkAt = (source: string): object => ({ source, reason: "symlink" });
const sourcesOf = ({ documents }: LoadedFolder): unknown[] =>
  documents.map(({ metadata }) => metadata["source"]);

describe("loadFolder", () => {
  test("returns one document per file, with its text and its path below the folder", async () => {
    write({ "a.md": "# A\n", "deep/er/b.txt": "B" });
    const { documents, skipped } = await loadFolder(folder);
    expect(documents.map(({ pageContent, metadata }) => [pageContent, metadata])).toEqual([
      ["# A\n", { source: "a.md" }],
      ["B", { source: "deep/er/b.txt" }],
    ]);
    expect(skipped).toEqual([]);
  });

  test("sorts by path in code units, whatever order files were written in", async () => {
    const names = ["a", "a-b", "a.b", "a0", "B", "z", "ä", "🙂"];
    const paths = fc.uniqueArray(
      fc.tuple(fc.array(fc.constantFrom(...names), { maxLength: 2 }), fc.constantFrom(...names)),
      { minLength: 1, maxLength: 8, selector: ([folders, name]) => [...folders, name].join("/") },
    );
    await fc.assert(
      fc.asyncProperty(paths, async (chosen) => {
        rmSync(folder, { recursive: true });
        mkdirSync(folder);
        const wanted = chosen.map(([folders, name]) => [...folders, `${name}.md`].join("/"));
        write(Object.fromEntries(wanted.map((path) => [path, "text"])));
        expect(sourcesOf(await loadFolder(folder))).toEqual(wanted.toSorted());
      }),
    );
  });

  test("reads a long file as it is, and sees a byte that is not UTF-8 at its end", async () => {
    const text = `a${"é".repeat(1_200_000)}`;
    write({ "a.md": text, "b.md": Buffer.concat([Buffer.from(text), Buffer.of(0xff)]) });
    write({ "c.md": Buffer.concat([Buffer.from(text), Buffer.of(0xc3)]) });
    const { documents, skipped } = await loadFolder(folder);
    expect(documents.map(({ pageContent }) => pageContent === text)).toEqual([true]);
    expect(skipped).toEqual([
      { source: "b.md", reason: "not-utf-8" },
      { source: "c.md", reason: "not-utf-8" },
    ]);
  });

  test("takes the endings of Markdown and text in any case of letters, and reports others", async () => {
    write({
      "a.md": "a",
      "b.MARKDOWN": "b",
      "c.mdx": "c",
      "d.Txt": "d",
      "e.text": "e",
      "f.html": "f",
      "g.pdf": "g",
      LICENSE: "h",
    });
    const loaded = await loadFolder(folder);
    expect(sourcesOf(loaded)).toEqual(["a.md", "b.MARKDOWN", "c.mdx", "d.Txt", "e.text"]);
    expect(loaded.skipped).toEqual(
      ["LICENSE", "f.html", "g.pdf"].map((source) => ({ source, reason: "other-format" })),
    );
  });

  test("does not look at hidden names and node_modules, at any depth", async () => {
    write({
      "a.md": "a",
      ".hidden.md": "x",
      ".git/b.md": "x",
      "node_modules/c.md": "x",
      "deep/node_modules/d.md": "x",
      "deep/.cache/e.md": "x",
    });
    const loaded = await loadFolder(folder);
    expect(sourcesOf(loaded)).toEqual(["a.md"]);
    expect(loaded.skipped).toEqual([]);
  });

  test.each([
    [["drafts/"], ["a.md", "deep/b.md", "drafts.md"]],
    [["*.md", "!a.md"], ["a.md"]],
    [["/deep"], ["a.md", "drafts.md", "drafts/c.md"]],
    [["deep/**", "drafts*"], ["a.md"]],
    [["!.hidden.md"], [".hidden.md", "a.md", "deep/b.md", "drafts.md", "drafts/c.md"]],
  ])("leaves out what %j says", async (patterns, expected) => {
    write({ "a.md": "a", "deep/b.md": "b", "drafts/c.md": "c", "drafts.md": "d" });
    write({ ".hidden.md": "e" });
    expect(sourcesOf(await loadFolder(folder, { ignore: Object.freeze(patterns) }))).toEqual(
      expected,
    );
  });

  test("reports what holds no text, and why", async () => {
    write({
      "binary.md": Uint8Array.of(0x50, 0x4b, 0, 4),
      "blank.md": " \n\t\r\n",
      "empty.md": "",
      "latin1.md": Uint8Array.of(0x63, 0x61, 0x66, 0xe9),
      "only-a-mark.md": "\uFEFF",
      "utf16-without-mark.md": Buffer.from("# Title", "utf16le"),
    });
    expect(await loadFolder(folder)).toEqual({
      documents: [],
      skipped: [
        { source: "binary.md", reason: "binary" },
        { source: "blank.md", reason: "empty" },
        { source: "empty.md", reason: "empty" },
        { source: "latin1.md", reason: "not-utf-8" },
        { source: "only-a-mark.md", reason: "empty" },
        { source: "utf16-without-mark.md", reason: "binary" },
      ],
    });
  });

  test("reads UTF-16 by its mark, and other encodings if one is named", async () => {
    const text = "Grüße, 漢字 🙂";
    write({
      "big.md": Buffer.from(`\uFEFF${text}`, "utf16le").swap16(),
      "latin.md": Buffer.from("Grüße", "latin1"),
      "little.md": Buffer.from(`\uFEFF${text}`, "utf16le"),
      "utf8.md": text,
    });
    const { documents } = await loadFolder(folder, { encoding: "windows-1252" });
    expect(documents.map(({ pageContent }) => pageContent)).toEqual([text, "Grüße", text, text]);
    const { skipped } = await loadFolder(folder);
    expect(skipped).toEqual([{ source: "latin.md", reason: "not-utf-8" }]);
    await expect(loadFolder(folder, { encoding: "klingon" })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringMatching(/^Expected `encoding` to be the name .* got "klingon"\.$/),
    });
  });

  test("reads UTF-32 by its mark, and not as UTF-16 full of zeros", async () => {
    write({
      "big.md": iconv.encode("Grüße 🙂", "utf-32be", { addBOM: true }),
      "broken.md": Buffer.from([0xff, 0xfe, 0, 0, 0x61, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]),
      "little.md": iconv.encode("Grüße 🙂", "utf-32le", { addBOM: true }),
    });
    const { documents, skipped } = await loadFolder(folder);
    expect(documents.map(({ pageContent }) => pageContent)).toEqual(["Grüße 🙂", "Grüße 🙂"]);
    expect(skipped).toEqual([{ source: "broken.md", reason: "not-utf-8" }]);
  });

  test("treats a text with U+0000 as binary, in any encoding", async () => {
    write({
      "latin.md": Buffer.from("Gr\u00fc\0e", "latin1"),
      "utf16.md": Buffer.from("\uFEFFa\0b", "utf16le"),
    });
    const { skipped } = await loadFolder(folder, { encoding: "windows-1252" });
    expect(skipped).toEqual([
      { source: "latin.md", reason: "binary" },
      { source: "utf16.md", reason: "binary" },
    ]);
  });

  test.each(["utf-16le", "UTF-16BE", "ucs2", "utf-32le"])(
    "reads %s without a mark if it is named, and UTF-8 anyway",
    async (encoding) => {
      write({ "a.md": iconv.encode("Grüße", encoding, { addBOM: false }), "b.md": "Grüße" });
      const { documents } = await loadFolder(folder, { encoding });
      expect(documents.map(({ pageContent }) => pageContent)).toEqual(["Grüße", "Grüße"]);
    },
  );

  test("does not read a broken text in the encoding named if its mark says another", async () => {
    const half = Buffer.from("\uFEFFGrüße", "utf16le").subarray(0, -1);
    write({ "utf16.md": half, "utf8.md": Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff]) });
    const { documents, skipped } = await loadFolder(folder, { encoding: "windows-1252" });
    expect(documents).toEqual([]);
    expect(skipped.map(({ reason }) => reason)).toEqual(["not-utf-8", "not-utf-8"]);
  });

  test.each(["base64", "hex", "utf7", "UTF-7-IMAP", "binary"])(
    "refuses %s, which is not an encoding of text files",
    async (encoding) => {
      await expect(loadFolder(folder, { encoding })).rejects.toMatchObject({
        code: "invalid-option",
        message: expect.stringContaining("the name of a text encoding"),
      });
    },
  );

  test("drops the byte order mark and keeps the rest as it is", async () => {
    write({ "a.md": "\uFEFF# Title\r\n\r\nText 🙂 漢字 שלום\r\n" });
    const { documents } = await loadFolder(folder);
    expect(documents[0]?.pageContent).toBe("# Title\r\n\r\nText 🙂 漢字 שלום\r\n");
  });

  describe("with symbolic links", () => {
    let outside: string;
    beforeEach(() => {
      outside = mkdtempSync(join(tmpdir(), "outside-"));
      mkdirSync(join(outside, "inner"));
      writeFileSync(join(outside, "secret.md"), "secret");
      writeFileSync(join(outside, "inner/more.md"), "more");
      write({ "a.md": "a", "deep/b.md": "b" });
      const links = {
        "inside.md": join(folder, "a.md"),
        "outside.md": join(outside, "secret.md"),
        library: outside,
        "deep/again": outside,
        "deep/loop": folder,
        ".gitignore": join(outside, "secret.md"),
        "itself.md": "itself.md",
        "dangling.md": "nowhere.md",
      };
      for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
      symlinkSync(folder, join(outside, "inner/back"));
    });
    afterEach(() => rmSync(outside, { recursive: true }));

    test("follows none, wherever it leads, and reports each that is not hidden", async () => {
      const loaded = await loadFolder(folder, { ignore: ["itself*"] });
      expect(sourcesOf(loaded)).toEqual(["a.md", "deep/b.md"]);
      expect(loaded.skipped).toEqual(
        ["dangling.md", "deep/again", "deep/loop", "inside.md", "library", "outside.md"].map(
          symlinkAt,
        ),
      );
    });

    test("follows them if that is asked for, each folder once and no loop", async () => {
      const loaded = await loadFolder(folder, { followSymlinks: true });
      expect(sourcesOf(loaded)).toEqual([
        "a.md",
        "deep/again/inner/more.md",
        "deep/again/secret.md",
        "deep/b.md",
        "inside.md",
        "outside.md",
      ]);
      expect(loaded.skipped).toEqual([
        { source: "dangling.md", reason: "unreadable" },
        symlinkAt("deep/again/inner/back"),
        symlinkAt("deep/loop"),
        { source: "itself.md", reason: "unreadable" },
        symlinkAt("library"),
      ]);
    });

    test("takes few steps through many links to one another", async () => {
      const rungs = Array.from({ length: 30 }, (_, rung) => join(outside, `rung-${rung}`));
      for (const rung of rungs) mkdirSync(rung);
      for (const [index, next] of rungs.slice(1).entries()) {
        for (const name of ["left", "right"]) symlinkSync(next, join(rungs[index] ?? "", name));
      }
      writeFileSync(join(rungs.at(-1) ?? "", "end.md"), "end");
      const loaded = await loadFolder(rungs[0] ?? "", { followSymlinks: true });
      expect(sourcesOf(loaded)).toEqual([`${"left/".repeat(29)}end.md`]);
      expect(loaded.skipped).toHaveLength(29);
    });

    test("takes a link for the folder itself", async () => {
      symlinkSync(folder, join(outside, "folder"));
      expect(sourcesOf(await loadFolder(join(outside, "folder")))).toEqual(["a.md", "deep/b.md"]);
    });
  });

  test("walks into a folder whose name looks like a file's", async () => {
    write({ "guide.md/a.md": "a" });
    expect(sourcesOf(await loadFolder(folder))).toEqual(["guide.md/a.md"]);
  });

  test.skipIf(process.platform === "win32")(
    "reads nothing from pipes, sockets and devices",
    async () => {
      execFileSync("mkfifo", [join(folder, "pipe.md")]);
      const socket = createServer().listen(join(folder, "socket.md"));
      await once(socket, "listening");
      symlinkSync("pipe.md", join(folder, "to-pipe.md"));
      symlinkSync("/dev/zero", join(folder, "to-zero.md"));
      const { skipped } = await loadFolder(folder, { followSymlinks: true });
      socket.close();
      const names = ["pipe.md", "socket.md", "to-pipe.md", "to-zero.md"];
      expect(skipped).toEqual(names.map((source) => ({ source, reason: "unreadable" })));
    },
  );

  test.skipIf(process.platform === "win32")(
    "reports what it has no permission to read",
    async () => {
      write({ "a.md": "a", "locked.md": "b", "locked/c.md": "c" });
      chmodSync(folder, 0o755);
      for (const name of ["locked.md", "locked"]) chmodSync(join(folder, name), 0);
      const loaded = await asNobody(() => loadFolder(folder));
      chmodSync(join(folder, "locked"), 0o755);
      expect(sourcesOf(loaded)).toEqual(["a.md"]);
      expect(loaded.skipped).toEqual([
        { source: "locked.md", reason: "unreadable" },
        { source: "locked/", reason: "unreadable" },
      ]);
    },
  );

  test.each(["no-such-folder", "file.md"])("refuses %s, which is not a folder", async (name) => {
    write({ "file.md": "a" });
    await expect(loadFolder(join(folder, name))).rejects.toMatchObject({
      code: "invalid-input",
      message: `Expected \`folder\` to be a folder of Markdown or text files, got ${join(folder, name)}, which is not a folder.`,
    });
  });

  test("stops at a signal", async () => {
    write({ "a.md": "a" });
    const reason = new Error("The user has gone.");
    await expect(loadFolder(folder, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});
