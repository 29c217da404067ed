"""Makes the models with which `remote-engines.mjs llama.cpp` compares llama.cpp's server and ours.

Run it in the environment of make_minilm.py, with SentencePiece, on the folder that script wrote. The sources of
llama.cpp lie in the source package of llama-cpp-python; its converter writes the GGUF files in fp32:

    /somewhere/onnx-venv/bin/pip install sentencepiece==0.2.3 protobuf
    /somewhere/onnx-venv/bin/python test/bench/make_rerank_gguf.py /somewhere/llama.cpp /somewhere/minilm

The folder then also holds

- `xlm-roberta/`: XLMRobertaForSequenceClassification, the form of BAAI/bge-reranker-large, as large as the MiniLM and
  with seeded random weights, too; its Unigram tokenizer is trained on this repository's guides. Safetensors,
  `onnx/model.onnx` and `model.gguf`;
- `cross-encoder/model.gguf`: the MiniLM, whose pooler the converter leaves out;
- `like-llama.cpp/`: the same MiniLM, changed to what the server computes. Both token types have the same vector,
  because the server knows only the first. `onnx/model.onnx` has the GELU of the server, which uses tanh. For
  `model.gguf`, the pooler has a name that the converter keeps.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import sentencepiece
import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import CrossEncoder
from transformers import (
    BertConfig,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
    XLMRobertaTokenizerFast,
)

from make_minilm import SPREAD

REPOSITORY = Path(__file__).resolve().parents[2]


def main(llama_cpp: Path, folder: Path) -> None:
    make_xlm_roberta(folder / "xlm-roberta")
    make_alike(folder / "like-llama.cpp", folder / "cross-encoder")
    for name in ("xlm-roberta", "cross-encoder", "like-llama.cpp"):
        convert(llama_cpp, folder / name)


def make_xlm_roberta(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    folders = ("docs", "sample_documents")
    guides = [path for name in folders for path in sorted((REPOSITORY / name).glob("*.md"))]
    vocabulary = folder / "sentencepiece.bpe.model"
    sentencepiece.SentencePieceTrainer.train(
        input=",".join(map(str, guides)),
        model_prefix=str(vocabulary.with_suffix("")),
        vocab_size=4000,
        model_type="unigram",
        minloglevel=2,
    )
    vocabulary.with_suffix(".vocab").unlink()
    tokenizer = XLMRobertaTokenizerFast(vocab_file=str(vocabulary), model_max_length=512)
    torch.manual_seed(3)
    config = XLMRobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=384,
        num_hidden_layers=6,
        num_attention_heads=12,
        intermediate_size=1536,
        max_position_embeddings=514,
        type_vocab_size=1,
        initializer_range=SPREAD,
        num_labels=1,
    )
    XLMRobertaForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    export(folder)


def make_alike(folder: Path, source: Path) -> None:
    """Copies a BERT as llama.cpp understands it; its pooler is renamed after the export of its graph."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("onnx", "*.gguf"))
    weights = load_file(folder / "model.safetensors")
    types = weights["bert.embeddings.token_type_embeddings.weight"]
    types[1] = types[0]
    save(weights, folder)
    config = BertConfig.from_pretrained(folder)
    config.hidden_act = "gelu_new"
    config.save_pretrained(folder)
    export(folder)
    names = {"bert.pooler.dense": "classifier.dense", "classifier": "classifier.out_proj"}
    save({renamed(name, names): weight for name, weight in weights.items()}, folder)


def renamed(name: str, names: dict[str, str]) -> str:
    module, _, kind = name.rpartition(".")
    return f"{names.get(module, module)}.{kind}"


def save(weights: dict[str, torch.Tensor], folder: Path) -> None:
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


def export(folder: Path) -> None:
    model = CrossEncoder(str(folder), backend="onnx", model_kwargs={"export": True})
    model.save_pretrained(str(folder))


def convert(llama_cpp: Path, folder: Path) -> None:
    script = llama_cpp / "convert_hf_to_gguf.py"
    command = [sys.executable, str(script), str(folder), "--outtype", "f32"]
    subprocess.run([*command, "--outfile", str(folder / "model.gguf")], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
