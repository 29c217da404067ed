import { choice, required, object } from "../../option-rules.ts";
import { requireText, RetrievalError } from "../../errors.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import { arithmetics, type Arithmetic } from "../../ranking/arithmetic.ts";
import {
  type CalibratedModel,
  type Calibration,
  type CalibrationMethod,
  calibrationOf,
} from "./calibration.ts";
import { fitIsotonicRegression } from "./isotonic-regression.ts";
import type { JudgedScore } from "./probability-curve.ts";
import { fitPlattScaling } from "./platt-scaling.ts";

/** How to fit a calibration, and for which model. */
export interface CalibrationOptions {
  /** `"platt"` needs 10 samples of each kind; `"isotonic"`, with more degrees of freedom, needs 50. */
  readonly method: CalibrationMethod;
  /** The model that gave the scores; stored in the calibration, so that it is not applied to another model. */
  readonly model: CalibratedModel;
}

const calibrationOptionRules: OptionRules<CalibrationOptions> = {
  method: required(choice("platt", "isotonic")),
  model: required(object),
};

/** Minimum number of relevant samples, and of other samples, for each method. */
const leastSamples = { platt: 10, isotonic: 50 } as const satisfies Record<
  CalibrationMethod,
  number
>;

/**
 * Fits the probability of relevance as a function of the score to judged scores. The probabilities hold for the
 * samples' mix of documents: fitted to 50 candidates per query, they hold for 50 candidates per query.
 *
 * @throws RetrievalError `invalid-input` for too few samples of either kind, for scores that are not finite,
 * and if relevant samples do not score higher than the others; `invalid-option` for an unknown `method`.
 */
export function fitCalibration(
  samples: readonly JudgedScore[],
  options: CalibrationOptions,
): Calibration {
  const { method, model } = requireOptions("fitCalibration", options, calibrationOptionRules);
  requireSamples(samples, method);
  const name = requireText("model.name", model.name);
  const fileHash = requireText("model.fileHash", model.fileHash);
  const arithmetic = requireArithmetic(model.arithmetic);
  const head = { version: 1, model: { name, fileHash, arithmetic } } as const;
  if (method === "platt") {
    const scaling = fitPlattScaling(samples);
    if (scaling.slope > 0) return calibrationOf({ ...head, method, ...scaling });
  } else {
    const regression = fitIsotonicRegression(samples);
    const levels = new Set(regression.probabilities);
    if (levels.size > 1) return calibrationOf({ ...head, method, ...regression });
  }
  throw new RetrievalError(
    "invalid-input",
    "Expected relevant samples to score higher than the others, but the best-fitting curve does not rise: " +
      "pass raw scores where higher is better, or use another model.",
  );
}

function requireArithmetic(arithmetic: unknown): Arithmetic {
  const known = arithmetics.find((each) => each === arithmetic);
  if (known !== undefined) return known;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`model.arithmetic\` to be one of ${arithmetics.join(", ")}, got ${JSON.stringify(arithmetic)}: pass the value from the scorer's info().`,
  );
}

function requireSamples(samples: readonly JudgedScore[], method: CalibrationMethod): void {
  const wrong = samples.findIndex(({ score }) => !Number.isFinite(score));
  if (wrong !== -1) {
    throw new RetrievalError(
      "invalid-input",
      `Expected the score of sample ${wrong} to be a finite number, got ${samples[wrong]?.score}: leave out samples without a score.`,
    );
  }
  const relevant = samples.filter(({ isRelevant }) => isRelevant).length;
  const others = samples.length - relevant;
  const least = leastSamples[method];
  if (relevant >= least && others >= least) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected at least ${least} relevant and ${least} other samples for the method ${method}, ` +
      `got ${relevant} and ${others}: judge more documents.`,
  );
}
