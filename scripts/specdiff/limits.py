"""Find the constants of the client that follow a number of upstream, by openapi/limits.yaml and the overlay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonpath

from scripts.codegen.limits import places
from scripts.spec.references import escape, parts, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .findings import Finding


def constants(
    limits: dict[str, Any], spec: dict[str, Any], overlay: dict[str, Any], upstream: dict[str, Any]
) -> dict[str, list[str]]:
    """Return the names of constants by the upstream pointers of their numbers."""
    copied = _copied(overlay, spec)
    found: dict[str, list[str]] = {}
    for name, limit in limits.items():
        for pointer in places(limit):
            names = found.setdefault(_in_upstream(copied.get(pointer, pointer), upstream), [])
            if name not in names:
                names.append(name)
    return found


def with_constants(finding: Finding, constants: Mapping[str, list[str]], *, blocked: bool) -> Finding:
    """Name the constants that come from a limit, and whether the client follows by itself.

    Args:
        finding: Any finding.
        constants: The names of constants by the pointers of the numbers that they come from.
        blocked: Whether something else has to be put right before anything can be generated.
    """
    if not finding.kind.startswith("limit-") or not (names := constants.get(finding.path)):
        return finding
    listed = " and ".join(names)
    follow = f"the client's batches and pages follow on `make spec generate`, by {listed}"
    if blocked or finding.new is None:
        verb = "comes" if len(names) == 1 else "come"
        follow = f"{listed} {verb} from it, in openapi/limits.yaml"
    return replace(finding, sentence=f"{finding.sentence.removesuffix('.')}; {follow}.")


def _copied(overlay: dict[str, Any], spec: dict[str, Any]) -> dict[str, str]:
    """Return the source of each number that the overlay copies."""
    return {
        _pointer(target): _pointer(source)
        for action in overlay["actions"]
        if "x-copy" in action
        for source in jsonpath.finditer(action["x-copy"], spec)
        for target in jsonpath.finditer(action["target"], spec)
    }


def _pointer(match: jsonpath.JSONPathMatch) -> str:
    return "".join(f"/{escape(str(part))}" for part in match.parts)


def _in_upstream(pointer: str, upstream: dict[str, Any]) -> str:
    """Return the pointer with the upstream index of a parameter, for which limits.yaml has its name."""
    keys = parts("#" + pointer)
    if len(keys) < 5 or keys[0] != "paths" or keys[3] != "parameters":
        return pointer
    listed = upstream["paths"].get(keys[1], {}).get(keys[2], {}).get("parameters", [])
    for index, item in enumerate(listed):
        parameter = resolve(upstream, item["$ref"]) if "$ref" in item else item
        if parameter.get("name") == keys[4]:
            keys[4] = str(index)
            break
    return "".join(f"/{escape(key)}" for key in keys)
