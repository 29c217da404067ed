import { join } from "node:path";
import { findModel } from "../../model/files/model-catalog.ts";
import type { ModelOnDisk } from "../../model/files/models-on-disk.ts";
import { readJson } from "../../model/files/json-file.ts";
import { readSettings } from "../../model/files/model-settings.ts";
import { readTemplates } from "../../model/tokens/pair-template.ts";
import { findCutSeparators } from "../../model/files/tokenizer-faults.ts";
import { ok, problem, type Finding } from "./finding.ts";

/** Checks that a pair keeps all its special tokens if its text is too long. */
export async function checkSeparator({ name, folder }: ModelOnDisk): Promise<Finding> {
  const what = "golden pairs: limit";
  const path = join(folder, "tokenizer.json");
  const settings = await readSettings(folder, findModel(name));
  if (settings.prompt) return ok(what, "the text alone is truncated, and its prompt kept");
  const templates = readTemplates(await readJson(path), path);
  const lost = findCutSeparators(templates, settings);
  if (lost.length === 0) {
    return ok(what, `a pair over ${settings.maxTokens} tokens keeps its separators`);
  }
  return problem(
    what,
    `a pair over the limit keeps only ${lost.join("; ")}`,
    `Use the tokenizer.json that was exported with ${name}.`,
  );
}
