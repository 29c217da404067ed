"""ONNX Runtime and the Rust tokenizer with nothing between: `KIND FOLDER GRAPH SESSIONS THREADS BATCH WIDENED`.

Batches are cut from the texts sorted by length and padded to their longest; each session runs one at a
time. A bi-encoder's tokens are pooled by mean, and vectors brought to unit length. WIDENED is 1 for exact
int8 sums on processors whose own kernels saturate; on others it only takes longer. Of an encoder without
its head, the first number is taken for the score: its time is what the graph alone takes.
"""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

import numpy as np
import onnxruntime as ort
from protocol import serve
from tokenizers import Encoding, Tokenizer

kind, folder, graph, *numbers = sys.argv[1:]
session_count, thread_count, batch_size, widened = map(int, numbers)
tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
tokenizer.enable_truncation(512 if kind == "cross-encoder" else 256)
options = ort.SessionOptions()
options.intra_op_num_threads = thread_count
options.add_session_config_entry("session.x64quantprecision", str(widened))
idle: SimpleQueue[ort.InferenceSession] = SimpleQueue()
for _ in range(session_count):
    idle.put(ort.InferenceSession(Path(folder) / graph, options, ["CPUExecutionProvider"]))
executor = ThreadPoolExecutor(session_count)


def run(encodings: list[Encoding]) -> np.ndarray:
    shape = (len(encodings), len(encodings[0].ids))
    feeds = {
        name: np.zeros(shape, np.int64)
        for name in ("input_ids", "attention_mask", "token_type_ids")
    }
    for row, encoding in enumerate(encodings):
        length = len(encoding.ids)
        feeds["input_ids"][row, :length] = encoding.ids
        feeds["attention_mask"][row, :length] = 1
        feeds["token_type_ids"][row, :length] = encoding.type_ids
    mask = feeds["attention_mask"]
    session = idle.get()
    try:
        known = [each.name for each in session.get_inputs()]
        output = session.run(None, {name: feeds[name] for name in known})[0]
    finally:
        idle.put(session)
    if kind == "bi-encoder":
        return pooled(output, mask)
    return output.reshape(len(encodings), -1)[:, 0]


def pooled(tokens: np.ndarray, mask: np.ndarray) -> np.ndarray:
    sums = np.einsum("rtd,rt->rd", tokens, mask.astype(np.float32))
    return sums / np.linalg.norm(sums, axis=1, keepdims=True)


def work(texts: list[str], query: str | None = None) -> np.ndarray:
    inputs = texts if query is None else [(query, text) for text in texts]
    encodings = tokenizer.encode_batch(inputs)
    order = sorted(range(len(texts)), key=lambda place: -len(encodings[place].ids))
    places = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    results = executor.map(run, ([encodings[place] for place in batch] for batch in places))
    rows = np.concatenate(list(results))
    answer = np.empty_like(rows)
    answer[order] = rows
    return answer


serve(["onnxruntime", "tokenizers"], work)
