"""The measured worker for mosec: gives back what came, over HTTP."""

from typing import Any

from mosec import Server, Worker


class Noop(Worker):
    """Does nothing."""

    def forward(self, data: dict[str, Any]) -> dict[str, Any]:
        """Gives back what came."""
        return data


if __name__ == "__main__":
    server = Server()
    server.append_worker(Noop, num=1)
    server.run()
