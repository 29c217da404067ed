"""Times bm25s on the collection that bm25.mjs wrote; prints JSON. Needs `pip install bm25s==0.3.16`."""

import json
import statistics
import sys
import time

import bm25s

K = 10

with open(sys.argv[1], encoding="ascii") as file:
    collection = json.load(file)
documents = [text.split(" ") for text in collection["texts"]]
queries = [text.split(" ") for text in collection["queries"]]
start = time.perf_counter()
model = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
model.index(documents, show_progress=False)
build = time.perf_counter() - start


def once(query: list[str]) -> float:
    begin = time.perf_counter()
    model.retrieve([query], k=K, show_progress=False)
    return 1000 * (time.perf_counter() - begin)


for query in queries:
    once(query)
times = sorted(statistics.median(once(query) for _ in range(3)) for query in queries)
print(
    json.dumps(
        {
            "p50": times[len(times) // 2],
            "p95": times[int(0.95 * len(times))],
            "buildMs": 1000 * build,
        }
    )
)
