"""A batched worker that takes 10 ms a call, for mosec: gives back what came, over HTTP."""

import time
from typing import Any

from mosec import Server, Worker


class Batched(Worker):
    """Takes as long for a batch as for one item."""

    def forward(self, data: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Waits, and gives back what came."""
        time.sleep(0.01)
        return data


if __name__ == "__main__":
    server = Server()
    server.append_worker(Batched, num=1, max_batch_size=32, max_wait_time=5)
    server.run()
