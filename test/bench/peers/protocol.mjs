import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Reports the versions, then answers each request with the milliseconds of `work` and its result. */
export async function serve(versions, work) {
  answer({ versions: { node: process.versions.node, ...versions } });
  for await (const line of createInterface({ input: process.stdin })) {
    const { kept, ...request } = JSON.parse(line);
    const start = performance.now();
    const result = await work(request);
    const milliseconds = performance.now() - start;
    answer({ milliseconds, count: result.length, result: Array.from(result.slice(0, kept)) });
  }
}

function answer(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const elsewhere = process.env.PEERS ?? ".";

/** A package that is installed below the folder PEERS. */
export function requirePeer(name) {
  return createRequire(join(elsewhere, "/"))(name);
}

/** Versions of packages below the folder PEERS. */
export function peerVersions(...names) {
  return versionsBelow(elsewhere, names);
}

export function versionsBelow(root, names) {
  return Object.fromEntries(
    names.map((name) => {
      const path = join(root, "node_modules", name, "package.json");
      return [name, JSON.parse(readFileSync(path, "utf8")).version];
    }),
  );
}
