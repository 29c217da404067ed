import type { Analyzer } from "../../src/lexical/analyzer.ts";

/** Terms are what stands between spaces: tests say what they mean. */
export const whitespace: Analyzer = Object.freeze({
  name: "whitespace",
  analyze: (text: string) => text.split(" ").filter((term) => term !== ""),
});
