import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Document } from "@langchain/core/documents";
import { expect, test } from "vitest";
import { inCommandWords, withWords } from "../../src/cli/command-words.ts";
import { messageOf, RetrievalError } from "../../src/errors.ts";
import { moduleFiles } from "../../src/model/files/module-files.ts";
import { toRecord } from "../../src/vector-store/chroma-record.ts";
import { startFailure } from "../../src/vector-store/start-failure.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";

test.each([
  ["pass another `collectionName`.", "pass another --collection."],
  ["omit `url` or `path`", "omit --store or --store"],
  ["pass it to `OnnxEmbeddings`", "pass it to --model of `index` and `search`"],
  ["run `npx chroma run` or `model s`", "run `npx chroma run` or `model s`"],
  ["`toString` and `other` stay", "`toString` and `other` stay"],
])("%s is %s on the command line", (message, expected) => {
  expect(inCommandWords(message)).toBe(expected);
});

test("the words of a step come before those of every command", async () => {
  const failure = new RetrievalError("model-not-found", "Expected `model` of `collectionName`.");
  const outcome = withWords({ model: "--reranker" }, () => Promise.reject(failure));
  await expect(outcome).rejects.toMatchObject({
    code: "model-not-found",
    message: "Expected --reranker of `collectionName`.",
    cause: failure,
  });
});

test("a name in the user's data is not an option, even if it is spelt like one", async () => {
  const document = new Document({ pageContent: "text", metadata: { url: ["a"] } });
  const folder = await temporaryFolder();
  writeFileSync(join(folder, "modules.json"), '[{ "type": "Transformer", "path": "../other" }]');
  const failures = [
    await withWords({}, () => toRecord(document, "a")).catch((error: unknown) => error),
    await moduleFiles(folder).catch((error: unknown) => error),
  ].map(messageOf);
  expect(failures).toEqual([
    expect.stringContaining('"url" of document a'),
    expect.stringContaining('to have a "type" and a "path" inside the folder'),
  ]);
  expect(failures.map((message) => inCommandWords(message))).toEqual(failures);
});

test("a store in memory is advised by a command that takes it", () => {
  const { message } = startFailure("/data", "", "");
  expect(inCommandWords(message)).toContain(
    "use `npx langchain-rerank search --store memory --documents <folder>`",
  );
  expect(inCommandWords(message)).toContain("of a Chroma server that runs elsewhere as --store");
});
