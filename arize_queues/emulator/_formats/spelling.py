"""The enum spellings of both revisions: converted on arrival and on departure, so that rules know one.

Inside the emulator everything is spelled as in the contract (lower case) and has what 2026-10 added.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from attrs import frozen

from .json_text import Json, is_array, is_object
from .problems import Refusal

_ENUM_FIELDS = frozenset(
    {
        "color",
        "completion_status",
        "granularity",
        "optimization_direction",
        "project_type",
        "source_type",
        "type",
    }
)
_FREE_FIELDS = frozenset({"data", "metadata"})
ADDED_FIELDS = frozenset(
    {
        "column_allowlist",
        "default_agent_runtime",
        "default_llm_integration",
        "gradient_end_color",
        "gradient_start_color",
        "granularity",
        "is_private",
        "metadata",
        "ml_models_enabled",
        "organization_id",
        "project_type",
        "session_annotations",
        "trace_annotations",
    }
)


@frozen
class Revision:
    """One revision of the API: the case of its enums, and whether it has the additions of 2026-10."""

    name: str
    upper: bool
    additions: bool


# "contract" is the spec file as it is written: what 2026-10 added, in the contract's lower case.
REVISIONS = {
    revision.name: revision
    for revision in (
        Revision("2026-05", upper=False, additions=False),
        Revision("2026-10", upper=True, additions=True),
        Revision("contract", upper=False, additions=True),
    )
}


def spelled(revision: Revision, values: Iterable[Any]) -> str:
    """Return the values of an enum in the spelling of the revision."""
    return ", ".join(str(value).upper() if revision.upper else str(value) for value in values)


def incoming_query(revision: Revision, query: Json) -> Json:
    """Convert a query to the spelling of the contract."""
    if not revision.upper or "project_type" not in query:
        return query
    return {**query, "project_type": _read_upper("project_type", query["project_type"])}


def incoming(revision: Revision, body: Any) -> Any:
    """Convert a body to the spelling of the contract; refuse the other spelling, drop later additions."""
    if not is_object(body):
        return body
    # What 2026-05 does not know it passes over, as the API does with unknown fields.
    respelled = body if revision.additions else {key: body[key] for key in body.keys() - ADDED_FIELDS}
    if not revision.upper:
        return respelled
    respelled = dict(respelled)
    if "assignment_method" in body:
        respelled["assignment_method"] = _read_upper("assignment_method", body["assignment_method"])
    sources = body.get("record_sources")
    if is_array(sources):
        respelled["record_sources"] = [_incoming_source(source) for source in sources]
    return respelled


def _incoming_source(source: Any) -> Any:
    if not is_object(source) or "record_type" not in source:
        return source
    return {**source, "record_type": _read_upper("record_type", source["record_type"])}


def _read_upper(field: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if value != value.upper():
        raise Refusal(400, f"{field}: {value!r} is not a known value; values are written in capitals.")
    return value.lower()


def outgoing(revision: Revision, value: Any) -> Any:
    """Convert an answer to the revision, in place, without fields that the revision lacks."""
    if revision.upper or not revision.additions:
        _respell(revision, value)
    return value


def _respell(revision: Revision, value: Any) -> None:
    if is_array(value):
        for item in value:
            _respell(revision, item)
    if not is_object(value):
        return
    if not revision.additions:
        for field in ADDED_FIELDS & value.keys():
            del value[field]
    for field, item in value.items():
        if isinstance(item, str):
            if revision.upper and field in _ENUM_FIELDS:
                value[field] = item.upper()
        elif field not in _FREE_FIELDS:
            _respell(revision, item)
