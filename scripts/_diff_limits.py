"""Tell which constants of the client follow which number of upstream, by openapi/limits.yaml and the overlay."""

from __future__ import annotations

from typing import Any

import jsonpath
from _references import escape, parts, resolve


def constants(
    limits: dict[str, Any], spec: dict[str, Any], overlay: dict[str, Any], upstream: dict[str, Any]
) -> dict[str, list[str]]:
    """Return the names of constants by the pointers into upstream of the numbers that they come from."""
    copied = _copied(overlay, spec)
    found: dict[str, list[str]] = {}
    for name, limit in limits.items():
        pointer = limit["pointer"]
        place = _in_upstream(copied.get(pointer, pointer), spec, upstream)
        found.setdefault(place, []).append(name)
    return found


def _copied(overlay: dict[str, Any], spec: dict[str, Any]) -> dict[str, str]:
    """Return where each number that the overlay copies comes from."""
    return {
        _pointer(target): _pointer(source)
        for action in overlay["actions"]
        if "x-copy" in action
        for source in jsonpath.finditer(action["x-copy"], spec)
        for target in jsonpath.finditer(action["target"], spec)
    }


def _pointer(match: jsonpath.JSONPathMatch) -> str:
    return "".join(f"/{escape(str(part))}" for part in match.parts)


def _in_upstream(pointer: str, spec: dict[str, Any], upstream: dict[str, Any]) -> str:
    """Return the pointer with the index that a parameter has upstream, where the order is another one."""
    keys = parts("#" + pointer)
    if len(keys) < 5 or keys[0] != "paths" or keys[3] != "parameters":
        return pointer
    parameter = resolve(spec, "#" + "".join(f"/{escape(key)}" for key in keys[:5]))
    listed = upstream["paths"].get(keys[1], {}).get(keys[2], {}).get("parameters", [])
    for index, other in enumerate(listed):
        if (other.get("in"), other.get("name")) == (parameter["in"], parameter["name"]):
            keys[4] = str(index)
    return "".join(f"/{escape(key)}" for key in keys)
