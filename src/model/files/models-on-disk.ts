import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { RetrievalError } from "../../errors.ts";
import { isCommit, cacheNameOf, repositoryAt } from "./hub-cache.ts";
import { readHubSettings } from "./hub-settings.ts";
import { modelCatalog } from "./model-catalog.ts";
import { locateModel } from "./model-files.ts";

/** A model on the disk; for a model from the hub, at one commit. */
export interface ModelOnDisk {
  readonly name: string;
  readonly folder: string;
}

/** Every bundled model, and every commit of a hub model with a graph in the cache. */
export function modelsOnDisk(): ModelOnDisk[] {
  const bundled = modelCatalog.flatMap(({ names, folder }) =>
    folder === undefined ? [] : bundledFolder(names.at(-1) ?? names[0]),
  );
  const { cacheFolder } = readHubSettings();
  const names = existsSync(cacheFolder) ? readdirSync(cacheFolder) : [];
  return [...bundled, ...names.flatMap((name) => commitsOf(repositoryAt(name) ?? ""))];
}

/**
 * A model's folder, or the folder of each of its commits in the cache.
 *
 * @throws `model-not-found` if the model is not on the disk
 */
export function findOnDisk(model: string): ModelOnDisk[] {
  const { folder, repository } = locateModel(model);
  if (folder !== undefined && existsSync(join(folder, "config.json"))) {
    return [{ name: model, folder }];
  }
  if (folder !== undefined) {
    throw new RetrievalError(
      "model-not-found",
      `Expected a model in ${folder}, found no config.json: pass the folder that contains it.`,
    );
  }
  const found = commitsOf(repository ?? "");
  if (found.length > 0) return found;
  throw new RetrievalError(
    "model-not-found",
    `Expected ${model} on this disk, found none of its ONNX graphs in ${readHubSettings().cacheFolder}: run \`npx langchain-rerank models pull ${model}\` first.`,
  );
}

function bundledFolder(name: string): ModelOnDisk[] {
  try {
    const { folder } = locateModel(name);
    return folder === undefined ? [] : [{ name, folder }];
  } catch {
    return []; // A bundled model, but the package is used without its source tree.
  }
}

function commitsOf(repository: string): ModelOnDisk[] {
  const snapshots = join(readHubSettings().cacheFolder, cacheNameOf(repository), "snapshots");
  if (repository === "" || !existsSync(snapshots)) return [];
  return readdirSync(snapshots)
    .filter(isCommit)
    .map((commit) => ({ name: repository, folder: join(snapshots, commit) }))
    .filter(({ folder }) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" }).some((path) =>
        path.endsWith(".onnx"),
      ),
    );
}
