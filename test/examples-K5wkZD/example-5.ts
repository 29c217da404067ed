// evaluation/experiment/experiment.ts:56
import { Bm25Retriever, loadFolder } from "langchain-rerank";
import { experiment, judgementsFrom, nDCG } from "langchain-rerank/evaluation";

const { documents } = await loadFolder("sample_documents");
const { systems } = await experiment({
  systems: { bm25: await Bm25Retriever.fromDocuments(documents) },
  queries: new Map([["q1", "How does LoRA reduce memory?"]]),
  judgements: judgementsFrom({ q1: { "lora_finetuning_guide.md": 1 } }),
  measures: [nDCG(10)],
  idOf: ({ metadata }) => metadata.source,
});
console.log(systems[0]?.evaluations[0]?.mean);
