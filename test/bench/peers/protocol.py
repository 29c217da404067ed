"""How a Python program takes part in a peer benchmark: a JSON line in, a JSON line out."""

import json
import platform
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np


def serve(packages: list[str], work: Callable[..., Any]) -> None:
    """Tells the versions, then answers each request with the milliseconds of `work` and what it gave."""
    answers, sys.stdout = sys.stdout, sys.stderr
    versions = {"python": platform.python_version(), **{name: version(name) for name in packages}}
    print(json.dumps({"versions": versions}), file=answers, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        kept = request.pop("kept")
        start = time.perf_counter()
        result = work(**request)
        milliseconds = 1000 * (time.perf_counter() - start)
        numbers = np.asarray(result[:kept], dtype=float).tolist()
        answer = {"milliseconds": milliseconds, "count": len(result), "result": numbers}
        print(json.dumps(answer), file=answers, flush=True)
