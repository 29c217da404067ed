import type { RetrievalTrace } from "../documents/retrieval-trace.ts";
import type { ErrorShape } from "./error-shapes.ts";

/** What middleware and routes of one request share. */
export interface ServerEnv {
  readonly Variables: {
    /** The request's id, in the log and in the answer. */
    id: string;
    /** How many pairs the request made the server score, or texts embed. */
    pairs?: number;
    /** The shapes of an error; more than one until it is known whose client asks. */
    shapes?: readonly ErrorShape[];
    /** The search of the request, if the explorer asked for one. */
    trace?: RetrievalTrace;
    /** Ends the work of the request. */
    signal?: AbortSignal;
  };
}
