import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { promisify } from "node:util";
import getPort from "get-port";
import { describe, expect, onTestFinished, test } from "vitest";
import { openChroma, type OpenChromaOptions } from "../../src/vector-store/open-chroma.ts";
import { HashEmbeddings } from "./hash-embeddings.ts";

const open = (options: Partial<OpenChromaOptions>) =>
  openChroma(new HashEmbeddings(), { collectionName: "guides", ...options });

describe("openChroma", () => {
  test("refuses a server to reach and a server to start at once", async () => {
    await expect(open({ url: "http://127.0.0.1:8000", path: "data" })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("got both"),
    });
  });

  test.each(["", "ab", "a b c", "-abc", "abc.", "a".repeat(513)])(
    "refuses %j for a collection's name",
    async (collectionName) => {
      await expect(open({ collectionName, url: "http://127.0.0.1:1" })).rejects.toThrow(
        "Expected `collectionName` to be 3 to 512",
      );
    },
  );

  test.each(["", "localhost:8000", "ftp://a", "http://a/chroma", "http://u:p@a", "http://a?b=c"])(
    "refuses %j for a URL, and repeats no password",
    async (url) => {
      await expect(open({ url })).rejects.toMatchObject({
        code: "invalid-option",
        message: expect.not.stringContaining("u:p"),
      });
    },
  );

  test.each([
    ["localhost:8000", '"localhost:8000"'],
    ["http://a/chroma", '"http://a/chroma"'],
    ["http://user:word@a", '"http://***@a"'],
    ["http://a?token=word", '"http://a?***"'],
  ])("repeats %s without what may be secret", async (url, got) => {
    await expect(open({ url })).rejects.toThrow(
      `Expected \`url\` to be a scheme, host and port such as http://127.0.0.1:8000, got ${got}: `,
    );
  });

  test("says which server does not answer, why, and what to do", async () => {
    const url = `http://127.0.0.1:${await getPort()}`;
    await expect(open({ url })).rejects.toMatchObject({
      code: "store-unreachable",
      message: expect.stringContaining(`No Chroma server answers at ${url}: start it`),
      cause: expect.objectContaining({ message: "fetch failed" }),
    });
  });

  test("distinguishes a server that is not Chroma from one that does not answer", async () => {
    const server = createServer((_request, response) => response.writeHead(404).end());
    onTestFinished(() => void server.close());
    const port = await getPort();
    await once(server.listen(port, "127.0.0.1"), "listening");
    await expect(open({ url: `http://127.0.0.1:${port}` })).rejects.toMatchObject({
      code: "store-unreachable",
      message: expect.stringContaining("Expected a Chroma server of version 1 or later"),
    });
  });

  test("names the command that installs what is missing", async () => {
    const hooks = `export function resolve(specifier, context, next) {
      if (specifier !== "chromadb") return next(specifier, context);
      throw Object.assign(new Error("Cannot find package 'chromadb'"), { code: "ERR_MODULE_NOT_FOUND" });
    }`;
    const script = `import { register } from "node:module";
      register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hooks)}`)});
      const { openChroma } = await import(${JSON.stringify(distUrl("open-chroma.js"))});
      const embeddings = { embedDocuments() {}, embedQuery() {} };
      await openChroma(embeddings, { collectionName: "guides" }).catch(({ code, message }) => console.log(code, message));`;
    const { stdout } = await promisify(execFile)(process.execPath, [
      "--input-type=module",
      "--eval",
      script,
    ]);
    expect(stdout).toContain("missing-dependency Chroma needs two more packages: npm install ");
    expect(stdout).toContain("@langchain/community@^1.1 chromadb@^3.5");
  });
});

function distUrl(file: string): string {
  return new URL(`../../dist/vector-store/${file}`, import.meta.url).href;
}

test.each([{ headers: { token: "t" } }, { tenant: "acme" }, { database: "guides" }])(
  "refuses %o without a url, because it would be ignored",
  async (access) => {
    await expect(open({ ...access, path: "no/such/folder" })).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("only with the `url` of a running server"),
    });
  },
);

test("refuses headers that would be sent without any", async () => {
  for (const headers of [new Headers({ token: "t" }), new Map([["token", "t"]])]) {
    await expect(
      Reflect.apply(openChroma, undefined, [
        new HashEmbeddings(),
        { collectionName: "guides", url: "http://127.0.0.1:1", headers },
      ]),
    ).rejects.toMatchObject({
      code: "invalid-option",
      message: `Expected \`headers\` to be a plain object, got a ${headers.constructor.name}.`,
    });
  }
});

test("says which argument it was when they are swapped", async () => {
  const swapped = Reflect.apply(openChroma, undefined, [
    { collectionName: "guides" },
    new HashEmbeddings(),
  ]);
  await expect(swapped).rejects.toMatchObject({
    code: "invalid-option",
    message: expect.stringContaining("Expected `embeddings` to be LangChain embeddings"),
  });
});
