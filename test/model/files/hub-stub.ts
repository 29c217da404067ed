import { createHash } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";

/** What goes wrong with a request. */
export type Fault =
  | { readonly status: number; readonly retryAfter?: string }
  /** The connection ends after so many bytes of the body; a HEAD is not answered at all. */
  | { readonly cutAfter: number }
  /** The answer ends after so many bytes, as if they were all. */
  | { readonly endAfter: number }
  /** Nothing comes after so many bytes of the body, and the connection stays; nothing at all to a HEAD. */
  | { readonly stallAfter: number };

/** A file of a repository, and what the hub says of it where that is not the truth. */
export interface StubFile {
  readonly bytes: Uint8Array;
  /** In place of its hash; "" for none. */
  readonly etag?: string | undefined;
  readonly hidesLength?: boolean;
  /** Told to a HEAD in place of its length. */
  readonly announcedBytes?: number;
  readonly ignoresRange?: boolean;
}

export interface SeenRequest {
  readonly host: "hub" | "storage";
  readonly method: string;
  /** Path inside the repository. */
  readonly file: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** The only commit of every repository. */
export const stubCommit = "0123456789abcdef0123456789abcdef01234567";

/**
 * A Hugging Face hub on this machine. As the real one it redirects small files to a pinned address of
 * its own, and ONNX files to a storage host of another origin, having told their size and SHA-256.
 */
export class HubStub {
  readonly requests: SeenRequest[] = [];
  readonly #hub: Server;
  readonly #storage: Server;
  readonly #files = new Map<string, StubFile>();
  readonly #names = new Map<string, string>();
  readonly #stalled: ServerResponse[] = [];
  #commit: string | undefined = stubCommit;
  #redirect: string | undefined;
  readonly #faults: { method: string; file: string; fault: Fault; times: number }[] = [];

  private constructor() {
    this.#hub = createServer((request, response) => this.#answer(request, response));
    this.#storage = createServer((request, response) => this.#store(request, response));
  }

