import { describe, expect, test } from "vitest";
import { judgementsFrom, runFrom } from "../../../src/evaluation/data/plain-objects.ts";
import { deepFreeze } from "../../deep-freeze.ts";

const refusal = (message: string) => expect.objectContaining({ code: "invalid-input", message });

describe("runFrom", () => {
  test("takes scores by id, best first, and rankings, which get scores that fall", () => {
    const run = runFrom(
      deepFreeze(JSON.parse('{"q2":{"7":1,"d1":2.5,"__proto__":2},"__proto__":["b","a"],"q1":[]}')),
    );
    expect([...run]).toEqual([
      [
        "q2",
        [
          { id: "d1", score: 2.5 },
          { id: "__proto__", score: 2 },
          { id: "7", score: 1 },
        ],
      ],
      [
        "__proto__",
        [
          { id: "b", score: 2 },
          { id: "a", score: 1 },
        ],
      ],
      ["q1", []],
    ]);
  });

  test.each([
    ['{"q":{"d":"2"}}', 'Expected the score of "d" for query "q" to be a finite number, got "2".'],
    [
      '{"q":{"d":null}}',
      'Expected the score of "d" for query "q" to be a finite number, got null.',
    ],
    ['{"q":["d","e","d"]}', 'Expected each document once, got "d" twice for query "q".'],
    ['{"q":["d",{"id":"e"}]}', "Expected `q[1]` to be a string, got an object."],
    ['{"q":"d"}', 'Expected ids, best first, or scores by id for query "q", got "d".'],
    ['{"q":null}', 'Expected ids, best first, or scores by id for query "q", got null.'],
  ])("refuses %s", (json, message) => {
    expect(() => runFrom(JSON.parse(json))).toThrow(refusal(message));
  });
});

describe("judgementsFrom", () => {
  test("takes grades by id, by query", () => {
    const judgements = judgementsFrom(deepFreeze({ q1: { d1: 2, d2: 0 }, q2: {} }));
    expect(judgements).toEqual(
      new Map([
        [
          "q1",
          new Map([
            ["d1", 2],
            ["d2", 0],
          ]),
        ],
        ["q2", new Map()],
      ]),
    );
  });

  test.each([
    [
      '{"q":{"d":true}}',
      'Expected the grade of "d" for query "q" to be a finite number, got true.',
    ],
    ['{"q":["d"]}', 'Expected grades by id for query "q", got an array.'],
    ['{"q":2}', 'Expected grades by id for query "q", got 2.'],
    ['[{"d":1}]', "Expected an object of grades by query, got an array."],
  ])("refuses %s", (json, message) => {
    expect(() => judgementsFrom(JSON.parse(json))).toThrow(refusal(message));
  });
});
