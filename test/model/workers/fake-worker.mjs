// An inference worker whose model is made of rules instead of a graph: a row's score is the sum of its
// token ids. What else it does, `graphPath` says as JSON: the milliseconds of a run, how many tokens fit
// into its memory, which token makes it exit, throw, or refuse, and whether it exits while it loads, how often.
import { workerData } from "node:worker_threads";
import { RetrievalError } from "../../../dist/errors.js";
import { serveTasks } from "../../../dist/model/workers/serve-tasks.js";

const { accidents } = workerData;

/** Whether the row with this token meets with an accident once more. */
const happens = (token, ids) => ids.includes(token) && Atomics.sub(accidents, 0, 1) > 0;

serveTasks(async ({ graphPath }) => {
  const {
    fails,
    exitsAtLoad,
    millisecondsPerRun = 0,
    tokensThatFit = Infinity,
    exitAt,
    throwAt,
    refuseAt,
  } = JSON.parse(graphPath);
  if (exitsAtLoad && Atomics.sub(accidents, 0, 1) > 0) process.exit(1);
  if (fails) throw new RetrievalError("model-damaged", fails);
  return {
    async run({ ids, ends }) {
      const lengths = [...ends].map((end, row) => end - (ends[row - 1] ?? 0));
      if (ends.length * Math.max(...lengths) > tokensThatFit) {
        throw new Error("CUDA failure 2: out of memory");
      }
      if (happens(exitAt, ids)) process.exit(1);
      if (happens(throwAt, ids)) throw new Error("an error nobody foresaw");
      if (ids.includes(refuseAt)) throw new RetrievalError("model-mismatch", "not this graph");
      await new Promise((resolve) => setTimeout(resolve, millisecondsPerRun));
      const values = Float32Array.from(ends, (end, row) =>
        ids.subarray(ends[row - 1] ?? 0, end).reduce((sum, id) => sum + id, 0),
      );
      return { values, ends: Int32Array.from(values, (_value, row) => row + 1) };
    },
  };
});
