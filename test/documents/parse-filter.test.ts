import * as fc from "fast-check";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import type { MetadataFilter } from "../../src/documents/metadata-filter.ts";
import { metadataPredicate } from "../../src/documents/metadata-predicate.ts";
import { parseFilter, refuseFilter, requireFilter } from "../../src/documents/parse-filter.ts";
import { RetrievalError } from "../../src/errors.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { anyFilter, wrongFilters } from "./generated-filters.ts";

describe("parseFilter", () => {
  test("takes undefined and {} for no filter", () => {
    expect(parseFilter(undefined)).toBeUndefined();
    expect(parseFilter({})).toBeUndefined();
  });

  test("gives conditions that must all hold, and those of which one must", () => {
    expect(
      parseFilter(deepFreeze({ a: "x", $or: [{ b: { $gt: 1, $lt: 3 } }, { c: true }] })),
    ).toEqual({
      all: [
        { field: "a", operator: "$eq", operand: "x" },
        {
          any: [
            {
              all: [
                { field: "b", operator: "$gt", operand: 1 },
                { field: "b", operator: "$lt", operand: 3 },
              ],
            },
            { field: "c", operator: "$eq", operand: true },
          ],
        },
      ],
    });
  });

  test.each(wrongFilters)("refuses %s", (_name, wrong) => {
    expect(() => parseFilter(wrong)).toThrow(
      expect.objectContaining({
        code: "invalid-input",
        message: expect.stringMatching(/^Invalid filter(?: at `.*`)?: expected .+, got .+\.$/s),
      }),
    );
  });

  test.each<[unknown, string]>([
    [
      { year: { $gte: "2024" } },
      "Invalid filter at `year.$gte`: expected a number, got a string; store dates as numbers.",
    ],
    [
      Promise.resolve({}),
      'Invalid filter: expected a plain object such as { tenant: "a" }, got a Promise; await it first.',
    ],
    [
      { $or: [{ tenant: "a" }, []] },
      'Invalid filter at `$or[1]`: expected a plain object such as { tenant: "a" }, got an array.',
    ],
    [
      { year: { $eq: 1n } },
      "Invalid filter at `year.$eq`: expected a string, number or boolean, got a bigint.",
    ],
    [
      { tenant: ["a"] },
      "Invalid filter at `tenant`: expected a string, number or boolean, or a comparison such as { $gte: 2024 }, got an array; use $in to match one of several values.",
    ],
    [
      { $and: [{ x: { $in: [1, null] } }] },
      "Invalid filter at `$and[0].x.$in[1]`: expected a string, number or boolean, got null.",
    ],
  ])("refuses a filter of case %# with %2$s", (wrong, message) => {
    expect(() => parseFilter(wrong)).toThrow(message);
  });

  test("takes plain objects without a prototype, of another realm and behind a proxy", () => {
    const expected = { field: "a", operator: "$eq", operand: 1 };
    const bare: unknown = Object.assign(Object.create(null), { a: 1 });
    for (const filter of [bare, runInNewContext("({ a: 1 })"), new Proxy({ a: 1 }, {})]) {
      expect(parseFilter(filter)).toEqual(expected);
    }
  });

  test("reads 32 levels, and refuses more and what contains itself", () => {
    const nested = (levels: number): MetadataFilter =>
      levels === 0 ? { a: 1 } : { $or: [nested(levels - 1), { b: levels }] };
    expect(parseFilter(nested(32))).toBeDefined();
    expect(() => parseFilter(nested(33))).toThrow("expected at most 32 levels");
    const parts: unknown[] = [{ a: 1 }];
    parts.push({ $and: parts });
    expect(() => parseFilter({ $or: parts })).toThrow("expected at most 32 levels");
  });
});

describe("requireFilter", () => {
  test("gives an equal filter that later changes of the given one do not reach", () => {
    const given = { tenant: "a", year: { $in: [1, 2] } };
    const kept = requireFilter(given);
    given.tenant = "b";
    given.year.$in.push(3);
    expect(kept).toEqual({ tenant: "a", year: { $in: [1, 2] } });
  });

  test("gives what is read as the same conditions", () => {
    fc.assert(
      fc.property(anyFilter, (filter) => {
        const [copied, read] = [requireFilter(filter), filter].map(parseFilter);
        expect(JSON.stringify(copied)).toBe(JSON.stringify(read));
      }),
    );
  });
});

