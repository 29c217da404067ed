import type { ReportInput } from "../../../src/evaluation/report/report-input.ts";
import { deepFreeze } from "../../deep-freeze.ts";
import { plantedExperiment } from "../planted-experiment.ts";

/** Texts that would run, load or break out, if a report let them. */
export const hostileTexts = {
  title: "</title><script>document.title = 'owned'</script>",
  query: `"><img src=x onerror="alert(1)"> ![x](http://192.0.2.1/x.png) | <b>bold</b>`,
  passage:
    "</td></table><script src=//192.0.2.1/x.js></script> | &lt;b&gt; `code` [x](javascript:alert(1)) </style><iframe src=http://192.0.2.1>",
  finding: "<svg onload=alert(1)> and </article> & 'quotes' \"double\"",
} as const;

/** A report in which every text that comes from outside is hostile. */
export const hostileReport: ReportInput = deepFreeze({
  experiment: plantedExperiment({
    places: [
      [2, 1],
      [1, 1],
    ],
    queryText: () => hostileTexts.query,
    documentText: () => hostileTexts.passage,
    failures: new Map(),
  }),
  findings: [
    {
      code: "harm",
      severity: "error",
      message: hostileTexts.finding,
      remedy: hostileTexts.finding,
      figures: {},
    },
  ],
  title: hostileTexts.title,
  command: "</code><script>alert(1)</script>",
  resamples: 100,
});
