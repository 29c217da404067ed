import { expect, test } from "vitest";
import * as evaluation from "../src/evaluation/index.ts";
import * as fusion from "../src/fusion/index.ts";
import * as everything from "../src/index.ts";
import * as lexical from "../src/lexical/index.ts";
import * as server from "../src/server/index.ts";
import { takers } from "./option-takers.ts";

test.each(Object.entries(takers))(
  "%s refuses an option that it does not know",
  async (_name, [required, give]) => {
    await expect(async () => give({ ...required, unheardOf: 1 })).rejects.toMatchObject({
      name: "RetrievalError",
      code: "invalid-option",
      message: expect.stringContaining("got `unheardOf`"),
    });
  },
);

test.each(Object.entries(takers))(
  "%s refuses a promise in the place of options, and null",
  async (_name, [required, give]) => {
    await expect(async () => give(Promise.resolve(required))).rejects.toMatchObject({
      name: "RetrievalError",
      message: expect.stringContaining("got a Promise; await it first"),
    });
    // oxlint-disable-next-line unicorn/no-null -- what JSON gives
    await expect(async () => give(null)).rejects.toMatchObject({ name: "RetrievalError" });
  },
);

/** What takes no options beyond its arguments. */
const without = [
  "CancellableCompressor",
  "CorpusSource",
  "RetrievalError",
  "createAnswerChain",
  "judged",
  "judgementsFrom",
  "nDCG",
  "parseMeasure",
  "readBaseline",
  "readCalibration",
  "readConfiguration",
  "readFusion",
  "runFrom",
  "writeConfiguration",
  "writeFusion",
];

test.each(Object.entries({ everything, lexical, fusion, evaluation, server }))(
  "all that %s exports is known here",
  (_name, exported) => {
    const functions = Object.entries(exported).filter(([, value]) => typeof value === "function");
    const known = new Set([...Object.keys(takers), ...without]);
    expect(functions.map(([name]) => name).filter((name) => !known.has(name))).toEqual([]);
  },
);
