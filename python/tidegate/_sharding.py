"""Which shards of an Executor a request is for, and the workers that make them up."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tidegate.errors import ConfigError

if TYPE_CHECKING:
    from tidegate._spec import DeploymentSpec


def polling(spec: DeploymentSpec) -> tuple[str, dict[str, str]]:
    """Gives the rule, `any` or `all`, and the rules of endpoints that have one of their own.

    `polling` is `ANY`, `ALL`, or a dict (or its JSON) from endpoint to one of these; `*` stands
    for the rest.
    """
    asked = spec.polling
    if isinstance(asked, str) and asked.lstrip().startswith("{"):
        try:
            asked = json.loads(asked)
        except ValueError as error:
            raise ConfigError(f"`polling` of `{spec.name}` is no JSON: {error}") from None
    if not isinstance(asked, Mapping):
        return _rule(spec, asked), {}
    rules = {str(endpoint): _rule(spec, rule) for endpoint, rule in asked.items()}
    return rules.pop("*", "any"), rules


def _rule(spec: DeploymentSpec, asked: Any) -> str:
    name = getattr(asked, "name", asked)
    if isinstance(name, str) and name.upper() in ("ANY", "ALL"):
        return name.lower()
    raise ConfigError(
        f"`polling={asked!r}` of `{spec.name}`: `ANY`, `ALL`, or a dict from endpoints to these"
    )


def add(runtime: Any, spec: DeploymentSpec, *, quiet: bool) -> None:
    """Adds an Executor's shards to the runtime, who stands around them, and their head."""
    import dataclasses

    shards = []
    devices: list[str] = []
    for shard in range(spec.shards):
        name = f"{spec.name}/shard-{shard}"
        worker = spec.worker(quiet=quiet, more={"shard_id": shard})
        # The devices go round over all shards, not anew in each.
        devices = worker["devices"] or devices
        if devices:
            start = shard * spec.replicas % len(devices)
            worker["devices"] = devices[start:] + devices[:start]
        runtime.add_worker(name, **worker)
        shards.append(name)
    around = {}
    for place, uses in (("before", spec.uses_before), ("after", spec.uses_after)):
        if uses is not None:
            part = dataclasses.replace(spec, **_part(spec, uses), replicas=1, shards=1)
            around[place] = f"{spec.name}/uses_{place}-0"
            runtime.add_worker(around[place], single=True, **part.worker(quiet=quiet))
    rule, endpoints = polling(spec)
    runtime.add_head(
        spec.name,
        shards,
        polling=rule,
        endpoints=endpoints,
        reduce=not spec.no_reduce,
        timeout_send=spec.send_limit,
        **around,
    )


def _part(spec: DeploymentSpec, uses: Any) -> dict[str, Any]:
    """What tells who stands before or after the shards from them."""
    from tidegate import _spec, _yaml

    if isinstance(uses, Mapping):
        said = _yaml.parts(uses, {})
        named = uses["jtype"]
        return {
            **said,
            "uses": named if said["py_modules"] else _spec.find_subclass(named),
            "described": True,
        }
    if isinstance(uses, str) and not spec.py_modules:
        uses = _spec.find_subclass(uses)
    plain = ("uses_with", "uses_metas", "uses_requests", "uses_dynamic_batching")
    return {"uses": uses, **dict.fromkeys(plain)}
