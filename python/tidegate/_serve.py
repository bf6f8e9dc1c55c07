"""What `tidegate flow` and its like start, until they are told to end."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Any

from tidegate import _signals
from tidegate.errors import (
    BadConfigSource,
    ConfigError,
    FlowMissingDeploymentError,
    FlowTopologyError,
    NotSupportedError,
    RuntimeFailToStart,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Exit codes; `docs/reference/cli.md` lists them.
FAILED, WRONG_FILE, NOT_BUILT = 1, 3, 4

_START, _END = "start-gateway", "end-gateway"


def serve(verb: str, file: str | None, options: Mapping[str, Any]) -> int:
    """Serves until Ctrl-C or SIGTERM; gives the exit code."""
    from tidegate._alias import spawned

    spawned.follow()
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    os.environ.update({str(k): str(v) for k, v in (options.get("env") or {}).items()})
    try:
        server = _made(verb, file, dict(options))
        with server:
            server.block()
    except KeyboardInterrupt:
        return 0
    except SystemExit as told:
        # SIGTERM: everything has ended by now, in good order.
        return 0 if told.code == _signals.EXIT_CODE else FAILED
    except NotSupportedError as error:
        return _told(error, NOT_BUILT)
    except (BadConfigSource, ConfigError, FlowTopologyError, FlowMissingDeploymentError) as error:
        return _told(error, WRONG_FILE)
    except RuntimeFailToStart as error:
        return FAILED if error.was_shown else _told(error, FAILED)
    return 0


def draw(words: list[str]) -> int:
    """Draws the graph of the Flow that a file describes."""
    from tidegate.flow import Flow

    source, output, vertical = words
    try:
        flow = Flow.load_config(source)
        flow.plot(output=output, vertical_layout=vertical == "true")
    except NotSupportedError as error:
        return _told(error, NOT_BUILT)
    except (BadConfigSource, ConfigError, FlowTopologyError, FlowMissingDeploymentError) as error:
        return _told(error, WRONG_FILE)
    sys.stdout.write(f"wrote {output}\n")
    return 0


def _told(error: BaseException, code: int) -> int:
    sys.stderr.write(f"tidegate: {error}\n")
    return code


def _made(verb: str, file: str | None, options: dict[str, Any]) -> Any:
    if verb == "flow":
        from tidegate.flow import Flow

        return Flow.load_config(file, **options)
    if verb == "gateway":
        return _gateway(options)
    from tidegate.deployment import Deployment

    return Deployment.load_config(file, **options) if file else Deployment(**options)


def _gateway(options: dict[str, Any]) -> Any:
    """A Flow of Executors that run elsewhere, as Jina's gateway is told of them."""
    from tidegate.flow import Flow

    edges = _json(options, "graph_description", dict)
    addresses = _json(options, "deployments_addresses", dict)
    conditions = _json(options, "graph_conditions", dict)
    metadata = _json(options, "deployments_metadata", dict)
    unreduced = _json(options, "deployments_no_reduce", list)
    needs: dict[str, list[str]] = {}
    for source, targets in edges.items():
        for target in targets:
            needs.setdefault(target, []).append("gateway" if source == _START else source)
    flow = Flow(**options)
    for name in _sorted(needs):
        if name == _END:
            continue
        places = addresses.get(name)
        if not places:
            raise ConfigError(f"`--deployments-addresses` says nowhere where `{name}` is reached")
        flow.add(
            name=name,
            needs=needs[name],
            external=True,
            host=places,
            when=conditions.get(name),
            no_reduce=name in unreduced,
            grpc_metadata=metadata.get(name),
            copy_flow=False,
        )
    ends = needs.get(_END, [])
    return flow.needs(ends, name="joiner", copy_flow=False) if len(ends) > 1 else flow


def _sorted(needs: Mapping[str, list[str]]) -> list[str]:
    """The names in an order in which each comes after all that it needs."""
    import graphlib

    try:
        order = graphlib.TopologicalSorter(needs).static_order()
        return [name for name in order if name in needs]
    except graphlib.CycleError as error:
        circle = " needs ".join(f"`{name}`" for name in error.args[1])
        raise FlowTopologyError(f"`--graph-description` has a circle: {circle}") from None


def _json(options: dict[str, Any], name: str, kind: type) -> Any:
    text = options.pop(name, None)
    if text is None:
        return kind()
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"`--{name.replace('_', '-')}` is no JSON: {error}") from None
    if not isinstance(value, kind):
        raise ConfigError(f"`--{name.replace('_', '-')}` is a JSON {kind.__name__}, not {value!r}")
    return value
