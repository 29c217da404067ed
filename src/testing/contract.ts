/** One promise of a port: `check` throws an `AssertionError` where an implementation breaks it. */
export interface ContractCase<Port> {
  readonly name: string;
  readonly check: (subject: Port) => Promise<void>;
}
