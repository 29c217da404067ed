"""sentence-transformers with its defaults: `KIND FOLDER` for torch, `KIND FOLDER GRAPH` for its ONNX backend."""

import sys
from typing import Any

from protocol import serve
from sentence_transformers import CrossEncoder, SentenceTransformer

kind, folder, *graph = sys.argv[1:]
options: dict[str, Any] = {"device": "cpu", "local_files_only": True}
packages = ["sentence-transformers", "transformers", "torch"]
if graph:
    options |= {"backend": "onnx", "model_kwargs": {"file_name": graph[0]}}
    packages += ["optimum-onnx", "onnxruntime"]

if kind == "cross-encoder":
    cross_encoder = CrossEncoder(folder, **options)
    serve(packages, lambda query, texts: cross_encoder.predict([(query, text) for text in texts]))
else:
    bi_encoder = SentenceTransformer(folder, **options)
    serve(packages, lambda texts: bi_encoder.encode(texts))
