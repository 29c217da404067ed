import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HubStub } from "../model/files/hub-stub.ts";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "installed-"));
let hub: HubStub;

beforeAll(async () => {
  // What npm would unpack: no models, and no tests.
  for (const name of ["dist", "sample_documents", "package.json"]) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  mkdirSync(join(folder, "home"));
  hub = await HubStub.start();
  hub.addFolder("Xenova/all-MiniLM-L6-v2", join(root, "models/all-MiniLM-L6-v2"));
  hub.addFolder("Xenova/ms-marco-MiniLM-L-6-v2", join(root, "models/rerank-minilm-l6"));
});
afterAll(() => {
  hub.close();
  rmSync(folder, { recursive: true, force: true });
});

async function quickstart(): Promise<{ stdout: string; stderr: string }> {
  const main = join(folder, "dist/cli/main.js");
  return promisify(execFile)(process.execPath, [main, "quickstart", "--store", "memory"], {
    cwd: folder,
    env: { ...process.env, HF_ENDPOINT: hub.url, HF_HOME: join(folder, "home") },
  });
}

test("quickstart names the models of the hub and their size, fetches them, and then asks no more", async () => {
  const first = await quickstart();
  expect(first.stderr.trim().split("\n")).toEqual([
    expect.stringMatching(/^Downloading all-MiniLM-L6-v2: 23\.\d MB, once\.$/),
    expect.stringMatching(/^Downloading ms-marco-MiniLM-L6-v2: 23\.\d MB, once\.$/),
  ]);
  expect(first.stdout).toMatch(/ 1 .*lora_finetuning_guide\.md#/);
  const asked = hub.requests.length;
  const second = await quickstart();
  expect(second.stderr).toBe("");
  expect(second.stdout).toMatch(/ 1 .*lora_finetuning_guide\.md#/);
  expect(hub.requests.length).toBe(asked);
}, 120_000);
