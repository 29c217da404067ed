// Makes the built package round as another processor does, to find what depends on the last digits:
//
//   npm run build && node test/processors/round-differently.mjs
//   npx vitest run --config test/vitest.config.ts     # and the labs: .ci/notebooks
//   npm run build                                     # undoes it
//
// Without ONNX Runtime's fusions the floating-point parts of a graph round differently, while int8 products
// stay exact. The bundled models' logits move by 0.041 on average and 0.195 at most, twice as much as
// between processors with AVX2 and with AVX-512.
import { readFileSync, writeFileSync } from "node:fs";

const session = new URL("../../dist/model/workers/session.js", import.meta.url);
const text = readFileSync(session, "utf8");
const changed = text.replace(
  "interOpNumThreads: 1,",
  'interOpNumThreads: 1,\n        graphOptimizationLevel: "basic",',
);
if (changed === text)
  throw new Error("Found no place for the option in dist/model/workers/session.js.");
writeFileSync(session, changed);
