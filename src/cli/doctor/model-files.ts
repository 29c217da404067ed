import { basename } from "node:path";
import type { ModelOnDisk } from "../../model/files/models-on-disk.ts";
import { findTokenizerFaults } from "../../model/files/tokenizer-faults.ts";
import { verifyFiles, type VerifiedFile } from "../../model/files/verify-files.ts";
import { isCommit } from "../../model/files/hub-cache.ts";
import { note, ok, problem, type Check, type Finding } from "./finding.ts";

/** Checks a model's files against their recorded hashes, and that its tokenizer belongs to it. */
export function modelFileChecks(model: ModelOnDisk): Check[] {
  return [
    { what: `files of ${model.name}`, run: () => checkHashes(model) },
    { what: `tokenizer of ${model.name}`, run: async () => [await checkTokenizer(model)] },
  ];
}

async function checkHashes({ name, folder }: ModelOnDisk): Promise<Finding[]> {
  const what = `files of ${name}`;
  const files = await verifyFiles(folder);
  const inState = (state: VerifiedFile["state"]): string[] =>
    files.filter((file) => file.state === state).map(({ path }) => path);
  const [changed, missing] = [inState("changed"), inState("missing")];
  if (changed.length + missing.length > 0) {
    const here = [
      ...(changed.length > 0 ? [`${named(changed)} changed since the hash was recorded`] : []),
      ...(missing.length > 0 ? [`${named(missing)} missing`] : []),
    ];
    return [problem(what, `${here.join("; ")} in ${folder}`, wayOutOf({ name, folder }))];
  }
  const [same, unrecorded] = [inState("same").length, inState("unrecorded")];
  if (same === 0) return [note(what, `no hash is recorded for the files in ${folder}`)];
  const rest = unrecorded.length === 0 ? "" : `, no hash is recorded for ${named(unrecorded)}`;
  return [ok(what, `${same} of ${files.length} match their SHA-256${rest}`)];
}

async function checkTokenizer({ name, folder }: ModelOnDisk): Promise<Finding> {
  const what = `tokenizer of ${name}`;
  const faults = await findTokenizerFaults(folder);
  if (faults.length === 0) return ok(what, "matches config.json");
  return problem(
    what,
    `tokenizer.json in ${folder} belongs to another model: ${faults.join("; ")}`,
    wayOutOf({ name, folder }),
  );
}

/** The first three paths, and the number of further ones. */
function named(paths: readonly string[]): string {
  const rest = paths.length - 3;
  return `${paths.slice(0, 3).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function wayOutOf({ name, folder }: ModelOnDisk): string {
  return isCommit(basename(folder))
    ? `Delete those files in ${folder}, then run \`npx langchain-rerank models pull ${name}\`.`
    : "Copy the folder from its source again; a fine-tuned model needs its own config.json.";
}
