"""Compare the outcome of a client with the expected one: instants and numbers by value. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

# A client may read these in the server's case instead of the contract's.
_ENUM_FIELDS = frozenset({"source_type", "granularity", "completion_status", "type", "optimization_direction", "color"})
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_NOTHING: tuple[Any, ...] = (None, [], {})
_SHOWN = 60


def difference(expected: Any, actual: Any, where: str = "", *, fold: bool = False) -> str | None:
    """Return one phrase on where two values first differ, or None if they are equal by value.

    Args:
        expected: A value of a case, with matchers.
        actual: What came.
        where: What the value is called.
        fold: Whether enum values may be in any case.
    """
    if isinstance(expected, dict) and "$unordered" in expected:
        return _unordered_difference(expected["$unordered"], actual, where, fold=fold)
    if isinstance(expected, dict) and "$any" not in expected and isinstance(actual, dict):
        return _members_difference(expected, actual, where, fold=fold)
    if isinstance(expected, list) and isinstance(actual, list):
        return _items_difference(expected, actual, where, fold=fold)
    if _equal(expected, actual, fold=fold and where.rpartition(".")[2] in _ENUM_FIELDS):
        return None
    return f"{where}: {_short(actual)}, expected {_short(expected)}"


def subset_difference(expected: dict[str, Any], actual: dict[str, Any], where: str) -> str | None:
    """Compare only the members that are expected."""
    found = (difference(value, actual.get(key), f"{where}.{key}") for key, value in expected.items())
    return next(filter(None, found), None)


def result_difference(expected: Any, actual: Any, *, fold: bool = False) -> str | None:
    """Compare results: a member that is null, empty or absent is the same."""
    return difference(without_nothing(expected), without_nothing(actual), "result", fold=fold)


def without_nothing(value: Any) -> Any:
    """Return the members that are not empty."""
    if isinstance(value, dict):
        members = {key: without_nothing(item) for key, item in value.items()}
        return {key: item for key, item in members.items() if item not in _NOTHING}
    return [without_nothing(item) for item in value] if isinstance(value, list) else value


def path_difference(expected: str, actual: str) -> str | None:
    """Compare paths segment by segment, however each is percent-encoded."""
    same = [unquote(part) for part in expected.split("/")] == [unquote(part) for part in actual.split("/")]
    return None if same else f"path {actual}, expected {expected}"


def query_difference(expected: dict[str, Any], actual: str) -> str | None:
    """Compare a query string with its parameters."""
    pairs = parse_qsl(actual, keep_blank_values=True)
    for name, value in pairs:
        if name not in expected:
            return f"query has {name}={_short(value)}"
        wanted = expected[name]
        if not isinstance(wanted, dict) and str(wanted) != value:
            return f"query {name}={_short(value)}, expected {_short(wanted)}"
    names = [name for name, _ in pairs]
    for name, wanted in expected.items():
        if names.count(name) != 1 and not (isinstance(wanted, dict) and not names.count(name)):
            return f"query has {name} {names.count(name)} times"
    return None


def _members_difference(expected: dict[str, Any], actual: dict[str, Any], where: str, *, fold: bool) -> str | None:
    for key, value in expected.items():
        if key not in actual:
            if isinstance(value, dict) and "$any" in value:
                continue
            return f"{where}.{key} is missing"
        if found := difference(value, actual[key], f"{where}.{key}", fold=fold):
            return found
    surplus = next((key for key in actual if key not in expected), None)
    return None if surplus is None else f"{where}.{surplus} is there: {_short(actual[surplus])}"


def _items_difference(expected: list[Any], actual: list[Any], where: str, *, fold: bool) -> str | None:
    if len(expected) != len(actual):
        return f"{where}: {len(actual)} items, expected {len(expected)}"
    pairs = enumerate(zip(expected, actual, strict=True))
    found = (difference(one, other, f"{where}[{index}]", fold=fold) for index, (one, other) in pairs)
    return next(filter(None, found), None)


def _unordered_difference(expected: list[Any], actual: Any, where: str, *, fold: bool) -> str | None:
    if not isinstance(actual, list) or len(actual) != len(expected):
        return f"{where}: {_short(actual)}, expected {len(expected)} items in any order"
    left = list(actual)
    for item in expected:
        match = next((other for other in left if difference(item, other, where, fold=fold) is None), left)
        if match is left:
            return f"{where} lacks {_short(item)}"
        left.remove(match)
    return None


def _equal(expected: Any, actual: Any, *, fold: bool) -> bool:
    if isinstance(expected, dict) and "$any" in expected:
        return True
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, str) and isinstance(actual, str):
        return expected == actual or (fold and expected.lower() == actual.lower()) or _same_instant(expected, actual)
    return bool(expected == actual)


def _same_instant(one: str, other: str) -> bool:
    if not (_INSTANT.match(one) and _INSTANT.match(other)):
        return False
    try:
        first, second = datetime.fromisoformat(one), datetime.fromisoformat(other)
    except ValueError:
        return False
    return (first.tzinfo is None) == (second.tzinfo is None) and first == second


def _short(value: Any) -> str:
    text = repr(value) if not isinstance(value, dict | list) else f"{type(value).__name__} {value!r}"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
