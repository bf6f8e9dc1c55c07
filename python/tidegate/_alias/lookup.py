"""Conditions on a Document by hand: what programs take from `docarray.array.queryset`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

from tidegate._tidegate import DocumentArray

PLACEHOLDER_PATTERN = re.compile(r"\{\s*([a-zA-Z0-9_]*)\s*}")
LOGICAL_OPERATORS: dict[str, Any] = {"$and": "and", "$or": "or", "$not": True}
COMPARISON_OPERATORS = {
    "$lt": "lt",
    "$gt": "gt",
    "$lte": "lte",
    "$gte": "gte",
    "$eq": "exact",
    "$neq": "neq",
    "$exists": "exists",
}
REGEX_OPERATORS = {"$regex": "regex"}
ARRAY_OPERATORS = {"$size": "size"}
MEMBERSHIP_OPERATORS = {"$in": "in", "$nin": "nin"}
SUPPORTED_OPERATORS = {
    **COMPARISON_OPERATORS,
    **ARRAY_OPERATORS,
    **REGEX_OPERATORS,
    **MEMBERSHIP_OPERATORS,
}


class LookupyError(Exception):
    """A condition whose value cannot be compared with."""


def dunder_partition(key: str) -> tuple[str, str | None]:
    """Parts a key like `tags__price__lt` into the field and the operator."""
    field, mark, operator = key.rpartition("__")
    return (field, operator) if mark else (key, None)


def iff(precond: Callable[[Any], bool], val: Any, f: Callable[[Any], Any]) -> Any:
    """Calls the function where the value meets the condition; else the answer is False."""
    return f(val) if precond(val) else False


iff_not_none = partial(iff, lambda value: value is not None)


def guard_type(classinfo: Any, val: Any) -> Any:
    """Gives the value, or refuses it where it is of another type."""
    if not isinstance(val, classinfo):
        raise LookupyError(f"{val!r} is no {getattr(classinfo, '__name__', classinfo)}")
    return val


guard_str = partial(guard_type, str)
guard_list = partial(guard_type, list)


def guard_iter(val: Any) -> Any:
    """Gives the value, or refuses it where it cannot be iterated over."""
    if not hasattr(val, "__iter__"):
        raise LookupyError(f"{val!r} cannot be iterated over")
    return val


#: What each operator makes of a field that is there and the value to compare with.
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "contains": lambda have, want: guard_str(want) in have,
    "icontains": lambda have, want: guard_str(want).lower() in have.lower(),
    "startswith": lambda have, want: have.startswith(guard_str(want)),
    "istartswith": lambda have, want: have.lower().startswith(guard_str(want).lower()),
    "endswith": lambda have, want: have.endswith(guard_str(want)),
    "iendswith": lambda have, want: have.lower().endswith(guard_str(want).lower()),
    "gt": lambda have, want: have > want,
    "gte": lambda have, want: have >= want,
    "lt": lambda have, want: have < want,
    "lte": lambda have, want: have <= want,
    "regex": lambda have, want: re.search(want, have) is not None,
    "size": lambda have, want: len(have) == want,
}
#: The same of operators for which None is a value as any other.
_COMPARE_ALL: dict[str, Callable[[Any, Any], Any]] = {
    "exact": lambda have, want: have == want,
    "neq": lambda have, want: have != want,
    "in": lambda have, want: have in guard_iter(want),
    "nin": lambda have, want: have not in guard_iter(want),
}


def lookup(key: str, val: Any, doc: Any) -> bool:
    """Tells whether a Document meets a condition like `lookup('tags__price__lt', 3, doc)`.

    A value `'{field}'` stands for that field of the Document.
    """
    field, operator = dunder_partition(key)
    if isinstance(val, str) and val.startswith("{"):
        found = PLACEHOLDER_PATTERN.findall(val)
        if len(found) != 1:
            raise ValueError(f"{val!r} is no placeholder; '{{field}}' is one")
        val = doc._get_attributes(found[0])
    have = doc._get_attributes(field)
    if operator == "exists":
        if not isinstance(val, bool):
            raise ValueError(f"$exists is {val!r}, and True or False is what it can be")
        there = have is not None if "__" in field else field in doc.non_empty_fields
        return there == val
    if operator in _COMPARE_ALL:
        return bool(_COMPARE_ALL[operator](have, val))
    if operator in _COMPARE:
        return bool(iff_not_none(have, lambda value: _COMPARE[str(operator)](value, val)))
    raise ValueError(f"the operator {operator!r} of {key!r} is not known")


class LookupTreeElem:
    """A part of a condition; `|`, `&` and `~` make larger ones."""

    def __init__(self) -> None:
        """Makes a part that is not negated."""
        self.negate = False

    def evaluate(self, item: Any) -> bool:
        """Tells whether a Document meets it."""
        raise NotImplementedError

    def _joined(self, op: str, other: LookupTreeElem) -> LookupNode:
        node = LookupNode(op)
        node.add_child(self)
        node.add_child(other)
        return node

    def __or__(self, other: LookupTreeElem) -> LookupNode:
        return self._joined("or", other)

    def __and__(self, other: LookupTreeElem) -> LookupNode:
        return self._joined("and", other)


class LookupNode(LookupTreeElem):
    """Several conditions, of which all, or any, must be met."""

    def __init__(self, op: str = "and", negate: bool = False) -> None:
        """Takes 'and' or 'or', and whether the whole is negated."""
        super().__init__()
        self.children: list[LookupTreeElem] = []
        self.op = op
        self.negate = negate

    def add_child(self, child: LookupTreeElem) -> None:
        """Adds a condition."""
        self.children.append(child)

    def evaluate(self, doc: Any) -> bool:
        """Tells whether a Document meets them."""
        met = (child.evaluate(doc) for child in self.children)
        return (any(met) if self.op == "or" else all(met)) != self.negate

    def __invert__(self) -> LookupNode:
        node = LookupNode(self.op, not self.negate)
        node.children = list(self.children)
        return node

    def __repr__(self) -> str:
        return f"{self.op}: {self.children}"


class LookupLeaf(LookupTreeElem):
    """Conditions by keyword: `Q(text__exact='a', tags__price__lt=3)`."""

    def __init__(self, **kwargs: Any) -> None:
        """Takes the conditions, all of which must be met."""
        super().__init__()
        self.lookups = kwargs

    def evaluate(self, doc: Any) -> bool:
        """Tells whether a Document meets them."""
        return all(lookup(key, val, doc) for key, val in self.lookups.items()) != self.negate

    def __invert__(self) -> LookupLeaf:
        leaf = LookupLeaf(**self.lookups)
        leaf.negate = not self.negate
        return leaf

    def __repr__(self) -> str:
        return f"{self.lookups}"


Q = LookupLeaf
guard_Q = partial(guard_type, Q)  # noqa: N816 - the name that programs know


class QueryParser:
    """A filter as `find` takes it, for single Documents."""

    def __init__(self, conditions: dict[str, Any] | None = None) -> None:
        """Takes the filter; an empty one is met by all."""
        self.conditions = conditions or {}
        DocumentArray().find(self.conditions)

    def evaluate(self, doc: Any) -> bool:
        """Tells whether a Document meets it."""
        return bool(DocumentArray([doc]).find(self.conditions))

    def __call__(self, doc: Any) -> bool:
        return self.evaluate(doc)
