import { describe, expect, test } from "vitest";
import { diagnose } from "../../../src/evaluation/diagnosis/diagnose.ts";
import type { DiagnosisOptions } from "../../../src/evaluation/diagnosis/diagnosis-case.ts";
import type { Finding, FindingCode } from "../../../src/evaluation/diagnosis/finding.ts";
import type { ExperimentResult } from "../../../src/evaluation/experiment/experiment-result.ts";
import { plantedExperiment, timesOf } from "../planted-experiment.ts";
import { plantedSweep } from "../planted-sweep.ts";

type Places = Parameters<typeof plantedExperiment>[0]["places"];

const named = { baseline: "dense", challenger: "reranked" };

/** The ranks of these pairs over and over, until there are `questions` of them. */
function repeated(pairs: Places, questions: number): Places {
  return Array.from({ length: questions }, (_slot, index) => pairs[index % pairs.length] ?? [1, 1]);
}

function findingOf(
  code: FindingCode,
  experiment: ExperimentResult,
  options: Partial<DiagnosisOptions> = {},
): Finding | undefined {
  return diagnose(experiment, { ...named, ...options }).find((finding) => finding.code === code);
}

/** The first questions of 60 are of the kind `exact`, the others of `plain`. */
function kindsOf(exact: number): Map<string, string> {
  return new Map(healthyIds.map((id, index) => [id, index < exact ? "exact" : "plain"]));
}

/** Forty tokens lost at one rank of each list. */
function lostAt(cut: number): (place: number) => number {
  return (place) => (place === cut ? 40 : 0);
}

/** A clear gain with room that is used: no rule has a word on it. */
const healthy = plantedExperiment({
  places: repeated(
    [
      [3, 1],
      [2, 1],
      [1, 1],
    ],
    60,
  ),
});

const healthyIds = [...healthy.queries.keys()];

describe("diagnose", () => {
  test("finds nothing wrong if nothing is, and says so with the figures", () => {
    const [finding, ...others] = diagnose(healthy, {
      ...named,
      kinds: new Map(healthyIds.map((id) => [id, "plain"])),
      latencyBudgetMs: 100,
      sweep: plantedSweep({
        points: [
          [0, 0.7, 5],
          [50, 0.9, 50],
          [100, 1, 90],
        ],
        run: healthy.systems[0]?.run ?? new Map(),
      }),
    });
    expect(others).toEqual([]);
    expect(finding?.code).toBe("nothing-wrong");
    expect(finding?.message).toMatch(
      /nDCG@10 changes by \+0\.\d{3} from dense to reranked on 60 questions/,
    );
  });

  test("puts errors before warnings before notes", () => {
    const places = repeated(
      [
        [1, undefined],
        [1, 2],
        [undefined, undefined],
      ],
      30,
    );
    const findings = diagnose(plantedExperiment({ places, isSynthetic: true }), named);
    expect(findings.map(({ severity }) => severity)).toEqual(["error", "warning", "info"]);
    expect(findings.map(({ code }) => code)).toEqual([
      "harm",
      "first-stage-recall",
      "synthetic-questions",
    ]);
  });

  test("gives the same findings again, and every figure in them is a finite number", () => {
    const places = repeated(
      [
        [1, 2],
        [2, 2],
      ],
      20,
    );
    const findings = diagnose(plantedExperiment({ places }), named);
    expect(diagnose(plantedExperiment({ places }), named)).toEqual(findings);
    const figures = findings.flatMap((finding) => Object.values(finding.figures));
    expect(figures.every((figure) => Number.isFinite(figure))).toBe(true);
  });

  test.each([
    [
      { baseline: "sparse", challenger: "reranked" },
      'Expected `baseline` to be one of "dense", "reranked", got "sparse".',
    ],
    [
      { baseline: "dense", challenger: "other" },
      'Expected `challenger` to be one of "dense", "reranked", got "other".',
    ],
    [
      { baseline: "dense", challenger: "dense" },
      'Expected two different systems to compare, got "dense" as both',
    ],
    [{ ...named, latencyBudgetMs: 0 }, "Expected `latencyBudgetMs` to be a number"],
    [{ ...named, latencyBudgetMs: Number.NaN }, "Expected `latencyBudgetMs` to be a number"],
  ])("refuses %j, and says what it expected", (options, message) => {
    expect(() => diagnose(healthy, options)).toThrow(message);
  });
});

