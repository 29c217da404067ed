"""FlashRank's own Ranker, defaults: `CACHE`, where our graph lies under a name that FlashRank knows."""

import sys

from flashrank import Ranker, RerankRequest
from protocol import serve

ranker = Ranker(model_name="ms-marco-MiniLM-L-12-v2", cache_dir=sys.argv[1], log_level="WARNING")


def score(query: str, texts: list[str]) -> list[float]:
    passages = [{"id": place, "text": text} for place, text in enumerate(texts)]
    ranked = ranker.rerank(RerankRequest(query=query, passages=passages))
    return [passage["score"] for passage in sorted(ranked, key=lambda passage: passage["id"])]


serve(["flashrank", "onnxruntime", "tokenizers"], score)
