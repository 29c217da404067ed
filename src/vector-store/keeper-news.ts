/** What a keeper tells its users, one line of JSON each: first that it starts, then how that ended. */
export type KeeperNews =
  | { readonly status: "starting" }
  | { readonly status: "ready"; readonly url: string }
  | { readonly status: "failed"; readonly reason: string };

/** What a keeper tells the process that started it: join me, or join the one that came first. */
export type KeeperWord = "listening" | "busy";

/** What a user says when it leaves on purpose. */
export const farewell = "bye";

export function writeNews(news: KeeperNews): string {
  return `${JSON.stringify(news)}\n`;
}

/** Reads one line; `undefined` where it comes from something that is no keeper. */
export function readNews(line: string): KeeperNews | undefined {
  try {
    const news: unknown = JSON.parse(line);
    if (typeof news !== "object" || news === null || !("status" in news)) return undefined;
    if (news.status === "starting") return { status: "starting" };
    if (news.status === "ready" && "url" in news && typeof news.url === "string") {
      return { status: "ready", url: news.url };
    }
    if (news.status === "failed" && "reason" in news && typeof news.reason === "string") {
      return { status: "failed", reason: news.reason };
    }
    return undefined;
  } catch {
    return undefined;
  }
}

/** Calls `onLine` for each whole line of a stream of text. */
export function byLine(onLine: (line: string) => void): (chunk: string) => void {
  let rest = "";
  return (chunk) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}