describe("first-stage-recall", () => {
  test("fires if more than a fifth of the relevant documents reach no candidate list", () => {
    const places = repeated(
      [
        [undefined, undefined],
        [2, 1],
        [3, 1],
      ],
      60,
    );
    const finding = findingOf("first-stage-recall", plantedExperiment({ places }));
    expect(finding?.figures["recall"]).toBeCloseTo(2 / 3, 12);
    expect(finding?.message).toContain(
      "finds 67 % of the relevant documents among up to 11 candidates",
    );
  });

  test("is silent if just four fifths are found", () => {
    const places = repeated(
      [
        [undefined, undefined],
        [2, 1],
        [3, 1],
        [1, 1],
        [2, 1],
      ],
      60,
    );
    expect(findingOf("first-stage-recall", plantedExperiment({ places }))).toBeUndefined();
  });

  test("is silent if the challenger kept few candidates and the others hold the rest", () => {
    const places = repeated(
      [
        [7, undefined],
        [2, 1],
        [3, 1],
      ],
      60,
    );
    expect(findingOf("first-stage-recall", plantedExperiment({ places }))).toBeUndefined();
  });

  test("takes the sweep's first stage for the candidates if there is a sweep", () => {
    const sweep = plantedSweep({
      points: [
        [0, 0.5, 5],
        [50, 0.9, 50],
      ],
      run: new Map([["q0", [{ id: "other", score: 1 }]]]),
    });
    expect(findingOf("first-stage-recall", healthy, { sweep })?.figures["recall"]).toBe(0);
  });

  test("ignores failed queries, which say nothing about the candidates", () => {
    const failures = new Map([["q0", "server gone"]]);
    const places: Places = [
      [undefined, undefined],
      [2, 1],
      [3, 1],
    ];
    expect(
      findingOf("first-stage-recall", plantedExperiment({ places, failures })),
    ).toBeUndefined();
  });
});

describe("a gain under 3 %", () => {
  test("is little room if the first stage already has nearly the best order", () => {
    const places = repeated(
      [
        [1, 1],
        [1, 1],
        [1, 1],
        [1, 1],
        [2, 2],
      ],
      60,
    );
    const findings = diagnose(plantedExperiment({ places }), named).map(({ code }) => code);
    expect(findings).toEqual(["little-room"]);
  });

  test("is unused room if the best order of the same candidates would gain more", () => {
    const finding = findingOf(
      "unused-room",
      plantedExperiment({
        places: repeated(
          [
            [3, 3],
            [2, 2],
          ],
          60,
        ),
      }),
    );
    expect(finding?.figures).toMatchObject({ gain: 0, oracle: 1 });
    expect(finding?.message).toContain("best order would reach 1.000, so a gain is possible");
    expect(
      findingOf("little-room", plantedExperiment({ places: repeated([[3, 3]], 9) })),
    ).toBeUndefined();
  });

  test("is left unexplained if neither a sweep nor a known measure shows the room", () => {
    const places = repeated([[3, 3]], 9);
    expect(findingOf("small-gain", plantedExperiment({ places, measure: "MAP" }))).toMatchObject({
      code: "small-gain",
    });
    const sweep = plantedSweep({
      points: [
        [0, 0.5, 5],
        [50, 0.5, 9],
      ],
      measure: "MAP",
      oracle: 0.9,
    });
    const experiment = plantedExperiment({ places, measure: "MAP" });
    expect(findingOf("unused-room", experiment, { sweep })?.figures["oracle"]).toBe(0.9);
  });

  test("is silent at a gain of 4 %", () => {
    // Of 20 questions two move from rank 2 to rank 1: 2 * 0.369 / (20 * 0.926) = 4 %.
    const places: Places = [
      ...repeated([[2, 1]], 2),
      ...repeated([[2, 2]], 2),
      ...repeated([[1, 1]], 16),
    ];
    const codes = diagnose(plantedExperiment({ places }), named).map(({ code }) => code);
    expect(codes).not.toContain("little-room");
    expect(codes).not.toContain("unused-room");
  });

  test("is silent if the baseline found nothing and the challenger does", () => {
    const codes = diagnose(plantedExperiment({ places: repeated([[undefined, 1]], 9) }), named).map(
      ({ code }) => code,
    );
    expect(codes).toEqual(["nothing-wrong"]);
  });
});

