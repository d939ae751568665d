"""Check arguments before anything is sent. Each check collects every problem that it finds.

The rules are those of Arize's pages "Create an annotation queue", "Annotate a record" and their neighbours
(https://arize.com/docs/ax/rest-reference); the numbers come from the specification.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from arize_queues_raw.limits import (
    MAX_ANNOTATIONS_PER_RECORD,
    MAX_ASSIGNED_USERS_PER_RECORD,
    MAX_COLUMN_ALLOWLIST_COLUMNS,
    MAX_COLUMN_NAME_LENGTH,
    MAX_INSTRUCTIONS_LENGTH,
    MAX_NAME_LENGTH,
)
from arize_queues_raw.models import Annotation, AnnotationInput, AssignmentMethod

from arize_queues._clock import LONGEST_WAIT
from arize_queues.errors import InvalidRequestError

from .identifiers import fault_of, is_id
from .messages import LONE_SURROGATE, is_list, is_sendable, problem

_ANNOTATION_KEYS = ("name", "score", "label", "text")


class Checks:
    """The problems of one call."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def report(self, field: str, value: object, rule: str) -> None:
        """Collect a problem."""
        self.problems.append(problem(field, value, rule))

    def refuse(self) -> None:
        """Raise the problems found so far, if any.

        Raises:
            InvalidRequestError: It lists them all.
        """
        if self.problems:
            raise InvalidRequestError(self.problems)

    def text(self, field: str, value: object, *, most: int | None = None, least: int = 1) -> bool:
        """Check a string and its length in characters; return True if it is valid."""
        if not isinstance(value, str) or len(value) < least or (least and not value.strip()):
            self.report(field, value, "is not a non-empty string" if least else "is not a string")
        elif most is not None and len(value) > most:
            self.report(field, value, f"has {len(value)} characters, at most {most} are allowed")
        elif not is_sendable(value):
            self.report(field, value, LONE_SURROGATE)
        else:
            return True
        return False

    def name_or_id(self, field: str, value: object) -> bool:
        """Check a name or an ID; return True if it is valid."""
        if (fault := fault_of(value)) is not None:
            self.report(field, value, fault)
        return fault is None

    def record_id(self, field: str, value: object) -> None:
        """Check the ID of a record, which becomes a segment of the path."""
        if self.text(field, value) and value in (".", ".."):
            self.report(field, value, "cannot be an ID: it would lead to another path")

    def name(self, field: str, value: object) -> None:
        """Check the name of a queue, or a part of one to filter by."""
        self.text(field, value, most=MAX_NAME_LENGTH)

    def instructions(self, value: object) -> None:
        """Check the instructions of a queue; an empty string clears them."""
        self.text("instructions", value, most=MAX_INSTRUCTIONS_LENGTH, least=0)

    def deadline(self, seconds: float | None, now: float) -> float | None:
        """Check a deadline in seconds, and return it as a time on the clock that reads `now`."""
        if seconds is None:
            return None
        if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds <= LONGEST_WAIT:  # pyright: ignore[reportUnnecessaryIsInstance]
            self.report("deadline", seconds, f"is not a positive number of seconds up to {LONGEST_WAIT}")
            return None
        return now + seconds

    def cursor(self, value: object) -> None:
        """Check a cursor of the server; None is the first page."""
        if value is not None:
            self.text("cursor", value, least=0)

    def page_size(self, field: str, value: object, most: int) -> None:
        """Check the number of items on a page."""
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            self.report(field, value, f"is not a whole number from 1 to {most}")

    def texts(self, field: str, values: object, *, least: int = 0, most: int | None = None) -> list[str]:
        """Check a list of strings, and return it."""
        if not is_list(values):
            self.report(field, values, "is not a list of strings")
            return []
        items: list[Any] = list(values)
        if len(items) < least:
            self.report(field, items, f"needs at least {least} entry")
        if most is not None and len(items) > most:
            self.report(field, f"{len(items)} entries", f"are too many, at most {most} are allowed")
        for index, item in enumerate(items):
            self.text(f"{field}[{index}]", item)
        return items

    def names(self, field: str, values: object, *, least: int = 0) -> list[str]:
        """Check a list of names or IDs, and return it."""
        items = self.texts(field, values, least=least)
        for index, item in enumerate(items):
            if isinstance(item, str) and not is_id(item, ()) and len(item) > MAX_NAME_LENGTH:  # pyright: ignore[reportUnnecessaryIsInstance]
                self.name(f"{field}[{index}]", item)
        return items

    def emails(self, field: str, values: object, *, least: int = 0, most: int | None = None) -> list[str]:
        """Check a list of email addresses, and return it without duplicates, ignoring case."""
        items = self.texts(field, values, least=least, most=most)
        for index, item in enumerate(items):
            if isinstance(item, str) and item.strip() and "@" not in item:  # pyright: ignore[reportUnnecessaryIsInstance]
                self.report(f"{field}[{index}]", item, "is not an email address")
        if not all(isinstance(item, str) for item in items):  # pyright: ignore[reportUnnecessaryIsInstance]
            return items
        unique: dict[str, str] = {}
        for item in items:
            unique.setdefault(item.casefold(), item)
        return list(unique.values())

    def assigned_users(self, field: str, values: object) -> list[str]:
        """Check the users that a record is assigned to; an empty list is valid."""
        return self.emails(field, values, most=MAX_ASSIGNED_USERS_PER_RECORD)

    def columns(self, values: object) -> list[str]:
        """Check a column allowlist."""
        columns = self.texts("column_allowlist", values, most=MAX_COLUMN_ALLOWLIST_COLUMNS)
        for index, column in enumerate(columns):
            if isinstance(column, str) and len(column) > MAX_COLUMN_NAME_LENGTH:  # pyright: ignore[reportUnnecessaryIsInstance]
                self.text(f"column_allowlist[{index}]", column, most=MAX_COLUMN_NAME_LENGTH)
        return columns

    def assignment_method(self, value: object) -> AssignmentMethod | None:
        """Check the assignment method, in lower or upper case."""
        known = {method.value: method for method in AssignmentMethod}
        found = known.get(value.lower()) if isinstance(value, str) else None
        if value is not None and found is None:
            self.report("assignment_method", value, f"is none of {', '.join(known)}")
        return found

    def annotations(self, field: str, values: object) -> list[AnnotationInput]:
        """Check the annotations of one record, and return them as models."""
        if not is_list(values):
            self.report(field, values, "is not a list of annotations")
            return []
        items = list(values)
        if not items:
            self.report(field, items, "needs at least 1 entry, since annotations cannot be removed")
        if len(items) > MAX_ANNOTATIONS_PER_RECORD:
            rule = f"are too many, at most {MAX_ANNOTATIONS_PER_RECORD} are allowed"
            self.report(field, f"{len(items)} entries", rule)
        read = [self._annotation(f"{field}[{index}]", item) for index, item in enumerate(items)]
        names = [item.name for item in read]
        for index, name in enumerate(names):
            if name and name in names[:index]:
                self.report(f"{field}[{index}].name", name, "is given twice; which one counts?")
        return read

    def _annotation(self, field: str, item: object) -> AnnotationInput:
        fields = _annotation_fields(item)
        if fields is None:
            self.report(field, item, "is not an AnnotationInput or a dict")
            return AnnotationInput(name="")
        for key in fields:
            if key not in _ANNOTATION_KEYS:
                self.report(field, key, f"is no key of an annotation; allowed are {', '.join(_ANNOTATION_KEYS)}")
        self.text(f"{field}.name", fields.get("name"))
        self._score(f"{field}.score", fields.get("score"))
        for key in ("label", "text"):
            if fields.get(key) is not None:
                self.text(f"{field}.{key}", fields[key], least=0)
        given: dict[str, Any] = {"name": ""}
        given |= {key: fields[key] for key in _ANNOTATION_KEYS if fields.get(key) is not None}
        return AnnotationInput(**given)

    def _score(self, field: str, value: object) -> None:
        if value is None:
            return
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.report(field, value, "is not a number")
        elif not _is_finite(value):
            self.report(field, value, "is not a finite number")


def _is_finite(value: float) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer too large for a float
        return False


def _annotation_fields(item: object) -> dict[str, Any] | None:
    if isinstance(item, Annotation):  # read from a record; the server sets the annotator and the time
        return {key: getattr(item, key) for key in _ANNOTATION_KEYS}
    if isinstance(item, AnnotationInput):
        fields = {key: getattr(item, key) for key in _ANNOTATION_KEYS}
        return {**fields, **item.additional_properties}
    if isinstance(item, Mapping):
        return {str(key): value for key, value in cast("Mapping[object, Any]", item).items()}
    return None
