"""Convert record sources of any form to our four classes, or report every problem at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import attrs
from arize_queues_raw.limits import MAX_TIME_RANGE_DAYS
from arize_queues_raw.unset import Unset

from arize_queues._inputs.identifiers import Id, fault_of
from arize_queues._inputs.messages import LONE_SURROGATE, is_list, is_sendable, problem
from arize_queues._inputs.times import as_utc, rfc3339
from arize_queues.errors import InvalidRequestError

from .sources import ExampleSource, RecordSource, SessionSource, SpanSource, TraceSource
from .time_ranges import LONGEST

__all__ = ["normalise"]

_CLASSES: dict[str, type[RecordSource]] = {
    cls.kind: cls for cls in (SpanSource, TraceSource, SessionSource, ExampleSource)
}

_GIVE = "give a SpanSource, TraceSource, SessionSource or ExampleSource, or a mapping with a record_type"


def normalise(items: object, *, first: int = 0) -> list[RecordSource]:
    """Convert the record sources of a call.

    Args:
        items: An iterable of our sources, the raw client's inputs, the official client's wrappers (anything with
            `actual_instance`) and mappings with the API's field names. A mapping may have `project` or `dataset`, a
            name or an ID, instead of `project_id` or `dataset_id`, which is always an ID.
        first: The index of the first item in the caller's input, for the texts of problems.

    Returns:
        One source for each item, with IDs as tuples and times as aware datetimes in UTC.

    Raises:
        InvalidRequestError: `.problems` lists every problem with its path.
    """
    if not is_list(items):
        raise InvalidRequestError(problem("record_sources", items, "is not a list of record sources"))
    problems: list[str] = []
    read = [_Reader(f"record_sources[{index}]", problems).read(item) for index, item in enumerate(items)]
    if not read:
        problems.append("record_sources: is empty, where at least one record source is needed")
    if problems:
        raise InvalidRequestError(problems)
    return [source for source in read if source is not None]


@attrs.frozen
class _Reader:
    """Converts one item, and collects its problems."""

    path: str
    problems: list[str]

    def read(self, item: object) -> RecordSource | None:
        item = getattr(item, "actual_instance", item)
        if isinstance(item, RecordSource):
            return self._build(type(item), attrs.asdict(item, recurse=False))
        fields = _fields(item)
        if fields is None or "record_type" not in fields:
            fault = "is not a record source" if fields is None else "has no record_type"
            self._report("", item, f"{fault}; {_GIVE}")
            return None
        kind = fields.pop("record_type")
        kind = getattr(kind, "value", kind)  # of an enum, ours or another client's
        cls = _CLASSES.get(kind.lower()) if isinstance(kind, str) else None
        if cls is None:
            self._report(".record_type", kind, f"is not a known record type: {', '.join(_CLASSES)}")
            return None
        return self._build(cls, self._known(cls, fields))

    def _known(self, cls: type[RecordSource], fields: dict[str, Any]) -> dict[str, Any]:
        """Refuse unknown keys, and return the fields with known ones."""
        owner = cls.owner_field
        allowed = [f"{owner}_id", *(field.name for field in attrs.fields(cls))]
        rule = f"is no key of record type {cls.kind!r}; allowed are record_type, {', '.join(allowed)}"
        for key in fields:
            if key not in allowed:
                self._report("", key, rule)
        if f"{owner}_id" in fields and owner in fields:
            self._report("", fields, f"has both {owner} and {owner}_id: give one of them")
        return {key: value for key, value in fields.items() if key in allowed}

    def _build(self, cls: type[RecordSource], fields: dict[str, Any]) -> RecordSource | None:
        before = len(self.problems)
        owner = f"{cls.owner_field}_id" if f"{cls.owner_field}_id" in fields else cls.owner_field
        name: Any = fields.get(owner)
        name = _as_id(name) if owner.endswith("_id") else name
        self._text(owner, name)
        values: dict[str, Any] = {cls.ids_field: self._ids(cls, fields.get(cls.ids_field))}
        if cls is ExampleSource:
            values["dataset_version_id"] = fields.get("dataset_version_id")
            if values["dataset_version_id"] is not None:
                self._text("dataset_version_id", _as_id(values["dataset_version_id"]))
        else:
            values |= self._window(fields)
        if len(self.problems) > before:
            return None
        return cls(**values, **{cls.owner_field: name})

    def _ids(self, cls: type[RecordSource], ids: object) -> tuple[str, ...] | None:
        field = f".{cls.ids_field}"
        if ids is None and cls is ExampleSource:
            return None
        if ids is None:
            self._missing(cls.ids_field)
            return ()
        if not is_list(ids):
            self._report(field, ids, "is not a list of IDs")
            return ()
        kept = tuple(ids)
        if not kept:
            whole = "; leave it out for the whole dataset" if cls is ExampleSource else ""
            self._report(field, [], f"is empty, where at least one ID is needed{whole}")
        for index, value in enumerate(kept):
            if not isinstance(value, str) or not value or value.isspace():
                self._report(f"{field}[{index}]", value, "is not a non-empty string")
            elif not value.isascii() and not is_sendable(value):
                self._report(f"{field}[{index}]", value, LONE_SURROGATE)
        return cast("tuple[str, ...]", kept)

    def _window(self, fields: dict[str, Any]) -> dict[str, datetime]:
        window: dict[str, datetime] = {}
        for name in ("start_time", "end_time"):
            value = fields.get(name)
            if value is None:
                self._missing(name)
                continue
            try:
                window[name] = as_utc(value)
            except ValueError as error:
                self._report(f".{name}", value, str(error))
        if len(window) == 2:
            start, end = window.values()
            if end <= start:
                self._report(".end_time", rfc3339(end), f"is not after start_time {rfc3339(start)!r}")
            elif end - start > LONGEST:
                rule = f"is more than {MAX_TIME_RANGE_DAYS} days after start_time {rfc3339(start)!r}"
                self._report(".end_time", rfc3339(end), rule)
        return window

    def _text(self, name: str, value: object) -> None:
        if value is None:
            self._missing(name)
        elif not isinstance(value, str) or not value.strip():
            self._report(f".{name}", _plain(value), "is not a non-empty string")
        elif (fault := fault_of(value)) is not None:
            self._report(f".{name}", _plain(value), fault)

    def _missing(self, name: str) -> None:
        self.problems.append(f"{self.path}.{name}: is missing")

    def _report(self, where: str, value: object, rule: str) -> None:
        self.problems.append(problem(f"{self.path}{where}", value, rule))


def _as_id(value: object) -> Any:
    """Mark a field that the API calls an ID as one; other values are checked later."""
    return Id(value) if isinstance(value, str) else value


def _plain(value: object) -> object:
    """Remove the mark of an ID, which the caller may not have set."""
    return str(value) if isinstance(value, str) else value


def _fields(item: object) -> dict[str, Any] | None:
    """Return the fields of a mapping or of a model of the raw or the official client; None for anything else."""
    if isinstance(item, Mapping):
        return {str(key): value for key, value in cast("Mapping[object, Any]", item).items()}
    if not hasattr(item, "record_type"):
        return None
    names = {name for cls in _CLASSES.values() for name in attrs.fields_dict(cls)}
    names |= {"record_type", *(f"{cls.owner_field}_id" for cls in _CLASSES.values())}
    found: dict[str, Any] = {name: getattr(item, name, None) for name in sorted(names)}
    found |= getattr(item, "additional_properties", None) or {}
    return {name: value for name, value in found.items() if value is not None and not isinstance(value, Unset)}
