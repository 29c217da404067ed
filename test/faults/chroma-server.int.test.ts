import { once } from "node:events";
import { existsSync } from "node:fs";
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Document } from "@langchain/core/documents";
import getPort from "get-port";
import { describe, expect, onTestFinished, test } from "vitest";
import { asNobody } from "../as-nobody.ts";
import { joinChromaServer } from "../../src/vector-store/chroma-server.ts";
import { openChroma } from "../../src/vector-store/open-chroma.ts";
import { HashEmbeddings } from "../vector-store/hash-embeddings.ts";
import {
  answers,
  countKeepers,
  eventually,
  isRunning,
  keeperPid,
  spawnUser,
  staying,
} from "../vector-store/server-users.ts";
import { temporaryFolder } from "../vector-store/temporary-folder.ts";

const stateFile = (folder: string): string => join(folder, "server.json");

describe("the server of a folder", () => {
  test("is shared by all processes and ends with the last of them", async () => {
    const folder = await temporaryFolder();
    const own = await joinChromaServer(folder);
    const pid = await keeperPid(folder);
    const other = spawnUser(folder, staying);
    expect(await other.url).toBe(own.url);
    await own.close();
    expect(await answers(own.url)).toBe(true);
    expect(isRunning(pid)).toBe(true);
    other.process.kill("SIGTERM");
    await eventually(() => !isRunning(pid));
    expect(await answers(own.url)).toBe(false);
    expect(existsSync(stateFile(folder))).toBe(false);
  });

  test("has ended when the last user's close() resolves", async () => {
    const folder = await temporaryFolder();
    const connection = await joinChromaServer(folder);
    const pid = await keeperPid(folder);
    await Promise.all([connection.close(), connection.close()]);
    await eventually(() => !isRunning(pid));
    expect(await answers(connection.url)).toBe(false);
    expect(await readdir(folder)).toEqual(
      expect.not.arrayContaining(["server.json", "server.json.lock"]),
    );
  });

  test.each(["SIGKILL", "SIGINT"] as const)("ends with a user that %s ends", async (signal) => {
    const folder = await temporaryFolder();
    const user = spawnUser(folder, staying);
    await user.url;
    const pid = await keeperPid(folder);
    user.process.kill(signal);
    await eventually(() => !isRunning(pid));
    expect(existsSync(stateFile(folder))).toBe(false);
  });

  test("outlives the Ctrl-C of the terminal that it was started from, while it has users", async () => {
    const folder = await temporaryFolder();
    const starter = spawnUser(folder, staying);
    const url = await starter.url;
    const own = await joinChromaServer(folder);
    const exit = once(starter.process, "exit");
    process.kill(-Number(starter.process.pid), "SIGINT");
    await exit;
    expect(await answers(url)).toBe(true);
    await own.close();
    await eventually(async () => !(await answers(url)));
  });

  test("lets a script that forgot close() end by itself, and ends after it", async () => {
    const folder = await temporaryFolder();
    const user = spawnUser(folder, "await fetch(connection.url + '/api/v2/heartbeat');");
    const [code] = await once(user.process, "exit");
    expect(code).toBe(0);
    const url = await user.url;
    await eventually(async () => !(await answers(url)));
    await eventually(() => !existsSync(stateFile(folder)));
  });

  test("is a single one, even if three processes start it at the same time", async () => {
    const folder = await temporaryFolder();
    const users = [1, 2, 3].map(() => spawnUser(folder, staying));
    const urls = await Promise.all(users.map(({ url }) => url));
    expect(new Set(urls).size).toBe(1);
    const log = await readFile(join(folder, "server.log"), "utf8");
    expect(log.match(/Saving data to/g)).toHaveLength(1);
    const pid = await keeperPid(folder);
    for (const user of users) user.process.kill("SIGKILL");
    await eventually(() => !isRunning(pid));
  });

  test.each([
    ["has started", (folder: string) => countKeepers(folder) > 0],
    ["has claimed the folder", (folder: string) => existsSync(stateFile(folder))],
  ])("ends where its starter is killed as soon as it %s", async (_moment, isSo) => {
    const folder = await temporaryFolder();
    const user = spawnUser(folder, staying);
    await eventually(() => isSo(folder));
    user.process.kill("SIGKILL");
    await eventually(() => countKeepers(folder) === 0);
    expect(existsSync(stateFile(folder))).toBe(false);
  });

  test("starts in spite of what a power cut left behind", async () => {
    const folder = await temporaryFolder();
    const foreign = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"));
    onTestFinished(() => void foreign.close());
    const port = await getPort();
    await once(foreign.listen(port, "127.0.0.1"), "listening");
    const leftovers = [
      "",
      "{",
      "[]",
      JSON.stringify({ pid: 1, port: await getPort(), token: "gone" }),
      JSON.stringify({ pid: 1, port, token: "now someone else's port" }),
      JSON.stringify({ pid: 1, port: 71_234, token: "no port" }),
      JSON.stringify({ pid: 1.5, port: 0.5, token: "no numbers of a process or a port" }),
    ];
    for (const leftover of leftovers) {
      await writeFile(stateFile(folder), leftover);
      const connection = await joinChromaServer(folder);
      expect(await answers(connection.url)).toBe(true);
      await connection.close();
    }
  });

  test("starts two seconds after a crash that left a lock", async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, "server.json.lock"));
    await writeFile(stateFile(folder), JSON.stringify({ pid: 1, port: 1, token: "gone" }));
    const connection = await joinChromaServer(folder);
    expect(await answers(connection.url)).toBe(true);
    await connection.close();
  });

  test("that was killed is reported as lost, and opening again starts another", async () => {
    const folder = await temporaryFolder();
    const connection = await joinChromaServer(folder);
    process.kill(await keeperPid(folder), "SIGKILL");
    await eventually(() => connection.isLost);
    await connection.close();
    const again = await joinChromaServer(folder);
    expect(await answers(again.url)).toBe(true);
    await again.close();
  });

  test("that cannot start says why, with the last words of its log", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "chroma.sqlite3"), "this is no database");
    await expect(joinChromaServer(folder)).rejects.toMatchObject({
      code: "store-unreachable",
      message: expect.stringMatching(
        /did not start: [^]*file is not a database[^]*MemoryVectorStore/,
      ),
    });
    await rm(join(folder, "chroma.sqlite3"));
    const connection = await joinChromaServer(folder);
    await connection.close();
  });

  test("does not let an endless line fill its memory", async () => {
    const folder = await temporaryFolder();
    const connection = await joinChromaServer(folder);
    onTestFinished(() => connection.close());
    const state: unknown = JSON.parse(await readFile(stateFile(folder), "utf8"));
    const port = Number(Reflect.get(Object(state), "port"));
    const stranger = connect({ host: "127.0.0.1", port });
    stranger.on("error", () => undefined);
    for (let sent = 0; !stranger.destroyed && sent < 1000; sent += 1) {
      stranger.write("x".repeat(65_536));
      await sleep(1);
    }
    stranger.destroy();
    expect(stranger.bytesWritten).toBeLessThan(10_000_000);
    expect(await answers(connection.url)).toBe(true);
  });

  test("does not mistake a server that sends an endless line for the keeper", async () => {
    const folder = await temporaryFolder();
    const sent = { blocks: 0 };
    const foreign = createServer(async (socket) => {
      socket.on("error", () => undefined);
      for (; !socket.destroyed && sent.blocks < 1000; sent.blocks += 1) {
        socket.write("x".repeat(65_536));
        await sleep(1);
      }
    });
    onTestFinished(() => void foreign.close());
    const port = await getPort();
    await once(foreign.listen(port, "127.0.0.1"), "listening");
    await writeFile(stateFile(folder), JSON.stringify({ pid: process.pid, port, token: "a" }));
    const connection = await joinChromaServer(folder);
    onTestFinished(() => connection.close());
    expect(await answers(connection.url)).toBe(true);
    expect(sent.blocks).toBeLessThan(1000);
  });

  test.skipIf(process.platform === "win32")(
    "needs a folder that this user can write to, also to search",
    async () => {
      const folder = await temporaryFolder();
      await (await joinChromaServer(folder)).close();
      await eventually(() => !existsSync(stateFile(folder)));
      await rm(join(folder, "server.log"));
      await chmod(folder, 0o555);
      await expect(asNobody(() => joinChromaServer(folder))).rejects.toMatchObject({
        code: "store-unreachable",
        message: expect.stringMatching(
          /^Expected the store folder .* to be writable for this user.* Copy the folder to a writable location/,
        ),
      });
      await chmod(folder, 0o755);
    },
  );

  test("needs a folder that can be written to", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "");
    await expect(joinChromaServer(file)).rejects.toMatchObject({ code: "invalid-option" });
    await expect(joinChromaServer(join(file, "below"))).rejects.toMatchObject({
      code: "invalid-option",
      message: expect.stringContaining("Expected `path` to be a writable folder"),
    });
  });
});

