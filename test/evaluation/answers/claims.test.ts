import { describe, expect, test } from "vitest";
import { claimsOf } from "../../../src/evaluation/answers/claims.ts";
import { readVerdict } from "../../../src/evaluation/answers/read-verdict.ts";
import { recorded } from "./recorded.ts";

/** The claims of an answer with their citations, as `text [numbers]`. */
function claims(answer: string): string[] {
  const documents = ["a", "b", "c"];
  return claimsOf(recorded(answer, documents)).map(
    ({ text, cited }) => `${text} <${cited.join()}>`,
  );
}

describe("the claims of an answer", () => {
  test("are its sentences, with the passages that each cites", () => {
    expect(
      claims("It trains two matrices [1][2]. The base is frozen. That saves memory [3]."),
    ).toEqual([
      "It trains two matrices. <1,2>",
      "The base is frozen. <>",
      "That saves memory. <3>",
    ]);
  });

  test("have the markers after their full stop", () => {
    expect(claims("It trains two matrices. [1] [2] The base is frozen.[3]")).toEqual([
      "It trains two matrices. <1,2>",
      "The base is frozen. <3>",
    ]);
  });

  test("have markers on a line of their own, but not those at the beginning of the next line", () => {
    expect(claims("It trains two matrices.\n[1]")).toEqual(["It trains two matrices. <1>"]);
    expect(claims("- It trains two matrices.\n- [2] describes the rank.")).toEqual([
      "- It trains two matrices. <>",
      "- describes the rank. <2>",
    ]);
  });

  test("begin with the first sentence, even if its marker comes first", () => {
    expect(claims("[1] It trains two matrices.")).toEqual(["It trains two matrices. <1>"]);
    expect(claims("[1]")).toEqual([]);
  });

  test("name each passage once", () => {
    expect(claims("It [2] trains [1] two [2].")).toEqual(["It trains two. <2,1>"]);
  });

  test("have their offsets in the answer", () => {
    const answer = "# LoRA [1]\n\nIt is small [1].  It is fast.";
    const found = claimsOf(recorded(answer, ["a"]));
    expect(found.map(({ start, end }) => answer.slice(start, end))).toEqual([
      "It is small [1].",
      "It is fast.",
    ]);
  });
});

describe("a verdict", () => {
  test.each([
    ["supported", "supported"],
    ["Unsupported.", "unsupported"],
    ["**SUPPORTED**\n", "supported"],
    ["Verdict: not supported", "unsupported"],
    ['{"verdict": "unsupported"}', "unsupported"],
    ["```\nsupported\n```", "supported"],
  ])("is read from %j", (reply, verdict) => {
    expect(readVerdict(reply)).toBe(verdict);
  });

  test.each([
    "",
    "yes",
    "supported, partly",
    "supported unsupported",
    "It is supported",
    "partially supported",
    "unsupportedsupported",
    "supported\nunsupported",
    "isn't supported",
    "un supported",
  ])("is not guessed from %j", (reply) => {
    expect(readVerdict(reply)).toBeUndefined();
  });
});
