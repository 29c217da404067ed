/** A model of the source tree: the hashes of its files, and its logits for `knownPairs`. */
export interface BundledModel {
  readonly name: string;
  /** SHA-256 of each file, by its path in the folder. */
  readonly sha256: Readonly<Record<string, string>>;
  /** The logits of `knownPairs`; absent for a bi-encoder. */
  readonly logits?: readonly number[];
}

/** Pairs whose logits are recorded in `test/fixtures/golden/bundled-models.json`. */
export const knownPairs: readonly { readonly query: string; readonly text: string }[] = [
  {
    query: "How much memory does DGX Spark have?",
    text: "The DGX Spark has 128GB of unified LPDDR5X memory.",
  },
  {
    query: "How much memory does DGX Spark have?",
    text: "Memory management is important for large models.",
  },
  {
    query: "what is LoRA?",
    text: "LoRA freezes the weights and trains two low-rank matrices beside them.",
  },
];

/** How far a logit may differ from the recorded one, on any processor. */
export const logitTolerance = 0.25;

/** The models of `models/`; a new export changes the hashes here and in `models/README.md`. */
export const bundledModels: readonly BundledModel[] = [
  {
    name: "all-MiniLM-L6-v2",
    sha256: {
      "1_Pooling/config.json": "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
      "config.json": "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
      "modules.json": "84e40c8e006c9b1d6c122e02cba9b02458120b5fb0c87b746c41e0207cf642cf",
      "onnx/model_int8.onnx": "8d0d712c89df989fbd616379487a9d33dd0b0dc6c3800791ea6dfc857a93b6ac",
      "sentence_bert_config.json":
        "fc1993fde0a95c24ec6c022539d41cf6e2f7c9721e5415d6fb6897472a9cd4b7",
      "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
      "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
      "tokenizer_config.json": "d7e70791acdd3e72326c1b8da255b109168a9e9f1f125bf61b2c937942d050d2",
    },
  },
  {
    name: "rerank-minilm-l6",
    sha256: {
      "config.json": "d5a943ff422c53f2a94c28bfd4c297b11ede133092df12bb4ea58d98e4b0d1fd",
      "onnx/model_int8.onnx": "e104d073b60e114e6629d24956a910ea6cc92040246a54907718f890e6f45c21",
      "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
      "tokenizer.json": "6681992d43e581b35b3dd61f3c81ee0f891fbf13ad54f8b692ea868bd46b066b",
      "tokenizer_config.json": "9df868ef522eba6fda5722df1ac76f114a3f5183e3732357b1e301dc9d75fc2d",
    },
    logits: [4.90014, -2.80651, 3.02107],
  },
  {
    name: "rerank-minilm-l3",
    sha256: {
      "config.json": "adba4aa66a92f37a2c7dc4adfb5eb5474c45ed2e3d82f59db1a7517946120797",
      "onnx/model_int8.onnx": "35104c23519d6a7d291460a02981d393a4ea1e91636b1b7b3744701a023f742e",
      "special_tokens_map.json": "303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
      "tokenizer.json": "6681992d43e581b35b3dd61f3c81ee0f891fbf13ad54f8b692ea868bd46b066b",
      "tokenizer_config.json": "9df868ef522eba6fda5722df1ac76f114a3f5183e3732357b1e301dc9d75fc2d",
    },
    logits: [3.21194, -5.55212, 1.53477],
  },
];
