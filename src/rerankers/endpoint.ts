import { RetrievalError } from "../errors.ts";
import { endpointOf, type Dialect } from "./dialects.ts";
import type { Endpoint } from "./post.ts";
import { isHeaderValue, type RemotePairScorerOptions } from "./remote-options.ts";

/** Where the requests of a scorer go, and with which headers. */
export function endpointFor(
  options: RemotePairScorerOptions,
  dialect: Dialect,
): Omit<Endpoint, "timeoutMs"> {
  const url = addressOf(options, dialect);
  return { url, ...headersOf(options, { dialect, url }), tooLong: dialect.tooLong };
}

function addressOf({ dialect: name, url }: RemotePairScorerOptions, dialect: Dialect): URL {
  const address = url ?? dialect.provider?.url;
  if (address !== undefined) return endpointOf(address, dialect);
  throw new RetrievalError(
    "invalid-option",
    `Expected \`url\` for the dialect ${name}, got none: pass the address of your server.`,
  );
}

/** The headers of each request, and the texts in them that may be secret. */
function headersOf(
  { apiKey: given, headers: more = {} }: RemotePairScorerOptions,
  { dialect: { provider }, url }: { readonly dialect: Dialect; readonly url: URL },
): Pick<Endpoint, "headers" | "secrets"> {
  const headers = new Headers({ accept: "application/json", "content-type": "application/json" });
  for (const [name, value] of Object.entries(more)) headers.set(name, value);
  const isAuthorized = headers.has("authorization");
  if (given !== undefined && isAuthorized) {
    throw new RetrievalError(
      "invalid-option",
      "Expected either `apiKey` or `headers.authorization`, got both: leave one out.",
    );
  }
  // Another server must not receive the provider's key.
  const isProvider = provider !== undefined && new URL(provider.url).origin === url.origin;
  const variable = isProvider && !isAuthorized ? provider.apiKeyVariable : undefined;
  const apiKey = given ?? (variable === undefined ? undefined : keyIn(variable));
  if (apiKey !== undefined) headers.set("authorization", `Bearer ${apiKey}`);
  // The secret of a value such as "Bearer …" is its last word; a short word, such as "en", is not a secret.
  const tokens = Object.values(more).map((value) => value.split(" ").at(-1) ?? "");
  const secrets = tokens.filter(({ length }) => length >= 6);
  return { headers, secrets: apiKey === undefined ? secrets : [apiKey, ...secrets] };
}

function keyIn(variable: string): string {
  const value = process.env[variable]?.trim();
  if (value !== undefined && isHeaderValue(value)) return value;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`apiKey\`, or the environment variable ${variable} with visible characters, got neither.`,
  );
}
