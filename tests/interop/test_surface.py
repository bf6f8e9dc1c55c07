"""All that the memory side of the real docarray has is there under the alias, called the same way.

What is left out, or told differently, stands in the tables below with the reason.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import Any

import pytest
from peer import HERE, INTEROP

#: Parts of module names that are left out, and why.
NO_MODULES = {
    **dict.fromkeys(
        ("annlite", "elastic", "milvus", "opensearch", "qdrant", "redis", "sqlite", "weaviate"),
        "stores other than memory are refused by name",
    ),
    **dict.fromkeys(
        ("distance.paddle", "distance.tensorflow", "distance.torch"),
        "no framework is imported; cdist takes their arrays",
    ),
    "storage.registry": "tells stores apart, of which there is one",
    "base.helper": "what stores keep beside their rows",
    "io.pbar": "progress bars of rich; progress needs no package here",
    "dataloader.helper": "the reader behind dataloader",
    "mixins._property": "generated code of the native properties",
    "rich_embedding": "a way for rich to draw; summary needs no rich",
    "strawberry_type": "the real one cannot be asked: strawberry is not in its environment",
}
#: Names that are left out, and why.
NO_NAMES = {
    **dict.fromkeys(
        ("assigned_ports", "unassigned_ports", "reset_ports"), "ports are the system's to give"
    ),
    **dict.fromkeys(
        ("get_ci_vendor", "get_full_version", "download_mermaid_url"), "reports to a cloud, drawing"
    ),
    **dict.fromkeys(
        ("check_root_id", "needs_id2offset_rebuild", "TypeMap", "sync"), "inner parts of stores"
    ),
    "nbytes": "of scores it fails: they cannot be serialised alone; of Documents see their tests",
    "LazyRequestReader": "reads pulls from the cloud",
    "MISSING": "the standard library's, which the real one imports",
    "T_DA": "a type variable of the source",
    "get_framework": "an inner part of embed",
}
#: Modules of which nothing but what is named is compared, for the rest are inner parts.
INNER = {"docarray.array.mixins.traverse": {"TraverseMixin"}}
#: Signatures that are not compared, as `Class.name`, and why.
_ONE_TYPE = "its default is of one of several types, which a native signature tells as None"
_STORE = "takes arguments for stores, which are refused"
_LEAN = "takes arguments for parsers that are not used"
NO_SIGNATURES = {
    "Document": "made natively: takes anything, as the real one",
    "DocumentArray": "made natively: takes anything, as the real one",
    "ChunkArray": "made natively: takes anything",
    "MatchArray": "made natively: takes anything",
    "NamedScore": "made natively: takes anything",
    "find": _ONE_TYPE,
    "match": _ONE_TYPE,
    "save_csv": _ONE_TYPE,
    "get_vocabulary": _ONE_TYPE,
    "embed_and_evaluate": _ONE_TYPE,
    "dunder_get": "its first argument has a name in ours",
    "evaluate": "metrics may be given by its older name, so it is not required",
    "empty": _STORE,
    "extend": _STORE,
    "append": "told as value in all arrays",
    "from_bytes": _STORE,
    "from_base64": _STORE,
    **dict.fromkeys(("from_dict", "from_json", "from_list", "load_json"), _LEAN),
}
#: Classes whose members are compared; the others that are there are names of these.
CLASSES = ("Document", "DocumentArray", "ChunkArray", "MatchArray", "NamedScore")
PICKLES = ("'pickle'", "'pickle-array'")


def told(*argv: str) -> dict[str, Any]:
    """What one side says of its modules."""
    run = subprocess.run(
        argv, capture_output=True, text=True, timeout=180, check=False, cwd=HERE / "peers"
    )
    assert run.returncode == 0, run.stderr[-3000:]
    said: dict[str, Any] = json.loads(run.stdout)
    return said


@pytest.fixture(scope="module")
def sides(environment: dict[str, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the real one has, and what ours has of the same modules."""
    listing = (
        "import pkgutil, docarray; "
        "print('docarray', *(m.name for m in pkgutil.walk_packages("
        "docarray.__path__, 'docarray.', onerror=lambda name: None)))"
    )
    found = subprocess.run(
        [str(INTEROP), "-c", listing], capture_output=True, text=True, timeout=60, check=True
    )
    names = [m for m in found.stdout.split() if not any(part in m for part in NO_MODULES)]
    assert len(names) > 60
    program = str(HERE / "peers" / "surface.py")
    ours = [sys.executable, "-m", "tidegate", "run", program]
    return told(str(INTEROP), program, *names), told(*ours, *names)


def same_signature(real: list[list[str]] | None, ours: list[list[str]] | None) -> bool:
    """Compares arguments; ours may have more by keyword, and pickle is no default of ours.

    A native signature has an object where a default is a tuple or below zero.
    """
    if real is None:
        return True
    if ours is None:
        return False
    public = [a for a in real if not a[0].startswith("_") or a[0] == "_obj"]
    given = [a for a in ours if not a[0].startswith("_") or a[0] == "_obj"]
    extra = len(given) - len(public)
    if extra > 0:
        names = {a[0] for a in public}
        given = [a for a in given if a[0] in names or a[1] not in ("KEYWORD_ONLY", "VAR_KEYWORD")]
    if len(given) != len(public):
        return False
    for (name, kind, default), (our_name, our_kind, our_default) in zip(public, given, strict=True):
        if (name, kind) != (our_name, our_kind):
            return False
        if default != our_default and our_default != "(an object)" and default not in PICKLES:
            return False
    return True


def compare_members(name: str, real: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """What of a class's members is not there, or called otherwise."""
    wrong = []
    for member, what in real.items():
        have = ours.get(member)
        if member in NO_NAMES:
            continue
        if have is None:
            wrong.append(f"{name}.{member} is not there")
        elif have["kind"] != what["kind"]:
            wrong.append(f"{name}.{member} is a {have['kind']}, not a {what['kind']}")
        elif member not in NO_SIGNATURES and not same_signature(
            what["signature"], have["signature"]
        ):
            wrong.append(f"{name}.{member}: {have['signature']}, not {what['signature']}")
    return wrong


def compare_module(module: str, real: dict[str, Any], ours: dict[str, Any]) -> list[str]:
    """What of a module is not there, or called otherwise."""
    if "missing" in ours:
        return [f"{module} is not there: {ours['missing']}"]
    wrong = []
    for name, what in real.items():
        have = ours.get(name)
        if name in NO_NAMES or name not in INNER.get(module, {name}):
            continue
        if have is None:
            wrong.append(f"{module}.{name} is not there")
        elif (
            what["kind"] == "callable"
            and name not in NO_SIGNATURES
            and not same_signature(what["signature"], have.get("signature"))
        ):
            wrong.append(f"{module}.{name}: {have.get('signature')}, not {what['signature']}")
        elif what["kind"] == "class" and name in CLASSES:
            wrong += compare_members(f"{module}.{name}", what["members"], have["members"])
    return wrong


def test_all_that_docarray_has_is_there(
    sides: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    real, ours = sides
    wrong = [each for module in real for each in compare_module(module, real[module], ours[module])]
    assert not wrong, "\n".join(wrong)


def test_stores_are_refused_by_name() -> None:
    documents = importlib.import_module("tidegate").DocumentArray
    with pytest.raises(Exception, match="sqlite"):
        documents(storage="sqlite")
