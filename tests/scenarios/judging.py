"""Whether what a scenario gave is what it expects."""

from __future__ import annotations

from typing import Any


def differences(scenario: dict[str, Any], gave: dict[str, Any]) -> list[str]:
    """Gives what is not as expected, a line for each."""
    if "broken" in gave:
        return [gave["broken"]]
    if "refused" in scenario:
        said = gave["refused"]
        if said is None:
            return ["it was not refused"]
        return [
            f"not said: {word!r}, but {said!r}" for word in scenario["refused"] if word not in said
        ]
    found = []
    pairs = zip(scenario["requests"], gave["answers"], strict=True)
    for number, (request, answer) in enumerate(pairs):
        found += [f"request {number}: {line}" for line in _of_one(request["expect"], answer)]
    if "notes" in scenario and gave["notes"] != sorted(scenario["notes"]):
        found.append(f"notes: {gave['notes']}, not {sorted(scenario['notes'])}")
    return found


def _of_one(expect: dict[str, Any], answer: dict[str, Any]) -> list[str]:
    if "raised" in answer and "raised" not in expect:
        return [f"it raised {answer['raised'][0]}: {answer['said']}"]
    found = []
    if answer.get("error") and "error" not in expect:
        found.append(f"it failed: {answer['error']}")
    for key, wanted in expect.items():
        given = answer.get(key)
        if key in ("texts", "spread"):
            fits = given == wanted
        elif key == "pods":
            given = sorted(answer.get("spread", ()))
            fits = given == sorted(wanted)
        elif key == "count":
            given = len(answer.get("docs", ()))
            fits = given == wanted
        elif key == "exactly":
            given = answer.get("results")
            fits = _within(wanted, given, exactly=True)
        elif key == "results":
            fits = given is not None and set(given) == set(wanted) and _within(wanted, given)
        elif key == "ran":
            fits = given is not None and set(wanted) <= set(given)
        elif key == "never":
            given = answer.get("ran")
            fits = given is not None and not set(wanted) & set(given)
        elif key == "took":
            fits = given is not None and wanted["least"] <= given <= wanted["most"]
        elif key == "raised":
            fits = given is not None and wanted in given
        elif key == "error" and wanted is None:
            fits = given is None
        else:
            fits = _within(wanted, given)
        if not fits:
            found.append(f"{key}: {given!r}, not {wanted!r}")
    return found


def _within(wanted: Any, given: Any, *, exactly: bool = False) -> bool:
    """Whether all that is wanted is there; dicts may have more. `exactly`: 1 is not 1.0."""
    if isinstance(wanted, dict):
        return isinstance(given, dict) and all(
            key in given and _within(value, given[key], exactly=exactly)
            for key, value in wanted.items()
        )
    if isinstance(wanted, list):
        return (
            isinstance(given, list)
            and len(wanted) == len(given)
            and all(_within(w, g, exactly=exactly) for w, g in zip(wanted, given, strict=True))
        )
    return bool(wanted == given) and (not exactly or type(wanted) is type(given))
