import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Context } from "hono";

/** The folder of the page, in the source tree and in the package. */
const folder = fileURLToPath(new URL("../../../explorer", import.meta.url));
const resolve = createRequire(import.meta.url).resolve;
const preact = dirname(resolve("preact/package.json"));

const script = "text/javascript; charset=utf-8";
const ownScripts = [
  "api.js",
  "app.js",
  "column.js",
  "columns.js",
  "explanation.js",
  "explanation-parts.js",
  "help.js",
  "hooks.js",
  "html.js",
  "judgement-bar.js",
  "judgements.js",
  "judging.js",
  "keys.js",
  "main.js",
  "movement-lines.js",
  "settings-form.js",
  "stage-times.js",
  "url-state.js",
  "welcome.js",
] as const;

/** What is served, and nothing else: no path of a request reaches the disk. */
const files: Readonly<Record<string, { readonly path: string; readonly type: string }>> = {
  "style.css": { path: join(folder, "style.css"), type: "text/css; charset=utf-8" },
  "vendor/preact.js": { path: join(preact, "dist/preact.mjs"), type: script },
  "vendor/hooks.js": { path: join(preact, "hooks/dist/hooks.mjs"), type: script },
  "vendor/htm.js": { path: join(dirname(resolve("htm")), "htm.module.js"), type: script },
  ...Object.fromEntries(
    ownScripts.map((name) => [name, { path: join(folder, name), type: script }]),
  ),
};

/** The names of all files but the page itself. */
export const pageFileNames: readonly string[] = Object.keys(files);

interface ServedFile {
  readonly body: string;
  readonly tag: string;
  readonly type: string;
}

/** The files of the page, read once. */
export class PageFiles {
  readonly #read = new Map<string, Promise<ServedFile>>();
  #policy: Promise<string> | undefined;

  /** Answers with the page. */
  async page(c: Context): Promise<Response> {
    const page = await this.#file(join(folder, "index.html"), "text/html; charset=utf-8");
    this.#policy ??= Promise.resolve(policyOf(page.body));
    c.header("Content-Security-Policy", await this.#policy);
    return respond(c, page);
  }

  /** Answers with one of `pageFileNames`. */
  async file(c: Context, name: string): Promise<Response> {
    const known = Object.hasOwn(files, name) ? files[name] : undefined;
    return known ? respond(c, await this.#file(known.path, known.type)) : c.notFound();
  }

  async #file(path: string, type: string): Promise<ServedFile> {
    const reading = this.#read.get(path) ?? readServed(path, type);
    this.#read.set(path, reading);
    return reading;
  }
}

async function readServed(path: string, type: string): Promise<ServedFile> {
  const text = await readFile(path, "utf8");
  // The source maps are not served.
  const body = text.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, "\n");
  return { body, tag: `"${createHash("sha256").update(body).digest("base64url")}"`, type };
}

function respond(c: Context, { body, tag, type }: ServedFile): Response {
  c.header("ETag", tag);
  // A new version of the package has other files under the same names.
  c.header("Cache-Control", "no-cache");
  setSafetyHeaders(c);
  if (c.req.header("If-None-Match") === tag) return c.body(null, 304);
  c.header("Content-Type", type);
  return c.body(body);
}

export function setSafetyHeaders(c: Context): void {
  c.header("X-Content-Type-Options", "nosniff");
  c.header("Referrer-Policy", "no-referrer");
  c.header("Cross-Origin-Resource-Policy", "same-origin");
}

/** Allows the scripts of this server, and of inline scripts only the import map, by its hash. */
function policyOf(page: string): string {
  const [, importMap = ""] = /<script type="importmap">([^]*?)<\/script>/.exec(page) ?? [];
  const hash = createHash("sha256").update(importMap).digest("base64");
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${hash}'`,
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
