"""A batched sync method that takes 10 ms a call, ours: says its port, ends when its input does."""

import json
import sys
import time

from tidegate import Executor, Flow, dynamic_batching, requests


class Batched(Executor):
    """Takes as long for a batch as for one Document."""

    @requests(on="/noop")
    @dynamic_batching(preferred_batch_size=32, timeout=5)
    def encode(self, docs, **kwargs):
        """Waits."""
        time.sleep(0.01)


if __name__ == "__main__":
    with Flow(quiet=True).add(uses=Batched) as flow:
        print("PEER", json.dumps({"port": flow.port}), flush=True)
        sys.stdin.read()
