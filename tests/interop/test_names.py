"""The modules and public names of the real docarray are there under the alias."""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys

from peer import INTEROP

#: What is compared: these modules and all below them.
MODULES = [
    "docarray.dataclasses",
    "docarray.document.mixins",
    "docarray.helper",
    "docarray.typing",
]
NO_RICH = "summaries are plain text and need no rich"
NO_PORTS = "free ports come from the system, there is no list of them"
#: What is left out, and why.
LEFT_OUT = {
    "docarray.document.mixins.rich_embedding": NO_RICH,
    "docarray.helper:check_root_id": "concerns stores other than memory",
    "docarray.helper:download_mermaid_url": "asks a web service of others",
    "docarray.helper:get_ci_vendor": "concerns reports of use, which are not made",
    "docarray.helper:get_full_version": "concerns reports of use, which are not made",
    "docarray.helper:reset_ports": NO_PORTS,
    "docarray.helper:assigned_ports": NO_PORTS,
    "docarray.helper:unassigned_ports": NO_PORTS,
}
LIST = """
import importlib, json, pkgutil, sys, types
found = {}
def visit(name):
    module = importlib.import_module(name)
    defined = []
    for key, value in vars(module).items():
        home = getattr(value, "__module__", None) or name
        if key.startswith("_") or key == "TYPE_CHECKING" or isinstance(value, types.ModuleType):
            continue
        if isinstance(home, str) and home.startswith("docarray"):
            defined.append(key)
    found[name] = defined
    for below in pkgutil.iter_modules(getattr(module, "__path__", [])):
        visit(f"{name}.{below.name}")
for name in json.loads(sys.argv[1]):
    visit(name)
print(json.dumps(found))
"""
LOOK = """
import importlib, json, sys
missing = []
for name, keys in json.loads(sys.argv[1]).items():
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError:
        missing.append(name)
        continue
    missing += [f"{name}:{key}" for key in keys if not hasattr(module, key)]
print(json.dumps(missing))
"""


def test_names(environment: dict[str, str], tmp_path: pathlib.Path) -> None:
    program = tmp_path / "look.py"
    program.write_text(LOOK)
    told = _output([str(INTEROP), "-W", "ignore", "-c", LIST, json.dumps(MODULES)], environment)
    names = json.loads(told)
    assert len(names) > len(MODULES)
    ours = [sys.executable, "-m", "tidegate", "run", str(program), json.dumps(names)]
    assert sorted(json.loads(_output(ours, environment))) == sorted(LEFT_OUT)


def _output(command: list[str], environment: dict[str, str]) -> str:
    run = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr[-3000:]
    return run.stdout.splitlines()[-1]
