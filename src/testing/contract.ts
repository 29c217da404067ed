/** One promise of a port: `check` throws an `AssertionError` where an implementation breaks it. */
export interface ContractCase<Port> {
  readonly name: string;
  /** Resolves if `subject` keeps the promise; rejects with what it did instead. */
  readonly check: (subject: Port) => Promise<void>;
}