describe("harm", () => {
  test("fires if the challenger is significantly worse, without the rule of small gains", () => {
    const experiment = plantedExperiment({
      places: repeated(
        [
          [1, 2],
          [1, 1],
        ],
        30,
      ),
    });
    const finding = findingOf("harm", experiment);
    expect(finding?.severity).toBe("error");
    expect(finding?.message).toContain("better on 0 and worse on 15 questions");
    expect(findingOf("unused-room", experiment)).toBeUndefined();
  });

  test("is silent if the same loss is on too few questions to be significant", () => {
    expect(
      findingOf(
        "harm",
        plantedExperiment({
          places: repeated(
            [
              [1, 2],
              [1, 1],
            ],
            8,
          ),
        }),
      ),
    ).toBeUndefined();
  });
});

describe("harm-on-kind", () => {
  test("fires for the kind that loses while all questions together win", () => {
    const places: Places = [...repeated([[1, 3]], 10), ...repeated([[4, 1]], 50)];
    const findings = diagnose(plantedExperiment({ places }), { ...named, kinds: kindsOf(10) });
    expect(findings.map(({ code }) => code)).toEqual(["harm-on-kind"]);
    expect(findings[0]?.message).toContain(
      "kind “exact”, reranked is worse than dense: nDCG@10 falls from 1.000 to 0.500 on 10 questions",
    );
  });

  test("is silent for a kind of 5 questions, which no test could tell from chance", () => {
    const places: Places = [...repeated([[1, 3]], 5), ...repeated([[4, 1]], 55)];
    expect(
      findingOf("harm-on-kind", plantedExperiment({ places }), { kinds: kindsOf(5) }),
    ).toBeUndefined();
  });

  test("does not correct for a kind of 5 questions", () => {
    const places: Places = [...repeated([[1, 3]], 6), ...repeated([[4, 1]], 5)];
    const experiment = plantedExperiment({ places });
    const kinds = new Map(places.map((_place, index) => [`q${index}`, index < 6 ? "lost" : "few"]));
    // 2 / 64; for two kinds it would be twice that.
    const { figures } = findingOf("harm-on-kind", experiment, { kinds }) ?? {};
    expect(figures?.["adjustedPValue"]).toBeCloseTo(2 / 64, 12);
  });

  test("corrects for the number of kinds: 6 losses are too few when two kinds are looked at", () => {
    const places: Places = [...repeated([[1, 3]], 6), ...repeated([[4, 1]], 54)];
    const experiment = plantedExperiment({ places });
    const alone = new Map([...kindsOf(6)].filter(([, kind]) => kind === "exact"));
    expect(findingOf("harm-on-kind", experiment, { kinds: alone })).toMatchObject({
      code: "harm-on-kind",
    });
    const even = new Map(
      [...kindsOf(6)].map(([id, kind], index) => [id, index < 36 ? kind : "other"]),
    );
    expect(
      findingOf("harm-on-kind", experiment, { kinds: even })?.figures["adjustedPValue"],
    ).toBeLessThanOrEqual(0.05);
    const idle = plantedExperiment({
      places: [...repeated([[1, 3]], 6), ...repeated([[1, 1]], 54)],
    });
    expect(findingOf("harm-on-kind", idle, { kinds: kindsOf(6) })).toBeUndefined();
  });
});

describe("truncation", () => {
  const places = repeated(
    [
      [3, 1],
      [2, 1],
    ],
    60,
  );

  test("fires if one passage in ten was cut off", () => {
    const finding = findingOf(
      "truncation",
      plantedExperiment({ places, truncatedTokens: lostAt(10) }),
    );
    expect(finding?.figures).toMatchObject({
      scored: 600,
      truncated: 60,
      share: 0.1,
      medianTokens: 40,
    });
  });

  test("is silent if one in twenty was", () => {
    const experiment = plantedExperiment({ places, truncatedTokens: lostAt(20), depth: 20 });
    expect(findingOf("truncation", experiment)).toBeUndefined();
  });
});

