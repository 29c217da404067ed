import { randomUUID } from "node:crypto";
import { Type } from "typebox";
import { estimateTokens } from "../../text/estimate-tokens.ts";
import { form, type WorkRoute } from "../route.ts";
import { RequestError } from "../request-error.ts";
import { requireWithinLimits, rerankerOf, scoreRequest } from "../score-request.ts";

const textOrTexts = Type.Union([Type.String(), Type.Array(Type.String())], {
  title: "a string or an array of strings",
});

/** @see https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html#score-api */
export const scoreRoute: WorkRoute = {
  paths: ["/score", "/v1/score"],
  summary: "Scores pairs of texts, as vLLM does",
  forms: [
    form({
      field: "text_2",
      errors: "openai",
      body: Type.Object(
        {
          model: Type.Optional(Type.String()),
          text_1: textOrTexts,
          text_2: textOrTexts,
          use_activation: Type.Optional(Type.Boolean()),
          truncate_prompt_tokens: Type.Optional(Type.Literal(-1)),
          priority: Type.Optional(Type.Integer()),
          user: Type.Optional(Type.String()),
          instruction: Type.Optional(Type.String()),
        },
        { additionalProperties: false, title: "vLLM" },
      ),
      answer: Type.Object({
        id: Type.String(),
        object: Type.Literal("list"),
        created: Type.Integer(),
        model: Type.String(),
        data: Type.Array(
          Type.Object({
            index: Type.Integer(),
            object: Type.Literal("score"),
            score: Type.Number(),
          }),
        ),
        usage: Type.Object({
          prompt_tokens: Type.Integer(),
          total_tokens: Type.Integer(),
          completion_tokens: Type.Integer(),
        }),
      }),
      async handle(call) {
        const { text_1, text_2, use_activation, model, instruction } = call.body;
        const { name } = rerankerOf(call.service, model);
        const texts = [text_2].flat();
        const queries = queriesFor(text_1, texts.length);
        requireWithinLimits(call.service, [...queries, ...texts], texts.length);
        const scores = Array.from<number>({ length: texts.length });
        for (const query of new Set(queries)) {
          const indices = [...texts.keys()].filter((index) => queries[index] === query);
          const { shown } = await scoreRequest(call, {
            model,
            query,
            texts: indices.map((index) => texts[index] ?? ""),
            instruction,
            isRaw: use_activation === false,
          });
          for (const [position, index] of indices.entries()) scores[index] = shown[position] ?? 0;
        }
        const tokens = [...queries, ...texts].reduce((sum, text) => sum + estimateTokens(text), 0);
        return {
          id: `score-${randomUUID()}`,
          object: "list",
          created: Math.floor(Date.now() / 1000),
          model: name,
          data: scores.map((score, index) => ({ index, object: "score", score })),
          usage: { prompt_tokens: tokens, total_tokens: tokens, completion_tokens: 0 },
        };
      },
    }),
  ],
};

/** One query for each text: the same for all, or one for each. */
function queriesFor(given: string | readonly string[], count: number): readonly string[] {
  if (typeof given === "string") return Array.from({ length: count }, () => given);
  const [only] = given;
  if (given.length === 1 && only !== undefined) return queriesFor(only, count);
  if (given.length === count) return given;
  throw new RequestError(
    422,
    `Expected \`text_1\` to be one text, or as many as \`text_2\` has, got ${given.length} and ${count}.`,
  );
}
