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
  const told = news.status === "failed" ? { ...news, reason: news.reason.slice(0, 600) } : news;
  return `${JSON.stringify(told)}\n`;
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

/** Longer than any line of either side. */
const longestLine = 4096;

/**
 * Calls `onLine` for each whole line of a stream of text, and `onOverlong` instead where one is over 4096
 * characters: whoever sends that is no part of this, and keeping it would fill the memory.
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
