import { RetrievalError } from "../errors.ts";

/** Loads a part of the optional package `@modelcontextprotocol/sdk`. */
export async function fromMcpSdk<Part>(load: () => Promise<Part>): Promise<Part> {
  try {
    return await load();
  } catch (cause) {
    throw new RetrievalError(
      "missing-dependency",
      "MCP needs one more package: npm install @modelcontextprotocol/sdk@^1.29",
      { cause },
    );
  }
}