test("refuseFilter refuses a filter that would be ignored, whatever it is, and nothing else", () => {
  for (const filter of [{ tenant: "a" }, {}, null, false]) {
    expect(() => refuseFilter({ filter })).toThrow(
      expect.objectContaining({ code: "invalid-option" }),
    );
  }
  for (const options of [undefined, {}, { filter: undefined }, { tags: ["a"] }]) {
    expect(() => refuseFilter(options)).not.toThrow();
  }
});

const changing = (...answers: readonly string[][]) => {
  let asked = 0;
  return new Proxy(
    { tenant: "a" },
    { ownKeys: () => answers[Math.min(asked++, answers.length - 1)] ?? [] },
  );
};

const throwing = (trap: "getPrototypeOf" | "ownKeys") =>
  new Proxy(
    {},
    {
      [trap]: () => {
        throw new Error("no");
      },
    },
  );

describe("a filter is read once", () => {
  class LyingArray extends Array<string> {
    toJSON(): string[] {
      return ["a", "b", "c"];
    }
  }
  const disguised = Object.create(
    Object.assign(Object.create(null), { isPrototypeOf: 1, toJSON: () => ({}) }),
  );

  test.each([
    ["a proxy with a toJSON", new Proxy({ tenant: "a" }, { get: () => () => ({}) })],
    ["a proxy that shows no values", new Proxy({ tenant: "a" }, { get: () => undefined })],
    ["a proxy whose keys change", changing(["tenant"], [])],
    ["a disguised prototype", Object.assign(disguised, { tenant: "a" })],
    ["an array with a toJSON", { tenant: { $in: Object.assign(["a"], { toJSON: () => ["b"] }) } }],
    ["an array of another class", { tenant: { $in: LyingArray.from(["a"]) } }],
    ["parts with a toJSON", { $and: Object.assign([{ tenant: "a" }], { toJSON: () => [] }) }],
  ])("%s: its copy is what was checked", (_name, filter) => {
    const copy = requireFilter(filter);
    expect(metadataPredicate(parseFilter(copy) ?? { all: [] })({ tenant: "a" })).toBe(true);
    expect(metadataPredicate(parseFilter(copy) ?? { all: [] })({ tenant: "b" })).toBe(false);
    expect(JSON.stringify(copy)).toMatch(/^\{"(?:tenant|\$and)":.*"a"/);
  });

  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const sparse: number[] = [];
  sparse.length = 100_000_000;
  const doubled = Array.from({ length: 24 }).reduce<object>((inner) => ({ $or: [inner, inner] }), {
    n: 1,
  });
  const getter = Object.defineProperty(["a"], 0, { get: () => "b", enumerable: true });
  const unnamed: object = Object.create({ constructor: Object.assign(() => undefined, {}) });
  Object.defineProperty(Reflect.get(unnamed, "constructor"), "name", { value: Symbol("x") });

  test.each([
    ["a revoked proxy", revoked, "an object that cannot be read"],
    ["a revoked proxy inside", { tenant: { $in: [revoked] } }, "an object that cannot be read"],
    ["a proxy that throws", throwing("ownKeys"), "an object that cannot be read"],
    [
      "a proxy without a prototype to show",
      throwing("getPrototypeOf"),
      "an object that cannot be read",
    ],
    ["an array of a hundred million holes", { n: { $in: sparse } }, "more"],
    ["sixteen million conditions", doubled, "more"],
    ["a getter in an array", { tenant: { $in: getter } }, "a getter"],
    [
      "an object of a class whose name is not a string",
      { tenant: unnamed },
      "an object that inherits properties",
    ],
  ])("%s is refused at once", (_name, filter, got) => {
    expect(() => parseFilter(filter)).toThrow(RetrievalError);
    expect(() => parseFilter(filter)).toThrow(`got ${got}`);
  });
});
