import { describe, expect, test } from "vitest";
import { readChatTemplate } from "../../../src/model/files/chat-template.ts";

const context = { variables: {}, instruction: undefined, origin: "chat_template.jinja" };
const role = (name: string): string =>
  `messages | selectattr("role", "eq", "${name}") | map(attribute="content") | first`;

test("a template gives the texts around query and document, with an instruction or without", () => {
  const template = `<i>{{ ${role("system")} | default("all") }}<q>{{ ${role("query")} }}<d>{{ ${role("document")} }}</d>\n\n`;
  const prompt = readChatTemplate(template, context);
  expect(prompt?.readsInstruction).toBe(true);
  expect(prompt?.texts(undefined)).toEqual({
    before: "<i>all<q>",
    between: "<d>",
    after: "</d>\n",
  });
  expect(prompt?.texts("$& rivers")).toMatchObject({ before: "<i>$& rivers<q>" });
});

test("variables and a default instruction reach the template", () => {
  const template = `{% if add_generation_prompt %}{{ eos_token }}{% endif %}{% if messages[0].role == "system" %}{{ messages[0].content }}{% endif %}{{ ${role("query")} }} {{ ${role("document")} }}`;
  const variables = { add_generation_prompt: true, eos_token: "<end>" };
  const prompt = readChatTemplate(template, { ...context, variables, instruction: "rivers: " });
  expect(prompt?.texts(undefined).before).toBe("<end>rivers: ");
});

test("a template may ignore instructions", () => {
  const prompt = readChatTemplate(`{{ ${role("query")} }} {{ ${role("document")} }}`, context);
  expect(prompt?.readsInstruction).toBe(false);
});

test.each([
  "",
  "{% for message in messages %}{{ message.role }}: query document{% endfor %}",
  "{{ raise_exception('no query, no document') }}",
  `{{ ${role("query")} }} {# document #}`,
])("a template that renders no pair is that of a chat model: %s", (template) => {
  expect(readChatTemplate(template, context)).toBeUndefined();
});

describe("is refused if it", () => {
  test.each([
    ["trims the texts", `{{ ${role("query")} | trim }} {{ ${role("document")} | trim }}`],
    ["repeats the query", `{{ ${role("query")} }}{{ ${role("query")} }} {{ ${role("document")} }}`],
    ["writes the document first", `{{ ${role("document")} }} {{ ${role("query")} }}`],
  ])("%s", (_what, template) => {
    const prompt = readChatTemplate(template, context);
    expect(() => prompt?.texts(undefined)).toThrow(
      "to write the query and then the document, each once and unchanged",
    );
  });
});