/** At the largest depth what one query gains the next one loses. */
function lostInTurn(query: number, depth: number): number {
  if (depth !== 100) return 0;
  return query % 2 === 0 ? 0.1 : -0.1;
}

/** Seven queries, each 0.02 better at 20 candidates than at every other depth. */
function peakAt20(depths: readonly number[]) {
  return plantedSweep({
    points: depths.map((depth) => [depth, depth === 20 ? 0.92 : 0.9, depth]),
    queries: 7,
    run: healthy.systems[0]?.run ?? new Map(),
  });
}

describe("depth-past-peak", () => {
  const run = healthy.systems[0]?.run ?? new Map();

  test("fires if quality peaks at half of the largest depth", () => {
    const sweep = plantedSweep({
      points: [
        [0, 0.7, 5],
        [25, 0.9, 30],
        [50, 0.92, 55],
        [100, 0.9, 105],
      ],
      run,
    });
    const finding = findingOf("depth-past-peak", healthy, { sweep });
    expect(finding?.message).toContain(
      "best with 50 candidates (0.920); with 100 it is 0.900 and a query takes 50 ms longer",
    );
    expect(finding?.remedy).toBe("Set candidateCount to 50.");
  });

  test("says how sure it is, with all depths looked at", () => {
    const sweep = plantedSweep({
      points: [
        [0, 0.7, 5],
        [25, 0.85, 30],
        [50, 0.92, 55],
        [100, 0.9, 105],
      ],
      // Five queries lose at the largest depth: alone, one time in sixteen by chance.
      queries: 5,
      run,
    });
    expect(findingOf("depth-past-peak", healthy, { sweep })).toBeUndefined();
    const more = plantedSweep({
      points: [
        [0, 0.7, 5],
        [50, 0.92, 55],
        [100, 0.9, 105],
      ],
      run,
    });
    const finding = findingOf("depth-past-peak", healthy, { sweep: more });
    expect(finding?.message).toContain("(adjusted p < 0.001). The additional candidates do harm.");
    expect(finding?.figures["adjustedPValue"]).toBeLessThan(0.001);
  });

  test("reports no peak that chance explains", () => {
    const points = [
      [0, 0.7, 5],
      [50, 0.92, 55],
      [100, 0.9, 105],
    ] as const;
    const sweep = plantedSweep({ points, deviation: lostInTurn, run });
    expect(findingOf("depth-past-peak", healthy, { sweep })).toBeUndefined();
    const certain = plantedSweep({ points, deviation: lostInTurn, queries: 400, run });
    expect(findingOf("depth-past-peak", healthy, { sweep: certain })).toMatchObject({
      code: "depth-past-peak",
    });
  });

  test("corrects for choosing the highest of several depths", () => {
    // Alone p = 2 / 128, of four depths 8 / 128.
    const depths = [0, 10, 20, 30, 100];
    expect(findingOf("depth-past-peak", healthy, { sweep: peakAt20([0, 20, 100]) })).toMatchObject({
      code: "depth-past-peak",
    });
    expect(findingOf("depth-past-peak", healthy, { sweep: peakAt20(depths) })).toBeUndefined();
  });

  test("is silent if the peak is just past half", () => {
    const sweep = plantedSweep({
      points: [
        [0, 0.7, 5],
        [51, 0.92, 55],
        [100, 0.9, 105],
      ],
      run,
    });
    expect(findingOf("depth-past-peak", healthy, { sweep })).toBeUndefined();
  });

  test("advises against the reranker if the first stage alone is best", () => {
    const sweep = plantedSweep({
      points: [
        [0, 0.95, 5],
        [25, 0.9, 30],
        [100, 0.8, 105],
      ],
      run,
    });
    expect(findingOf("depth-past-peak", healthy, { sweep })?.remedy).toContain(
      "Turn reranking off",
    );
  });
});

