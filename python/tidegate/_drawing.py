"""A Flow's graph as a picture, drawn here: nothing is sent anywhere."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from tidegate import _external, _sharding
from tidegate.errors import ConfigError, TidegateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate._spec import DeploymentSpec


class PlotMixin:
    """What draws a Flow."""

    _specs: tuple[DeploymentSpec, ...]

    @property
    def name(self) -> str:
        """The Flow's name."""
        raise NotImplementedError

    def _laid_out(self) -> tuple[DeploymentSpec, ...]:
        raise NotImplementedError

    def plot(
        self,
        output: str | os.PathLike[str] | None = None,
        vertical_layout: bool = False,
        inline_display: bool = False,
        build: bool = True,
        copy_flow: bool = True,
    ) -> Self:
        """Draws the Flow's graph, into a file or in a notebook. Nothing is asked of the network.

        A notebook shows the Flow that a cell ends with, so `f.plot()` as its last line draws it.

        Args:
            output: The file to write: an SVG or a PNG, as its name ends.
            vertical_layout: Lets requests go from top to bottom, not from left to right.
            inline_display: Shows the picture in the notebook at once; elsewhere it does nothing.
            build: Draws what would start: with what joins the Executors that inspect. Otherwise
                the Executors are drawn as they were added.
            copy_flow: Of no use here: drawing never changes the Flow.

        Returns:
            The Flow.

        Raises:
            ConfigError: A graph that cannot be built, or a name that ends in neither.
        """
        _ = copy_flow
        specs = self._laid_out() if build else self._specs
        if output is not None:
            path = Path(output)
            kind = path.suffix.lower().removeprefix(".")
            if kind not in ("svg", "png"):
                raise ConfigError(
                    f"`output={os.fspath(output)!r}`: a Flow is drawn as SVG or PNG, so the name "
                    "ends in `.svg` or `.png`"
                )
            path.write_bytes(drawn(self.name, specs, vertical=vertical_layout, kind=kind))
        if inline_display:
            _show(drawn(self.name, specs, vertical=vertical_layout, kind="svg").decode())
        return self

    def _repr_svg_(self) -> str | None:
        """The picture that a notebook shows; none of a graph that cannot be built."""
        try:
            return drawn(self.name, self._laid_out(), vertical=False, kind="svg").decode()
        except TidegateError:
            return None


def drawn(name: str, specs: Sequence[DeploymentSpec], *, vertical: bool, kind: str) -> bytes:
    """Gives the picture of a graph, `svg` or `png`."""
    from tidegate._tidegate import draw_flow

    nodes = [_node(spec) for spec in specs]
    picture: bytes = draw_flow(name, nodes, vertical=vertical, format=kind)
    return picture


def _node(spec: DeploymentSpec) -> dict[str, Any]:
    rule, endpoints = _sharding.polling(spec)
    addresses = _external.addresses(spec) if spec.external else []
    return spec.node() | {
        "role": spec.role,
        "uses": _class_name(spec.uses),
        "replicas": spec.replicas,
        "shards": spec.shards,
        "polling": ", ".join([rule, *(f"{path}: {own}" for path, own in endpoints.items())]),
        "before": _class_name(spec.uses_before),
        "after": _class_name(spec.uses_after),
        "addresses": [
            f"{'grpcs' if tls else 'grpc'}://{host}:{port}" for host, port, tls in addresses
        ],
        "inline": spec.inline,
    }


def _class_name(uses: Any) -> str | None:
    if isinstance(uses, type):
        return uses.__name__
    return None if uses is None else str(uses).replace(":", ".").rpartition(".")[2]


def _show(svg: str) -> None:
    # A notebook has imported it; anywhere else there is nothing to show a picture on.
    interactive = sys.modules.get("IPython")
    if interactive is None or interactive.get_ipython() is None:
        return
    from importlib import import_module

    shown = import_module("IPython.display")
    shown.display(shown.SVG(svg))
