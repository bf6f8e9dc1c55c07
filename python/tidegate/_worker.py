"""The program of a worker process: `python -m tidegate._worker`, spawned by a Flow.

Standard input is the channel to the gateway; see the frame protocol in `crates/transport`.
"""

from __future__ import annotations

import asyncio
import contextvars
import io
import json
import os
import signal
import sys
from typing import Any

from tidegate import _serving
from tidegate._tidegate import WorkerChannel

# How long cancelled calls may take to end, and `close` at the least, beyond the grace of a drain.
_CANCEL_LIMIT = 0.5
_CLOSE_LIMIT = 2.0
# The grace where nobody has named one: SIGTERM, a broken channel.
_TERM_GRACE = 10.0
_BROKEN_GRACE = 0.5


class _Worker:
    """An Executor that serves."""

    def __init__(
        self, channel: WorkerChannel, settings: dict[str, Any], loop: asyncio.AbstractEventLoop
    ) -> None:
        self.channel = channel
        self.settings = settings
        self.loop = loop
        self.running = _serving.Running(loop)
        self.threads = _serving.SyncThreads("tidegate-sync")
        self.ending = False
        self.code = 0

    def load(self) -> tuple[Any, contextvars.Context]:
        from tidegate import _loading

        def make() -> Any:
            return _loading.load(self.settings, self.channel.blob)

        return self.loop.run_until_complete(_serving.set_up(make))

    def serve(self, executor: Any, context: contextvars.Context) -> int:
        endpoints = list(executor._endpoint_table())
        self.channel.serve(
            _serving.ServeOptions(
                loop=self.loop,
                context=context,
                executor=type(executor).__name__,
                pod=self.settings["pod"],
                endpoints=endpoints,
                limits=_serving.limits(self.settings),
                output_array_type=self.settings.get("output_array_type"),
                on_thread=self.threads.add,
                max_message_bytes=self.settings.get("max_message_bytes", 256 * 1024 * 1024),
                on_idle=self.running.stop,
                on_drain=self.drain,
                on_gone=self.gone,
            )
        )
        executor._batch_source = self.channel.batch_counts
        if not all(endpoint.is_async for endpoint in endpoints):
            self.threads.serve(self.channel.run_sync)
        self.loop.add_signal_handler(signal.SIGTERM, self.drain, _TERM_GRACE)
        self.running.run()
        self.running.finish(executor)
        self.channel.close()
        self.channel.closed()
        return self.code

    def drain(self, grace: float) -> None:
        """Finishes what runs within `grace` seconds, cancels the rest, and ends."""
        if self.ending:
            return
        self.ending = True
        self.channel.drain(grace + max(grace, _CLOSE_LIMIT))
        self.loop.call_later(grace, self.channel.cancel_all)
        # A sync method cannot be cancelled: the loop ends without it.
        self.loop.call_later(grace + _CANCEL_LIMIT, self.running.stop)

    def gone(self, reason: str | None) -> None:
        """The channel can be read no more: the gateway has gone, or what came is no frame."""
        if reason is not None:
            self.code = 1
            pod = self.settings["pod"]
            _say(f"worker '{pod}': the channel to the gateway is broken: {reason}; the worker ends")
        self.drain(_BROKEN_GRACE if reason is not None else 0.0)
        self.channel.cancel_all()

    def end(self) -> None:
        """Leaves, also where a sync method does not come back."""
        self.channel.end_sync()
        if not self.threads.join(0.2):
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(self.code)


def _on_interrupt(signum: int, frame: Any) -> None:
    """Leaves Ctrl-C to the parent. Unlike `SIG_IGN`, a function is not inherited by programs."""


def _say(line: str) -> None:
    sys.stderr.write(f"tidegate {line}\n")


def _buffer_lines() -> None:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)


def main() -> int:
    """Runs the worker; gives its exit code."""
    signal.signal(signal.SIGINT, _on_interrupt)
    _buffer_lines()
    try:
        channel = WorkerChannel()
    except Exception as error:
        _say(f"worker: {error}")
        return 1
    os.register_at_fork(after_in_child=channel.forked)
    settings = json.loads(channel.settings)
    loop = _serving.new_loop()
    asyncio.set_event_loop(loop)
    worker = _Worker(channel, settings, loop)
    try:
        executor, context = worker.load()
    except BaseException as error:
        _serving.trim(error)
        channel.fail(error, settings.get("name", ""))
        return 1
    code = worker.serve(executor, context)
    worker.end()
    return code


if __name__ == "__main__":
    sys.exit(main())
