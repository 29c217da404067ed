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
  const secrets = [
    ...Object.values(more).flatMap(secretsOf),
    ...Array.from(url.searchParams, ([name, value]) => value || name).flatMap(secretsOf),
  ];
  return { headers, secrets: apiKey === undefined ? secrets : [apiKey, ...secrets] };
}

/** What may be secret in the value of a header or of a query: the whole, its words, and values such as a cookie's. */
function secretsOf(value: string): string[] {
  const words = value
    .split(/[\s;,&]+/)
    .filter((word) => !/^(?:basic|bearer|digest|token)$/i.test(word));
  const parts = words.flatMap((word) => {
    const [, named = ""] = /^[^=]+=+(.+)$/.exec(word) ?? [];
    return [word, word.replace(/=+$/, ""), named, named.replace(/^(["'])(.+)\1$/, "$2")];
  });
  return [value, ...parts].filter(({ length }) => length >= shortestSecret);
}

/** A shorter word, such as "en", is no secret, and removing it would make errors unreadable. */
const shortestSecret = 3;

function keyIn(variable: string): string {
  const value = process.env[variable]?.trim();
  if (value !== undefined && isHeaderValue(value)) return value;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`apiKey\`, or the environment variable ${variable} with visible characters, got neither.`,
  );
}