describe("a store on a folder", () => {
  const documents = Array.from(
    { length: 60 },
    (_, place) => new Document({ pageContent: `text ${place}`, metadata: { source: "a.md" } }),
  );

  test.skipIf(process.platform === "win32")("is for its owner alone", async () => {
    const path = join(await temporaryFolder(), "deep/store");
    const store = await openChroma(new HashEmbeddings(), { collectionName: "guides", path });
    await store.addDocuments(documents);
    const files = [".", "..", ...(await readdir(path, { recursive: true }))];
    const modes = files.map(async (file) => {
      const { mode } = await stat(join(path, file));
      return [file, (mode & 0o077).toString(8)];
    });
    expect(files).toEqual(expect.arrayContaining(["chroma.sqlite3", "server.json", "server.log"]));
    expect(await Promise.all(modes)).toEqual(files.map((file) => [file, "0"]));
    await store.close();
  });

  test("keeps its passages from one server to the next", async () => {
    const path = await temporaryFolder();
    const first = await openChroma(new HashEmbeddings(), { collectionName: "guides", path });
    await first.addDocuments(documents);
    await first.close();
    await using second = await openChroma(new HashEmbeddings(), { collectionName: "guides", path });
    expect((await second.similaritySearch("text 7", 1))[0]?.pageContent).toBe("text 7");
    expect((await second.storedPassages()).size).toBe(60);
  });

  test("says that its server has gone in the middle of indexing, and continues with the next", async () => {
    const path = await temporaryFolder();
    const embeddings = new HashEmbeddings({
      beforeBatch: async (embedded) => {
        if (embedded === 30) process.kill(await keeperPid(path), "SIGKILL");
      },
    });
    const store = await openChroma(embeddings, { collectionName: "guides", path });
    await expect(store.addDocuments(documents, { batchSize: 10 })).rejects.toMatchObject({
      code: "store-unreachable",
      message: expect.stringContaining(`The Chroma server of ${path} has ended`),
    });
    await expect(store.similaritySearch("text 7", 1)).rejects.toMatchObject({
      code: "store-unreachable",
    });
    await store.close();

    const rest = new HashEmbeddings();
    await using again = await openChroma(rest, { collectionName: "guides", path });
    await again.addDocuments(documents, { batchSize: 10 });
    expect(rest.embedded).toEqual(documents.slice(30).map(({ pageContent }) => pageContent));
    expect((await again.storedPassages()).size).toBe(60);
  });

  test("lets a write that is under way end when it is closed", async () => {
    const path = await temporaryFolder();
    const store = await openChroma(new HashEmbeddings(), { collectionName: "guides", path });
    const adding = store.addVectors(
      documents.map((_, place) => [1, place]),
      documents,
    );
    await store.close();
    expect(await adding).toHaveLength(60);
    await using again = await openChroma(new HashEmbeddings(), { collectionName: "guides", path });
    expect((await again.storedPassages()).size).toBe(60);
  });

  test("says so if the index on disk is damaged", async () => {
    const path = await temporaryFolder();
    const store = await openChroma(new HashEmbeddings(), { collectionName: "guides", path });
    const many = Array.from({ length: 1200 }, () => new Document({ pageContent: "text" }));
    await store.addVectors(
      many.map((_, place) => [1, place]),
      many,
      { ids: many.map((_, place) => `${place}`), batchSize: 600 },
    );
    await store.close();
    const files = await readdir(path, { recursive: true });
    const index = files.find((file) => file.endsWith("index_metadata.pickle"));
    await writeFile(join(path, String(index)), "no index");
    await expect(
      openChroma(new HashEmbeddings(), { collectionName: "guides", path }),
    ).rejects.toMatchObject({
      code: "store-damaged",
      message: expect.stringContaining(`Delete the folder ${path} and index again.`),
    });
  });

  test("leaves no server behind if it could not be opened", async () => {
    const path = await temporaryFolder();
    const collectionName = "guides";
    const first = await openChroma(new HashEmbeddings({ model: "a" }), { collectionName, path });
    const pid = await keeperPid(path);
    await expect(
      openChroma(new HashEmbeddings({ model: "b" }), { collectionName, path }),
    ).rejects.toMatchObject({ code: "store-mismatch" });
    await first.close();
    await eventually(() => !isRunning(pid));
  });
});
