export { candidateSourceContract } from "./candidate-source-contract.ts";
export type { ContractCase } from "./contract.ts";
export { listRerankerContract } from "./list-reranker-contract.ts";
export { pairScorerContract } from "./pair-scorer-contract.ts";
