/**
 * Messages of a keeper to its users, one line of JSON each: first that the server is starting, then the result.
 */
export type KeeperNews =
  | { readonly status: "starting" }
  | { readonly status: "ready"; readonly url: string }
  | { readonly status: "failed"; readonly reason: string };

/** Message of a keeper to the process that started it: it accepts users, or another keeper has the folder. */
export type KeeperWord = "listening" | "busy";

/** Message of a user that disconnects on purpose. */
export const farewell = "bye";

export function writeNews(news: KeeperNews): string {
  const told = news.status === "failed" ? { ...news, reason: news.reason.slice(0, 600) } : news;
  return `${JSON.stringify(told)}\n`;
}

/** Parses one line; `undefined` if the sender is not a keeper. */
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

/** Longer than any line of either side. */
const longestLine = 4096;

/**
 * Calls `onLine` for each complete line of a stream, or `onOverlong` for a line of more than 4096 characters:
 * its sender does not speak this protocol, and buffering it would fill the memory.
 */
export function byLine(
  onLine: (line: string) => void,
  onOverlong: () => void,
): (chunk: string) => void {
  let rest = "";
  let isOverlong = false;
  return (chunk) => {
    if (isOverlong) return;
    const lines = (rest + chunk).split("\n");
    isOverlong = lines.some(({ length }) => length > longestLine);
    if (isOverlong) {
      rest = "";
      return onOverlong();
    }
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  };
}
