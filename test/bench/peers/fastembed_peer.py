"""fastembed with a custom model, otherwise defaults: `FOLDER GRAPH`."""

import sys

from fastembed import TextEmbedding
from fastembed.common.model_description import ModelSource, PoolingType
from protocol import serve

folder, graph = sys.argv[1:]
TextEmbedding.add_custom_model(
    model="minilm",
    pooling=PoolingType.MEAN,
    normalization=True,
    sources=ModelSource(hf="nobody/minilm"),
    dim=384,
    model_file=graph,
)
model = TextEmbedding("minilm", specific_model_path=folder)
serve(["fastembed", "onnxruntime", "tokenizers"], lambda texts: list(model.embed(texts)))