describe("latency-over-budget", () => {
  const slow = plantedExperiment({
    places: repeated(
      [
        [3, 1],
        [2, 1],
      ],
      60,
    ),
    latency: timesOf({ dense: 5, rerank: 395 }),
  });

  test("fires if the 95th percentile is over the budget, and names the slowest stage", () => {
    const finding = findingOf("latency-over-budget", slow, { latencyBudgetMs: 799 });
    expect(finding?.message).toContain(
      "is 800 ms with reranked; the budget is 799 ms. The slowest stage is rerank: on average, it takes 395 ms of 400 ms",
    );
  });

  test("is silent at exactly the budget", () => {
    expect(findingOf("latency-over-budget", slow, { latencyBudgetMs: 800 })).toBeUndefined();
  });

  test("names the best setting of the sweep that keeps the budget", () => {
    const sweep = plantedSweep({
      points: [
        [0, 0.7, 5],
        [20, 0.8, 90],
        [50, 0.9, 200],
        [100, 0.95, 400],
      ],
    });
    const { remedy } =
      findingOf("latency-over-budget", slow, { latencyBudgetMs: 300, sweep }) ?? {};
    expect(remedy).toBe("candidateCount 50 gives nDCG@10 0.900 with a p95 of 300 ms.");
  });
});

describe("too-few-questions", () => {
  const mixed: Places = [
    [3, 1],
    [1, 2],
    [2, 2],
    [2, 1],
    [1, 3],
  ];

  test("fires if a gain worth having could hide, and says how many would show it", () => {
    const finding = findingOf(
      "too-few-questions",
      plantedExperiment({ places: repeated(mixed, 15) }),
    );
    expect(finding?.figures["detectableDifference"]).toBeGreaterThan(
      finding?.figures["target"] ?? Infinity,
    );
    expect(finding?.figures["needed"]).toBeGreaterThan(15);
    expect(finding?.remedy).toMatch(/^Judge about [\d,]+ questions/);
  });

  test("is silent if there are enough questions of the same kind", () => {
    const { needed = 0 } =
      findingOf("too-few-questions", plantedExperiment({ places: repeated(mixed, 15) }))?.figures ??
      {};
    const enough = Math.ceil(needed / 5) * 5;
    expect(
      findingOf("too-few-questions", plantedExperiment({ places: repeated(mixed, enough) })),
    ).toBeUndefined();
  });

  test("is silent if a difference was found, even if tests mostly miss one of its size", () => {
    const places: Places = [
      ...repeated([[3, 1]], 10),
      ...repeated([[1, 3]], 2),
      ...repeated([[1, 1]], 10),
    ];
    const experiment = plantedExperiment({ places });
    expect(findingOf("too-few-questions", experiment)).toBeUndefined();
    const one = plantedExperiment({ places: [...places, [1, 3]] });
    expect(findingOf("too-few-questions", one)).toMatchObject({ code: "too-few-questions" });
  });

  test("is silent if a difference was found on few questions", () => {
    expect(
      findingOf(
        "too-few-questions",
        plantedExperiment({
          places: repeated(
            [
              [3, 1],
              [2, 1],
            ],
            8,
          ),
        }),
      ),
    ).toBeUndefined();
  });
});

describe("failed-queries", () => {
  const places = repeated(
    [
      [3, 1],
      [2, 1],
    ],
    200,
  );

  test("is an error over 1 %, with the reason of the first", () => {
    const failures = new Map([
      ["q0", "server gone"],
      ["q1", "timeout"],
      ["q2", "timeout"],
    ]);
    const finding = findingOf("failed-queries", plantedExperiment({ places, failures }));
    expect(finding?.severity).toBe("error");
    expect(finding?.message).toBe(
      "With reranked, 3 of 200 queries failed and count as 0, for example q0: server gone",
    );
  });

  test("is a warning at 1 %, and silent without a failure", () => {
    const failures = new Map([
      ["q0", "gone"],
      ["q1", "gone"],
    ]);
    expect(findingOf("failed-queries", plantedExperiment({ places, failures }))?.severity).toBe(
      "warning",
    );
    expect(findingOf("failed-queries", plantedExperiment({ places }))).toBeUndefined();
  });
});

test("synthetic-questions fires for questions that a model generated, and for no others", () => {
  const places = repeated(
    [
      [3, 1],
      [2, 1],
    ],
    60,
  );
  expect(
    findingOf("synthetic-questions", plantedExperiment({ places, isSynthetic: true }))?.severity,
  ).toBe("info");
  expect(findingOf("synthetic-questions", healthy)).toBeUndefined();
});
