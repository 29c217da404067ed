import { expect, test } from "vitest";
import { inCommandWords, withWords } from "../../src/cli/command-words.ts";
import { RetrievalError } from "../../src/errors.ts";
import { startFailure } from "../../src/vector-store/start-failure.ts";

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

test("a store in memory is advised by a command that takes it", () => {
  const { message } = startFailure("/data", "", "");
  expect(inCommandWords(message)).toContain(
    "use `npx langchain-rerank search --store memory --documents <folder>`",
  );
  expect(inCommandWords(message)).toContain("of a Chroma server that runs elsewhere as --store");
});
