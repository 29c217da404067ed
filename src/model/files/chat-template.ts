import { Template } from "@huggingface/jinja";
import { RetrievalError } from "../../errors.ts";
import type { PairPrompt, PromptTexts } from "../tokens/pair-prompt.ts";

/** What a chat template needs besides the messages. */
export interface ChatContext {
  /** Variables of the template, such as `add_generation_prompt` and the special tokens. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** The instruction of calls that have none of their own. */
  readonly instruction: string | undefined;
  /** Path of the file, for errors. */
  readonly origin: string;
}

/**
 * Reads the prompt of a reranker from its chat template, which gets a message with the role `query`, one with the role
 * `document`, and an instruction as one with the role `system`. `undefined` if the template does not render query and
 * document: it is that of a chat model.
 *
 * The prompt throws `model-mismatch` if the template changes the texts, repeats them, or puts the document first: an
 * embedding model may have such a template, too, and does not need it.
 *
 * @see `CrossEncoder` of sentence-transformers
 */
export function readChatTemplate(template: string, context: ChatContext): PairPrompt | undefined {
  if (!/\bquery\b/.test(template) || !/\bdocument\b/.test(template)) return undefined;
  const { instruction: own, origin } = context;
  const [plain, instructed] = [undefined, marks.instruction].map((instruction) =>
    render(template, instruction, context),
  );
  if (plain === undefined || instructed === undefined) return undefined;
  return {
    readsInstruction: instructed.includes(marks.instruction),
    texts: (instruction = own) =>
      instruction === undefined
        ? split(plain, origin)
        : filled(split(instructed, origin), instruction),
  };
}

/** Stand for the texts; a template that trims a text would remove their spaces. */
const marks = {
  query: " \u{E000}query\u{E000} ",
  document: " \u{E000}document\u{E000} ",
  instruction: "\u{E000}instruction\u{E000}",
} as const;

/** The prompt for the marks; `undefined` if it lacks one, or cannot be rendered from these messages. */
function render(
  template: string,
  instruction: string | undefined,
  { variables }: ChatContext,
): string | undefined {
  const pair = [
    { role: "query", content: marks.query },
    { role: "document", content: marks.document },
  ];
  const asked = [{ role: "system", content: instruction }, ...pair];
  // The engine fails at the filter `first` of an empty list, so a message without content is the second try.
  for (const messages of instruction === undefined ? [pair, asked] : [asked]) {
    try {
      const prompt = new Template(template).render({ ...variables, messages });
      const hasBoth = [marks.query, marks.document].every((mark) => prompt.includes(mark.trim()));
      return hasBoth ? prompt : undefined;
    } catch {
      // Many templates of chat models refuse roles that they do not know.
    }
  }
  return undefined;
}

function split(prompt: string, origin: string): PromptTexts {
  const [before, afterQuery, ...more] = prompt.split(marks.query);
  const [between, after, ...others] = (afterQuery ?? "").split(marks.document);
  const isWhole =
    before !== undefined &&
    between !== undefined &&
    after !== undefined &&
    !before.includes(marks.document);
  if (isWhole && more.length + others.length === 0) return { before, between, after };
  throw new RetrievalError(
    "model-mismatch",
    `Expected the chat template in ${origin} to write the query and then the document, each once and unchanged: this template is not supported.`,
  );
}

function filled({ before, between, after }: PromptTexts, instruction: string): PromptTexts {
  const fill = (text: string): string => text.replaceAll(marks.instruction, () => instruction);
  return { before: fill(before), between: fill(between), after: fill(after) };
}
