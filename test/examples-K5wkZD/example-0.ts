// answering/create-answer-chain.ts:93
import { FakeListChatModel } from "@langchain/core/utils/testing";
import { Bm25Retriever, createAnswerChain, loadFolder, splitPassages } from "langchain-rerank";

const { documents } = await loadFolder("sample_documents");
const passages = await splitPassages(documents);
const retriever = await Bm25Retriever.fromDocuments(passages, { k: 5 });
// Use your own chat model here.
const llm = new FakeListChatModel({ responses: ["It trains two small matrices [1]."] });

const chain = createAnswerChain({ retriever, llm });
const { answer, citations } = await chain.invoke("How does LoRA reduce memory?");
console.log(answer, citations[0]?.source);
