/**
 * Access options of a running server. Defined separately, because the public types must not depend on those of
 * `chromadb`, which is optional.
 */
export interface ServerAccess {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly tenant?: string | undefined;
  readonly database?: string | undefined;
}
