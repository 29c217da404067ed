/** The statuses with which a request can fail; 499 says in the log that its client has gone. */
export type FailureStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 413
  | 415
  | 422
  | 429
  | 499
  | 500
  | 501
  | 503;

/** A request that is answered with a status and a message that its sender may read. */
export class RequestError extends Error {
  override readonly name = "RequestError";
  readonly status: FailureStatus;
  /** Headers of the answer, such as `Retry-After`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: FailureStatus,
    message: string,
    {
      headers = {},
      ...options
    }: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options);
    this.status = status;
    this.headers = headers;
  }
}

/** A request that could succeed later. */
export function tryLater(status: 429 | 503, message: string, retryAfterSeconds = 1): RequestError {
  return new RequestError(status, message, {
    headers: { "retry-after": String(retryAfterSeconds) },
  });
}
