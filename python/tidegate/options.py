"""The keywords of `Flow`, `.add`, `Client` and `post`: what becomes of each.

A keyword is built, or Jina's and without effect here (a warning says so), or Jina's and not built
yet (refused where it would change results), or nobody's (refused with the nearest name). The table
itself is declared once, in Rust (`crates/core/src/spec/table.rs`): YAML's keys, the command line's
flags and `docs/reference/options.md` come from the same rows.
"""

from __future__ import annotations

import enum
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from tidegate._tidegate import _options, _renamed_options, nearest
from tidegate.errors import NotSupportedError, OptionTypeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class OptionWarning(UserWarning):
    """A keyword that has no effect here."""


class Fate(enum.Enum):
    """What becomes of a keyword."""

    BUILT = "built"
    INERT = "has no effect here"
    UNBUILT = "is not built yet"


class Place(enum.Flag):
    """Where a keyword may stand."""

    FLOW = 1
    ADD = 2
    CLIENT = 4
    POST = 8
    DEPLOYMENT = 16
    GATEWAY = 32
    BOTH = FLOW | ADD


class Option(NamedTuple):
    """One keyword."""

    name: str
    place: Place
    fate: Fate
    #: What it sets; for one without effect why; for one to come what to do instead.
    doc: str
    #: Values that ask for nothing: taken in silence, whatever the fate.
    idle: tuple[Any, ...] = (None, False)


_WHERE = {
    Place.FLOW: "Flow(...)",
    Place.ADD: ".add(...)",
    Place.CLIENT: "Client(...)",
    Place.POST: "post(...)",
    Place.DEPLOYMENT: "Deployment(...)",
    Place.GATEWAY: ".config_gateway(...)",
}

TABLE: tuple[Option, ...] = tuple(
    Option(name, Place(places), Fate[fate], doc, tuple(idle))
    for name, places, fate, doc, idle in _options()
)

#: Older spellings, and what they are called now.
RENAMED: dict[str, str] = dict(_renamed_options())


def options_of(place: Place) -> dict[str, Option]:
    """Gives the table's part for one place."""
    return {option.name: option for option in TABLE if option.place & place}


def resolve(place: Place, given: Mapping[str, Any], *, stacklevel: int = 3) -> dict[str, Any]:
    """Gives the built ones of the keywords; warns of the others, once, or refuses them."""
    table = options_of(place)
    where = _WHERE[place]
    built: dict[str, Any] = {}
    idle: list[Option] = []
    for spelt, value in given.items():
        name = RENAMED.get(spelt, spelt)
        option = table.get(name)
        if option is None:
            raise OptionTypeError(_unknown(spelt, where, table))
        if name != spelt and name in given:
            raise OptionTypeError(f"`{spelt}` is an older name of `{name}`: give one of them")
        if option.fate is Fate.BUILT:
            built[name] = value
        elif _asks_for_nothing(option, value):
            continue
        elif option.fate is Fate.UNBUILT:
            raise NotSupportedError(
                f"`{spelt}={value!r}` of `{where}` {Fate.UNBUILT.value}: {option.doc}"
            )
        else:
            idle.append(option)
    if idle:
        said = "; ".join(f"`{option.name}` has no effect here ({option.doc})" for option in idle)
        warnings.warn(f"{where}: {said}", OptionWarning, stacklevel=stacklevel)
    return built


def _asks_for_nothing(option: Option, value: Any) -> bool:
    return any(
        value is known or (type(value) is type(known) and value == known) for known in option.idle
    )


def _unknown(spelt: str, where: str, known: Iterable[str]) -> str:
    if spelt == "parallel":
        return (
            f"`parallel` of `{where}` is gone: choose `replicas`, or `shards` once there are some"
        )
    near = nearest(spelt, [*known, *RENAMED])
    hint = f"did you mean `{near}`?" if near else "docs/reference/options.md lists those there are"
    return f"`{where}` has no keyword `{spelt}`; {hint}"
