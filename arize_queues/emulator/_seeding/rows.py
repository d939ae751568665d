"""Seed data, checked and converted to rows of the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from arize_queues.emulator._formats.times import to_micros, to_text

from . import checks as check

_SPAN_FIELDS = frozenset({"span_id", "trace_id", "session_id", "parent_id", "start_time", "data", "evaluations"})
_VALUE_FIELDS = frozenset({"label", "score"})
_CONFIG_DEFAULTS: dict[str, dict[str, Any]] = {
    "freeform": {},
    "continuous": {"minimum_score": 0, "maximum_score": 1, "optimization_direction": "none"},
    "categorical": {"values": [], "optimization_direction": "none"},
}


def span_values(field: str, span: Any, now: int) -> tuple[Any, ...]:
    """Write a span as a row, less its project."""
    given = check.mapping(field, span)
    check.known_fields(field, given, _SPAN_FIELDS)
    name = check.text(f"{field}.span_id", given.get("span_id"))
    trace, session, parent = (
        check.text_or_none(f"{field}.{key}", given.get(key) or None) for key in ("trace_id", "session_id", "parent_id")
    )
    trace = trace or f"trace-{name}"
    micros = _micros(f"{field}.start_time", given.get("start_time"), now)
    data = {"context.span_id": name, "context.trace_id": trace, "start_time": to_text(micros)}
    if session:
        data["attributes.session.id"] = session
    if parent:
        data["parent_id"] = parent
    data |= check.mapping(f"{field}.data", given.get("data") or {})
    evaluations = _evaluations(field, given.get("evaluations"))
    return name, trace, session, parent, micros, check.as_json(f"{field}.data", data), evaluations


def _micros(field: str, moment: Any, now: int) -> int:
    if moment is None:
        return now
    try:
        if isinstance(moment, datetime | str):
            return to_micros(moment)
    except ValueError as cause:
        raise check.error(field, moment, f"must be a time ({cause})") from cause
    raise check.error(field, moment, "must be a datetime or an ISO 8601 text")


def _evaluations(field: str, given: Any) -> str:
    where = f"{field}.evaluations"
    evaluations = [
        check.mapping(f"{where}[{index}]", item) for index, item in enumerate(check.items(where, given or []))
    ]
    for index, evaluation in enumerate(evaluations):
        check.text(f"{where}[{index}].name", evaluation.get("name"))
    return check.as_json(where, [dict(evaluation) for evaluation in evaluations])


def example_rows(version: int, examples: Any) -> Iterator[tuple[Any, ...]]:
    """Write the examples of a dataset's version as rows."""
    seen: set[str] = set()
    for index, example in enumerate(check.items("examples", examples)):
        field = f"examples[{index}]"
        data = dict(check.mapping(field, example))
        evaluations = _evaluations(field, data.pop("evaluations", None))
        name = check.text(f"{field}.id", data.setdefault("id", f"ex_{version}_{index + 1}"))
        if name in seen:
            raise check.error(f"{field}.id", name, "must be unique in its version")
        seen.add(name)
        yield version, name, check.as_json(field, data), evaluations


def config_fields(type_: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fill in and check the fields that an annotation config has by its type."""
    if type_ not in _CONFIG_DEFAULTS:
        raise check.error("type", type_, f"must be one of {', '.join(_CONFIG_DEFAULTS)}")
    defaults = _CONFIG_DEFAULTS[type_]
    check.known_fields(f"fields of a {type_} config", fields, frozenset(defaults))
    merged = {**defaults, **fields}
    if "optimization_direction" in merged:
        direction = check.choice("optimization_direction", merged["optimization_direction"], "OptimizationDirection")
        merged["optimization_direction"] = direction or "none"
    if type_ == "continuous":
        low = check.number("minimum_score", merged["minimum_score"])
        if not low < check.number("maximum_score", merged["maximum_score"]):
            raise check.error("maximum_score", merged["maximum_score"], f"must be above the minimum_score, {low}")
    if type_ == "categorical":
        merged["values"] = [
            _config_value(index, item) for index, item in enumerate(check.items("values", merged["values"]))
        ]
        if not merged["values"]:
            raise check.error("values", [], "must hold at least one label")
    return merged


def _config_value(index: int, given: Any) -> dict[str, Any]:
    field = f"values[{index}]"
    value = {"label": given} if isinstance(given, str) else dict(check.mapping(field, given))
    check.known_fields(field, value, _VALUE_FIELDS)
    check.text(f"{field}.label", value.get("label"))
    if value.get("score") is None:
        value.pop("score", None)
    else:
        check.number(f"{field}.score", value["score"])
    return value
