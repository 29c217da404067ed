"""Makes a cross-encoder of the form and size of ettin-reranker-17m-v1, with seeded random weights.

    python -m venv /elsewhere/onnx
    /elsewhere/onnx/bin/pip install torch==2.13.0 "sentence-transformers[onnx]==5.7.0"
    /elsewhere/onnx/bin/python test/bench/make_ettin.py /elsewhere/ettin

ModernBERT of 7 layers, 256 wide, 4 heads, and a head of Pooling (cls), Dense with GELU, LayerNorm and
Dense to one score. The graph in `cross-encoder/onnx/` holds the encoder only, as in the published
repository. The int8 graph is that of sentence-transformers' `export_dynamic_quantized_onnx_model`.
The tokenizer is a byte-level BPE trained on the sample documents, because the published vocabulary
cannot be downloaded everywhere; the embedding table has the published size.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
from sentence_transformers import CrossEncoder, export_dynamic_quantized_onnx_model
from sentence_transformers.base.modules import Dense, Transformer
from sentence_transformers.sentence_transformer.modules import LayerNorm, Pooling
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import nn
from transformers import ModernBertConfig, ModernBertModel, PreTrainedTokenizerFast

DOCUMENTS = Path(__file__).resolve().parents[2] / "sample_documents"
INT8 = "model_qint8_avx512_vnni.onnx"
WIDTH = 256
SPECIALS = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]


def main(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    torch.manual_seed(1)
    encoder, target = folder / "encoder", folder / "cross-encoder"
    tokenizer = train_tokenizer()
    tokenizer.save_pretrained(encoder)
    ModernBertModel(shape(tokenizer)).save_pretrained(encoder)
    modules = [
        Transformer(str(encoder), max_seq_length=512),
        Pooling(WIDTH, "cls"),
        Dense(WIDTH, WIDTH, bias=False, activation_function=nn.GELU()),
        LayerNorm(WIDTH),
        Dense(WIDTH, 1, activation_function=nn.Identity(), module_output_name="scores"),
    ]
    CrossEncoder(modules=modules, num_labels=1).save_pretrained(str(target))
    model = CrossEncoder(str(target), backend="onnx", model_kwargs={"export": True})
    model.save_pretrained(str(target))
    export_dynamic_quantized_onnx_model(model, "avx512_vnni", str(target))
    for name in ("model_int8.onnx", "model_quantized.onnx"):
        os.link(target / "onnx" / INT8, target / "onnx" / name)


def shape(tokenizer: PreTrainedTokenizerFast) -> ModernBertConfig:
    """The published configuration of ettin-encoder-17m."""
    return ModernBertConfig(
        vocab_size=50368,
        hidden_size=WIDTH,
        intermediate_size=384,
        num_hidden_layers=7,
        num_attention_heads=4,
        max_position_embeddings=7999,
        global_attn_every_n_layers=3,
        local_attention=128,
        initializer_range=0.08,
        pad_token_id=tokenizer.pad_token_id,
        cls_token_id=tokenizer.cls_token_id,
        sep_token_id=tokenizer.sep_token_id,
        bos_token_id=tokenizer.cls_token_id,
        eos_token_id=tokenizer.sep_token_id,
        attn_implementation="sdpa",
    )


def train_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=50254,
        special_tokens=SPECIALS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train([str(path) for path in sorted(DOCUMENTS.rglob("*.md"))], trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B [SEP]",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        pad_token="[PAD]",
        mask_token="[MASK]",
        model_max_length=512,
        model_input_names=["input_ids", "attention_mask"],
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
