"""Makes the models that the peer benchmarks share: MiniLM of standard form with seeded random weights.

Every peer can load these, and speed does not depend on what weights mean. Nothing is downloaded:

    python -m venv /somewhere/onnx-venv
    /somewhere/onnx-venv/bin/pip install torch==2.13.0 "sentence-transformers[onnx]==5.7.0"
    /somewhere/onnx-venv/bin/python test/bench/make_minilm.py /somewhere/minilm

(transformers 4.57.6, optimum-onnx 0.1.0, onnx 1.23.2, onnxruntime 1.32.0; sentence-transformers 6
cannot be installed beside optimum-onnx.) The folder then holds

- `cross-encoder/`: BertForSequenceClassification, 6 layers, 384 wide, 12 heads, one label, 512 tokens;
- `bi-encoder/`: BertModel of the same size, mean pooling, unit length, 256 tokens;
- `flashrank/`: links to the cross-encoder's int8 files under names that FlashRank knows.

Each has safetensors and, by sentence-transformers' own exporters, `onnx/model.onnx` and the int8 graph
of `export_dynamic_quantized_onnx_model(..., "avx512_vnni")`, linked under every name a peer looks for.
The tokenizer is that of all-MiniLM-L6-v2 without its truncation and padding to 128.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from sentence_transformers import (
    CrossEncoder,
    SentenceTransformer,
    export_dynamic_quantized_onnx_model,
)
from sentence_transformers.base.modules import Transformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
)

SOURCE = Path(__file__).resolve().parents[2] / "models" / "all-MiniLM-L6-v2"
INT8 = "model_qint8_avx512_vnni.onnx"
SPREAD = 0.08
"""Standard deviation of the weights: at BERT's own 0.02 all texts score nearly the same."""


def main(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    make_cross_encoder(folder / "cross-encoder")
    make_bi_encoder(folder / "bi-encoder")
    make_flashrank(folder / "flashrank", folder / "cross-encoder")


def make_cross_encoder(folder: Path) -> None:
    torch.manual_seed(1)
    BertForSequenceClassification(shape(num_labels=1)).save_pretrained(folder)
    save_tokenizer(folder, window=512)
    model = CrossEncoder(str(folder), backend="onnx", model_kwargs={"export": True})
    model.save_pretrained(str(folder))
    quantize(model, folder)


def make_bi_encoder(folder: Path) -> None:
    torch.manual_seed(2)
    plain = folder.with_name("plain")
    BertModel(shape()).save_pretrained(plain)
    save_tokenizer(plain, window=256)
    transformer = Transformer(str(plain), max_seq_length=256)
    pooling = Pooling(transformer.get_embedding_dimension(), "mean")
    SentenceTransformer(modules=[transformer, pooling, Normalize()]).save_pretrained(str(folder))
    shutil.rmtree(plain)
    model = SentenceTransformer(str(folder), backend="onnx", model_kwargs={"export": True})
    model.save_pretrained(str(folder))
    quantize(model, folder)


def shape(**more: int) -> BertConfig:
    return BertConfig(
        vocab_size=30522,
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        max_position_embeddings=512,
        initializer_range=SPREAD,
        **more,
    )


def save_tokenizer(folder: Path, window: int) -> None:
    tokenizer = json.loads((SOURCE / "tokenizer.json").read_text("utf-8"))
    tokenizer.update(truncation=None, padding=None)
    text = json.dumps(tokenizer, ensure_ascii=False)
    (folder / "tokenizer.json").write_text(text, "utf-8")
    settings = json.loads((SOURCE / "tokenizer_config.json").read_text("utf-8"))
    settings["model_max_length"] = window
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=2), "utf-8")
    shutil.copy(SOURCE / "special_tokens_map.json", folder)


def quantize(model: CrossEncoder | SentenceTransformer, folder: Path) -> None:
    export_dynamic_quantized_onnx_model(model, "avx512_vnni", str(folder))
    for name in ("model_int8.onnx", "model_quantized.onnx"):
        os.link(folder / "onnx" / INT8, folder / "onnx" / name)


def make_flashrank(folder: Path, cross_encoder: Path) -> None:
    model = folder / "ms-marco-MiniLM-L-12-v2"
    model.mkdir(parents=True)
    os.link(cross_encoder / "onnx" / INT8, model / "flashrank-MiniLM-L-12-v2_Q.onnx")
    for path in cross_encoder.glob("*.json"):
        os.link(path, model / path.name)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