  static async start(): Promise<HubStub> {
    const stub = new HubStub();
    for (const server of [stub.#hub, stub.#storage]) {
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
    }
    return stub;
  }

  get url(): string {
    return addressOf(this.#hub);
  }

  /** The files of a folder as a repository. */
  addFolder(repository: string, folder: string): void {
    for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      const place = join(folder, path);
      if (statSync(place).isFile()) this.add(repository, path, { bytes: readFileSync(place) });
    }
  }

  add(repository: string, path: string, file: StubFile): void {
    this.#files.set(`${repository}/${path}`, file);
  }

  remove(repository: string, path: string): void {
    this.#files.delete(`${repository}/${path}`);
  }

  /** Requests for `from` are led to `to`, as for a renamed repository. */
  rename(from: string, to: string): void {
    this.#names.set(from, to);
  }

  /** Names another commit than its own in every answer, or none. */
  nameCommit(commit: string | undefined): void {
    this.#commit = commit;
  }

  /** Redirects every request for a small file to this location. */
  redirectTo(location: string): void {
    this.#redirect = location;
  }

  /** Lets requests for a file go wrong, the next `times` of them. */
  fail(method: string, file: string, fault: Fault, times = 1): void {
    this.#faults.push({ method, file, fault, times });
  }

  /** From now on all goes well; whoever waits for a stalled answer sees it cut. */
  recover(): void {
    this.#faults.length = 0;
    for (const response of this.#stalled.splice(0)) response.destroy();
  }

  /** As it was when it was started. */
  reset(): void {
    this.recover();
    this.requests.length = 0;
    this.#files.clear();
    this.#names.clear();
    this.#commit = stubCommit;
    this.#redirect = undefined;
  }

  close(): void {
    for (const server of [this.#hub, this.#storage]) {
      server.close();
      server.closeAllConnections();
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const pinned = /^\/api\/resolve-cache\/models\/([^/]+\/[^/]+)\/([^/]+)\/([^?]+)/;
    const { url = "" } = request;
    const isPinned = pinned.test(url);
    const [, repository = "", revision = "", file = ""] =
      pinned.exec(url) ?? /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/([^?]+)/.exec(url) ?? [];
    this.#note("hub", request, file);
    const renamed = this.#names.get(repository);
    if (renamed !== undefined) {
      redirect(response, 307, url.replace(repository, renamed), {});
      return;
    }
    const isKnown = [...this.#files.keys()].some((path) => path.startsWith(`${repository}/`));
    const found = this.#files.get(`${repository}/${decodeURIComponent(file)}`);
    const fault = this.#faultOf(request, file, (each) => "status" in each);
    if (fault !== undefined && "status" in fault) {
      const { status, retryAfter } = fault;
      response.writeHead(status, retryAfter === undefined ? {} : { "retry-after": retryAfter });
      response.end();
    } else if (!isKnown) {
      // What does not exist looks like what is private.
      response.writeHead(401, { "x-error-message": "Invalid username or password." }).end();
    } else if (!found || !["main", stubCommit].includes(revision)) {
      response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
    } else if (isLarge(file)) {
      redirect(response, 302, `${addressOf(this.#storage)}/${repository}/${file}?signature=1`, {
        ...this.#commitHeader,
        "x-linked-size": String(found.bytes.length),
        "x-linked-etag": quoted(found.etag ?? sha256(found.bytes)),
      });
    } else if (isPinned) {
      this.#send(request, response, file, found);
    } else {
      const target = `/api/resolve-cache/models/${repository}/${stubCommit}/${file}`;
      redirect(response, 307, this.#redirect ?? target, this.#commitHeader);
    }
  }

  #store(request: IncomingMessage, response: ServerResponse): void {
    const [, repository = "", file = ""] =
      /^\/([^/]+\/[^/]+)\/([^?]+)/.exec(request.url ?? "") ?? [];
    this.#note("storage", request, file);
    const found = this.#files.get(`${repository}/${file}`);
    // An address is signed for GET alone, and its hash is the storage's own.
    if (found && request.method === "GET")
      this.#send(request, response, file, { ...found, etag: "s-1" });
    else response.writeHead(403).end();
  }

  #send(
    request: IncomingMessage,
    response: ServerResponse,
    file: string,
    {
      bytes,
      etag = gitBlobHash(bytes),
      hidesLength = false,
      ignoresRange = false,
      announcedBytes,
    }: StubFile,
  ): void {
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? "") ?? [];
    const start = ignoresRange ? 0 : Number(from ?? 0);
    if (start > 0 && start >= bytes.length) {
      response.writeHead(416).end();
      return;
    }
    const body = bytes.subarray(start);
    const fault = this.#faultOf(request, file, (each) => !("status" in each));
    if (fault && "stallAfter" in fault) this.#stalled.push(response);
    if (fault && request.method === "HEAD") {
      if ("cutAfter" in fault) response.destroy();
      return;
    }
    if (fault && "endAfter" in fault) {
      response.write(body.subarray(0, fault.endAfter));
      response.end();
      return;
    }
    response.writeHead(start > 0 ? 206 : 200, {
      ...this.#commitHeader,
      etag: quoted(etag),
      ...(hidesLength ? {} : { "content-length": body.length }),
      ...(announcedBytes !== undefined && request.method === "HEAD"
        ? { "content-length": announcedBytes }
        : {}),
      ...(start > 0
        ? { "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}` }
        : {}),
    });
    if (fault === undefined) {
      response.end(body);
    } else if ("cutAfter" in fault) {
      // What was sent before is on its way when the connection ends.
      response.write(body.subarray(0, fault.cutAfter));
      setTimeout(() => response.socket?.destroy(), 20);
    } else if ("stallAfter" in fault) {
      response.write(body.subarray(0, fault.stallAfter));
    }
  }

  get #commitHeader(): Readonly<Record<string, string>> {
    return this.#commit === undefined ? {} : { "x-repo-commit": this.#commit };
  }

  #note(host: SeenRequest["host"], { method = "", headers }: IncomingMessage, file: string): void {
    const { range, authorization } = headers;
    this.requests.push({ host, method, file, range, authorization });
  }

  #faultOf(
    { method }: IncomingMessage,
    file: string,
    fits: (fault: Fault) => boolean,
  ): Fault | undefined {
    const planned = this.#faults.find(
      (each) => each.method === method && each.file === file && each.times > 0 && fits(each.fault),
    );
    if (planned) planned.times -= 1;
    return planned?.fault;
  }
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

function gitBlobHash(bytes: Uint8Array): string {
  return createHash("sha1").update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function isLarge(file: string): boolean {
  return file.endsWith(".onnx") || file.endsWith(".onnx_data");
}

function quoted(etag: string): string {
  return etag === "" ? "" : `"${etag}"`;
}

function redirect(
  response: ServerResponse,
  status: number,
  location: string,
  headers: Readonly<Record<string, string>>,
): void {
  response.writeHead(status, { ...headers, location, "content-type": "text/plain" });
  response.end(`Redirecting to ${location}`);
}

function addressOf(server: Server): string {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The stub does not listen.");
  return `http://127.0.0.1:${address.port}`;
}
