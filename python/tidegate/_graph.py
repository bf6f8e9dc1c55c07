"""How the Executors of a Flow are put together: who needs whom."""

from __future__ import annotations

import dataclasses
import warnings
from typing import TYPE_CHECKING, Any, Self

from tidegate import _spec, _yaml
from tidegate._spec import DeploymentSpec
from tidegate.errors import (
    ConfigError,
    FlowBuildLevelError,
    FlowMissingDeploymentError,
    FlowTopologyError,
    OptionTypeError,
)
from tidegate.options import OptionWarning, Place, resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

GATEWAY = "gateway"


class GraphMixin:
    """What describes a Flow's graph. Each method gives a copy, unless `copy_flow=False`."""

    _defaults: dict[str, Any]
    _options: dict[str, Any]
    _specs: tuple[DeploymentSpec, ...]
    #: Whose Documents the next Executor is given, unless it says otherwise.
    _last: str
    #: Executor that is inspected → what stands for it from then on.
    _inspected: dict[str, str]
    _running: Any

    def _copy(self) -> Self:
        raise NotImplementedError

    def add(
        self,
        obj: Any = None,
        *,
        needs: str | Sequence[str] | None = None,
        copy_flow: bool = True,
        deployment_role: Any = None,
        **kwargs: Any,
    ) -> Self:
        """Gives a copy of the Flow with one more Executor.

        Args:
            obj: A Deployment, whose settings are taken; keywords given here win.
            needs: The Executors whose Documents it is given, by name: the one added before, unless
                said; `gateway` stands for the request itself. Of several, Documents are
                merged by id, the first need winning, unless `no_reduce=True`.
            copy_flow: Otherwise the Flow itself gets the Executor.
            deployment_role: Of no use here.
            **kwargs: `name`, `uses`, `uses_with`, `replicas` and the others of `tidegate.options`.

        Raises:
            FlowTopologyError: It needs itself.
            ConfigError: Settings that cannot work.
        """
        kwargs = _of_deployment(obj) | kwargs
        return self._add(kwargs, needs=needs, copy_flow=copy_flow, role=_spec.EXECUTOR)

    def _add(
        self,
        kwargs: dict[str, Any],
        *,
        needs: Any,
        copy_flow: bool,
        role: str,
        stacklevel: int = 4,
    ) -> Self:
        flow = self._copy() if copy_flow else self
        if flow._running is not None:
            raise FlowBuildLevelError("the Flow is started: Executors are added before")
        built = resolve(Place.ADD, kwargs, stacklevel=stacklevel)
        built = _reachable({k: v for k, v in built.items() if v is not None}, stacklevel)
        if role == _spec.EXECUTOR:
            built = self._defaults | built
        built = _yaml.expand(built)
        built.pop("extra_search_paths", None)
        if isinstance(built.get("uses"), str) and not built.get("py_modules"):
            built["uses"] = _spec.find_subclass(built["uses"])
        name = built["name"] = self._free_name(built.get("name"), stacklevel)
        names = self._needed(name, needs, role)
        written = _written({**kwargs, "name": name}, role, needs)
        spec = DeploymentSpec(**built, needs=names, role=role, written=written)
        flow._specs = (*self._specs, spec)
        if not spec.floating and role != _spec.INSPECT:
            flow._last = name
        return flow

    def _needed(self, name: str, needs: Any, role: str) -> tuple[str, ...]:
        given = [needs] if isinstance(needs, str) else needs
        if given is None or given == []:
            given = [self._last]
        if not isinstance(given, (list, tuple, set, frozenset)) or not all(
            isinstance(need, str) for need in given
        ):
            raise OptionTypeError(f"`needs={needs!r}` of `{name}`: a name, or a list of names")
        names = sorted(given) if isinstance(given, (set, frozenset)) else list(given)
        if role not in (_spec.INSPECT, _spec.INSPECT_PASS, _spec.INSPECT_JOINER):
            names = [self._inspected.get(need, need) for need in names]
        if name in names:
            raise FlowTopologyError(f"`{name}` needs itself: name the Executors before it")
        return tuple(dict.fromkeys(names))

    def needs(
        self,
        needs: Sequence[str] | set[str],
        name: str = "joiner",
        copy_flow: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Joins Executors: what comes after is given the Documents of all, merged by id.

        Args:
            needs: Two names or more.
            name: The joint's own name.
            copy_flow: Otherwise the Flow itself is changed.
            **kwargs: As of `add`; with `uses` the joint is an Executor too.

        Raises:
            FlowTopologyError: Fewer than two names (it is a `ValueError` too).
        """
        if isinstance(needs, str) or len(set(needs)) < 2:
            raise _JoinOfOneError(
                f"`.needs({needs!r})` joins nothing: name two Executors or more, "
                "or say `needs=` in `.add(...)`"
            )
        return self._add(
            {"name": name, **kwargs}, needs=list(needs), copy_flow=copy_flow, role=_spec.JOINER
        )

    def needs_all(self, name: str = "joiner", copy_flow: bool = True, **kwargs: Any) -> Self:
        """Joins every Executor that nothing needs so far, floating ones left out.

        Args:
            name: The joint's own name.
            copy_flow: Otherwise the Flow itself is changed.
            **kwargs: As of `add`.
        """
        needed = {need for spec in self._specs for need in spec.needs}
        loose = [s.name for s in self._specs if s.name not in needed and not s.floating]
        return self._add(
            {"name": name, **kwargs}, needs=loose or None, copy_flow=copy_flow, role=_spec.JOINER
        )

    def inspect(self, name: str = "inspect", copy_flow: bool = True, **kwargs: Any) -> Self:
        """Adds an Executor beside the way, which sees the Documents of the one before.

        They go on as if it were not there.

        Args:
            name: Its name.
            copy_flow: Otherwise the Flow itself is changed.
            **kwargs: As of `add`.
        """
        last = self._last
        flow = self._add(
            {"name": name, **kwargs}, needs=last, copy_flow=copy_flow, role=_spec.INSPECT
        )
        passing = f"_aux_{flow._specs[-1].name}"
        flow = flow._add({"name": passing}, needs=last, copy_flow=False, role=_spec.INSPECT_PASS)
        flow._inspected = {**flow._inspected, last: passing}
        return flow

    def gather_inspect(
        self,
        name: str = "gather_inspect",
        include_last_deployment: bool = True,
        copy_flow: bool = True,
        **kwargs: Any,
    ) -> Self:
        """Joins all that `inspect` has added, so that an answer waits for it.

        Args:
            name: The joint's own name.
            include_last_deployment: Joins the Executor added last as well.
            copy_flow: Otherwise the Flow itself is changed.
            **kwargs: As of `add`.
        """
        needs = [spec.name for spec in self._specs if spec.role == _spec.INSPECT]
        if not needs:
            return self._copy() if copy_flow else self
        if include_last_deployment:
            # First, so that its Documents win over those of who only looked on.
            needs.insert(0, self._last)
        return self._add(
            {"name": name, **kwargs}, needs=needs, copy_flow=copy_flow, role=_spec.INSPECT_JOINER
        )

    def build(self, copy_flow: bool = False, **kwargs: Any) -> Self:
        """Checks the whole Flow and starts nothing; `start` and `with` do so too.

        Args:
            copy_flow: Gives a copy instead of the Flow itself.
            **kwargs: Of no use here.

        Raises:
            FlowMissingDeploymentError: Somebody needs an Executor that the Flow has not.
            FlowTopologyError: Executors need each other in a circle.
        """
        laid_out(self._specs, str(self._options.get("inspect") or "COLLECT"), self._last)
        return self._copy() if copy_flow else self

    def _free_name(self, wanted: str | None, stacklevel: int) -> str:
        taken = {spec.name for spec in self._specs}
        if wanted is None:
            number = len(taken)
            while f"executor{number}" in taken:
                number += 1
            return f"executor{number}"
        name, number = wanted, 0
        while name in taken:
            number += 1
            name = f"{wanted}{number}"
        if name != wanted:
            said = f"the Flow has an Executor `{wanted}` already: this one is `{name}`"
            warnings.warn(said, OptionWarning, stacklevel=stacklevel)
        return name

    def _names(self) -> str:
        return listed(spec.name for spec in self._specs)


_LOCAL = ("0.0.0.0", "127.0.0.1", "localhost", "[::1]", "::1")


def _reachable(built: dict[str, Any], stacklevel: int) -> dict[str, Any]:
    """Takes out where an Executor listens: a worker of ours listens nowhere."""
    if built.get("external"):
        return built
    host = built.pop("host", None)
    if host is not None and host not in _LOCAL:
        raise ConfigError(
            f"`host={host!r}`: an Executor that somebody else runs there is `external=True`"
        )
    for name in ("port", "tls", "grpc_metadata"):
        if built.pop(name, None):
            said = f"`{name}` has no effect here: a worker of this Flow listens on no port"
            warnings.warn(f".add(...): {said}", OptionWarning, stacklevel=stacklevel)
    return built


def _written(kwargs: dict[str, Any], role: str, needs: Any) -> dict[str, Any]:
    """Gives what a file says of an Executor; nothing of what comes about by itself."""
    said = {"needs": needs} if needs is not None else {}
    if role == _spec.INSPECT_PASS:
        return {}
    if role == _spec.INSPECT:
        return {"method": "inspect", **kwargs}
    if role == _spec.INSPECT_JOINER:
        return {"method": "gather_inspect", **kwargs}
    if role == _spec.JOINER and len(needs or ()) < 2:
        return {"method": "needs_all", **kwargs}
    return ({"method": "needs"} if role == _spec.JOINER else {}) | kwargs | said


class _JoinOfOneError(FlowTopologyError, ValueError):
    """Jina raises a `ValueError`."""


def listed(names: Iterable[str]) -> str:
    """Gives names for a message."""
    return ", ".join(f"`{name}`" for name in names) or "none"


def _of_deployment(obj: Any) -> dict[str, Any]:
    from tidegate.deployment import Deployment

    if obj is None:
        return {}
    if isinstance(obj, Deployment):
        return obj._given()
    raise OptionTypeError(f"`.add({obj!r})`: a Deployment, or an Executor's class as `uses=`")


def laid_out(
    specs: Sequence[DeploymentSpec], inspect: str, last: str
) -> tuple[DeploymentSpec, ...]:
    """Gives what is to run, checked: what inspects is joined, left hanging or taken out."""
    specs = _with_inspection(tuple(specs), inspect.upper(), last)
    names = [spec.name for spec in specs]
    for spec in specs:
        for need in spec.needs:
            if need != GATEWAY and need not in names:
                from tidegate._tidegate import nearest

                others = [name for name in names if name != spec.name]
                near = nearest(need, [*others, GATEWAY])
                hint = f"did you mean `{near}`?" if near else f"it has {listed(others)}"
                raise FlowMissingDeploymentError(
                    f"`{spec.name}` needs `{need}`, and the Flow has no Executor of that name; "
                    f"{hint}"
                )
    from tidegate._tidegate import plan_topology

    nodes = [spec.node() for spec in specs]
    try:
        plan_topology([{**node, "when": None} for node in nodes])
    except ConfigError as error:
        raise FlowTopologyError(str(error)) from None
    # Now the conditions, which are settings of each Executor.
    plan_topology(nodes)
    return specs


def _with_inspection(
    specs: tuple[DeploymentSpec, ...], inspect: str, last: str
) -> tuple[DeploymentSpec, ...]:
    if inspect not in ("COLLECT", "HANG", "REMOVE"):
        raise ConfigError(f"`inspect={inspect!r}`: `COLLECT`, `HANG` or `REMOVE`")
    if not any(spec.inspects for spec in specs):
        return specs
    if inspect == "REMOVE":
        stands_for = {spec.name: spec.needs[0] for spec in specs if spec.role == _spec.INSPECT_PASS}

        def real(name: str) -> str:
            while name in stands_for:
                name = stands_for[name]
            return name

        return tuple(
            dataclasses.replace(spec, needs=tuple(map(real, spec.needs)))
            for spec in specs
            if not spec.inspects
        )
    if inspect == "HANG":
        joined = {n for s in specs if s.role == _spec.INSPECT_JOINER for n in s.needs}
        return tuple(
            dataclasses.replace(spec, floating=True)
            if spec.role == _spec.INSPECT and spec.name not in joined
            else spec
            for spec in specs
        )
    if any(spec.role == _spec.INSPECT_JOINER for spec in specs):
        return specs
    beside = [spec.name for spec in specs if spec.role == _spec.INSPECT]
    joint = DeploymentSpec(name="gather_inspect", needs=(last, *beside), role=_spec.INSPECT_JOINER)
    return (*specs, joint)
