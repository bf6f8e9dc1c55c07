"""Plays scenarios: builds the Flow of each, sends its requests, and gives what came back.

Plain Jina code but for `inline`, so that a real Jina plays the same files: `player.py FILE...`.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import behaviours
import yaml

try:
    from tidegate import Deployment, Document, DocumentArray, Flow
except ImportError:
    from docarray import Document, DocumentArray
    from jina import Deployment, Flow

HERE = Path(__file__).parent
#: How long what nobody waits for may take to leave its notes.
NOTED_WITHIN = 20.0


def scenarios(*files: str | Path) -> dict[str, dict[str, Any]]:
    """Gives the scenarios of some files, or of all, by `file: name`."""
    found = {}
    for file in map(Path, files or sorted(HERE.glob("*.yaml"))):
        for scenario in yaml.safe_load(file.read_text())["scenarios"]:
            key = f"{file.stem}: {scenario['name']}"
            assert key not in found, f"{key} twice"
            found[key] = scenario
    return found


def can_be_inline(executor: dict[str, Any]) -> bool:
    """Tells whether an Executor may run in the Flow's own process."""
    several = any(executor.get(count, 1) > 1 for count in ("replicas", "shards"))
    return "uses" in executor and not several and not executor.get("external")


def play(scenario: dict[str, Any], *, inline: bool = False) -> dict[str, Any]:
    """Plays one scenario: what each request gave, or why the Flow was refused."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        building = Building(folder, inline)
        for name, given in scenario.get("others", {}).items():
            other = stack.enter_context(building.served(given))
            building.ports[name] = other.port
        try:
            flow = building.flow(scenario["flow"])
            if "refused" in scenario:
                flow.build()
                return {"refused": None}
        except Exception as error:
            if "refused" in scenario:
                return {"refused": str(error)}
            raise
        with flow:
            answers = [ask(flow, request) for request in scenario["requests"]]
            awaited = set(scenario.get("notes", ()))
            until = time.monotonic() + NOTED_WITHIN
            while not awaited <= noted(folder) and time.monotonic() < until:
                time.sleep(0.02)
        return {"answers": answers, "notes": sorted(noted(folder))}


def noted(folder: str) -> set[str]:
    """Gives the notes that Executors left."""
    return {path.name for path in Path(folder).iterdir() if path.is_file()}


class Building:
    """Makes Flows out of what a file says."""

    def __init__(self, folder: str, inline: bool) -> None:
        self.folder, self.inline = folder, inline
        #: Where the other Flows and Deployments of the scenario listen.
        self.ports: dict[str, int] = {}

    def served(self, given: dict[str, Any]) -> Any:
        """Gives another Flow, or another Deployment."""
        if "executors" in given:
            return self.flow(given)
        return Deployment(**self.keywords(given))

    def flow(self, given: dict[str, Any]) -> Flow:
        """Gives the Flow that a scenario describes."""
        flow = Flow(**{"quiet": True, **given.get("with", {})})
        for executor in given["executors"]:
            said = dict(executor)
            method = said.pop("method", "add")
            positional = []
            if "deployment" in said:
                positional = [Deployment(**self.keywords(said.pop("deployment")))]
            flow = getattr(flow, method)(*positional, **self.keywords(said))
        return flow

    def keywords(self, said: dict[str, Any]) -> dict[str, Any]:
        """Gives what is said of an Executor with classes and ports in the place of names."""
        keywords = dict(said)
        for option in ("uses", "uses_before", "uses_after"):
            if option in keywords:
                keywords[option] = getattr(behaviours, keywords[option])
        if "uses_with" in keywords:
            keywords["uses_with"] = {
                key: self.folder if value == "${{ folder }}" else value
                for key, value in keywords["uses_with"].items()
            }
        if "port" in keywords:
            names = keywords["port"]
            ports = [self.ports[name] for name in ([names] if isinstance(names, str) else names)]
            keywords["port"] = ports[0] if isinstance(names, str) else ports
        if self.inline and can_be_inline(said):
            keywords["inline"] = True
        return keywords


def ask(flow: Flow, request: dict[str, Any]) -> dict[str, Any]:
    """Sends one request as often as it says; gives the last answer, and who answered how often."""
    answer: dict[str, Any] = {}
    spread: dict[str, int] = {}
    for _ in range(request.get("times", 1)):
        answer = ask_once(flow, request)
        for pod in answer.get("results", {}):
            spread[pod] = spread.get(pod, 0) + 1
    return {**answer, "spread": spread}


def ask_once(flow: Flow, request: dict[str, Any]) -> dict[str, Any]:
    """Sends one request and gives its answer as plain data."""
    got: list[Any] = []
    optional = {"target_executor": "target", "parameters": "parameters"}
    keywords = {name: request[key] for name, key in optional.items() if key in request}
    began = time.monotonic()
    try:
        flow.post(
            request.get("to", "/"),
            inputs=DocumentArray([document(given) for given in request.get("docs", ())]),
            on_always=got.append,
            on_error=lambda *_: None,
            **keywords,
        )
    except Exception as error:
        kinds = [kind.__name__ for kind in type(error).__mro__]
        return {"raised": kinds, "said": str(error), "took": time.monotonic() - began}
    return {**plain(got[0]), "took": time.monotonic() - began}


def document(given: dict[str, Any]) -> Document:
    """Makes a Document."""
    fields = dict(given)
    for nested in ("chunks", "matches"):
        if nested in fields:
            fields[nested] = DocumentArray([document(each) for each in fields[nested]])
    return Document(**fields)


def told(doc: Document) -> dict[str, Any]:
    """Gives what scenarios may ask of a Document."""
    return {
        "id": doc.id,
        "text": doc.text,
        "tags": doc.tags if isinstance(doc.tags, dict) else dict(doc.tags),
        "chunks": [told(each) for each in doc.chunks],
        "matches": [told(each) for each in doc.matches],
    }


def plain(response: Any) -> dict[str, Any]:
    """Gives a response as plain data."""
    parameters = dict(response.parameters)
    results = parameters.pop("__results__", {})
    header = response.header
    error = None
    if header.status.code != 0:
        exception = header.status.exception
        error = {
            "name": exception.name,
            "args": list(exception.args),
            "executor": exception.executor,
            "description": header.status.description,
        }
    return {
        "docs": [told(doc) for doc in response.docs],
        "texts": [doc.text for doc in response.docs],
        "results": results,
        "parameters": parameters,
        "ran": sorted({route.executor for route in response.routes} - {"gateway"}),
        "error": error,
    }


def main() -> None:
    """Plays the files that are named, a line of JSON for each scenario."""
    for key, scenario in scenarios(*sys.argv[1:]).items():
        if "jina" in scenario and not scenario["jina"].get("runs", True):
            continue
        try:
            gave = play(scenario)
        except BaseException:
            gave = {"broken": traceback.format_exc()}
        print("PEER " + json.dumps({"case": key, "gave": gave}, default=str), flush=True)


if __name__ == "__main__":
    main()
