import type { Document } from "@langchain/core/documents";
import { untilAborted } from "../abort.ts";
import type { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import { provenanceOf } from "../documents/provenance.ts";
import { RetrievalError } from "../errors.ts";
import { readFusion } from "../evaluation/fitting/saved-fusion.ts";
import { canonicalName } from "../model/files/model-catalog.ts";
import { requireSameScores } from "../ranking/arithmetic.ts";
import type { FittedFusion } from "../ranking/fitted-fusion.ts";
import type { ScoringModel } from "../ranking/scoring-model.ts";

/**
 * A validated copy of the fusion that an option holds.
 *
 * @throws RetrievalError `invalid-input` if it is not a fusion; `invalid-option` if it was not fitted for this
 * kind of retriever.
 */
export function requireFusion(
  option: string,
  given: object,
  reads: "all" | "first-stage",
): FittedFusion {
  const fusion = readFusion(given);
  const found = fusion.models.reranker === undefined ? "first-stage" : "all";
  if (found === reads) return fusion;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`${option}\` to be a fusion fitted with \`features: "${reads}"\`, got one fitted with \`features: "${found}"\`: fit another one.`,
  );
}

/** Says which models a retriever uses; `reranker` is left out if it has none. */
interface ModelsInUse {
  readonly reranker?: (() => Promise<ScoringModel>) | undefined;
  readonly embeddings: () => Promise<readonly ScoringModel[]>;
}

/** Refuses a fusion for models other than those it was fitted with. */
export class FusionModels {
  readonly #fusion: FittedFusion;
  readonly #inUse: ModelsInUse;
  #isChecked = false;

  constructor(fusion: FittedFusion, inUse: ModelsInUse) {
    this.#fusion = fusion;
    this.#inUse = inUse;
  }

  /**
   * Resolves if the models are the same, or not known. Loads local models; one that cannot be loaded fails the
   * stage that uses it, and is checked by the next search.
   *
   * @throws RetrievalError `model-mismatch`; the signal's reason.
   */
  async require(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#isChecked) await untilAborted(this.#check(), signal);
  }

  /**
   * Refuses scores of any scorer but the reranker's own: a failover scores on another scale.
   *
   * @throws RetrievalError `model-mismatch`
   */
  requireScorers(documents: readonly Document[], name: string): void {
    for (const document of documents) {
      const { rerank } = provenanceOf(document);
      if (rerank?.scored !== true || rerank.model === name) continue;
      throw new RetrievalError(
        "model-mismatch",
        `Expected scores of ${name}, which the fusion was fitted with, got scores of ${rerank.model}: use a scorer without a failover, or a number as \`blend\`.`,
      );
    }
  }

  async #check(): Promise<void> {
    const { models } = this.#fusion;
    const { reranker = async () => undefined, embeddings } = this.#inUse;
    const [scorer, found] = await Promise.allSettled([reranker(), embeddings()]);
    if (scorer.status === "fulfilled" && models.reranker && scorer.value) {
      requireModel(models.reranker, scorer.value);
    }
    if (found.status === "fulfilled") requireModels(models.embeddings, found.value);
    this.#isChecked = scorer.status === "fulfilled" && found.status === "fulfilled";
  }
}

/** Compares one by one; no model at all means that none is known. */
function requireModels(fitted: readonly ScoringModel[], inUse: readonly ScoringModel[]): void {
  if (fitted.length === 0 || inUse.length === 0) return;
  for (let index = 0; index < Math.max(fitted.length, inUse.length); index += 1) {
    requireModel(fitted[index], inUse[index]);
  }
}

/** The check of a two-stage retriever's blend; `undefined` if it is a number. */
export function blendModels(
  blend: number | FittedFusion | undefined,
  {
    reranker,
    vectorModels,
  }: {
    readonly reranker: CrossEncoderReranker;
    readonly vectorModels: () => Promise<readonly ScoringModel[]>;
  },
): FusionModels | undefined {
  if (typeof blend !== "object") return undefined;
  return new FusionModels(blend, {
    reranker: async () => {
      const { fileHash, arithmetic } = (await reranker.info()) ?? {};
      return { name: reranker.scorer.name, fileHash, arithmetic };
    },
    embeddings: vectorModels,
  });
}

/**
 * The same file gives the same scores under any name; without both hashes, the names must be those of one model.
 *
 * @throws RetrievalError `model-mismatch`
 */
function requireModel(fitted: ScoringModel | undefined, inUse: ScoringModel | undefined): void {
  if (fitted && inUse && isSame(fitted, inUse)) {
    requireSameScores("a fusion", { madeWith: fitted.arithmetic, inUse: inUse.arithmetic });
    return;
  }
  throw new RetrievalError(
    "model-mismatch",
    `Expected the models that the fusion was fitted with, but got ${shown(inUse)} in place of ${shown(fitted)}: use the same models, or run fitFusion again.`,
  );
}

function isSame(one: ScoringModel, other: ScoringModel): boolean {
  if (one.fileHash !== undefined && other.fileHash !== undefined) {
    return one.fileHash === other.fileHash;
  }
  return canonicalName(one.name) === canonicalName(other.name);
}

function shown(model: ScoringModel | undefined): string {
  if (model === undefined) return "no model";
  const { name, fileHash } = model;
  return fileHash === undefined ? name : `${name} with the file ${fileHash}`;
}
