/** One requirement of an interface, as a test case. */
export interface ContractCase<Port> {
  readonly name: string;
  /** Resolves if `subject` meets the requirement; rejects with an `AssertionError` if not. */
  readonly check: (subject: Port) => Promise<void>;
}
