/**
 * What a server that runs already may ask for. It stands alone, because the types of the public interface must not need
 * those of `chromadb`, which is optional.
 */
export interface ServerAccess {
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly tenant?: string | undefined;
  readonly database?: string | undefined;
}
