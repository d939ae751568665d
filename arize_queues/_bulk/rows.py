"""Rows of a bulk call: record IDs, each with its annotations or its users, as a mapping or as pairs."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, cast

from arize_queues._inputs.checks import Checks
from arize_queues._inputs.messages import is_list, problem
from arize_queues.errors import InvalidRequestError

_TWICE = "is given twice; which one counts?"


class RowReader(ABC):
    """Checks rows.

    Attributes:
        field: The argument that holds them.
    """

    field: ClassVar[str]

    @abstractmethod
    def check_values(self, checks: Checks, field: str, values: object) -> list[Any]:
        """Check the values of one record, and return them in one form."""

    @abstractmethod
    def to_json(self, values: list[Any]) -> list[Any]:
        """Return the values as JSON has them."""

    def read_all(self, checks: Checks, given: object) -> dict[str, list[Any]]:
        """Check all rows of a mapping or a list, and return them by record ID."""
        pairs = _pairs(given)
        if not is_list(pairs):
            checks.report(self.field, given, "is not a mapping of record ids")
            return {}
        found: dict[str, list[Any]] = {}
        for pair in pairs:
            record_id, values = self._read(checks, pair)
            if record_id in found:
                checks.report(self.field, record_id, _TWICE)
            found[record_id] = values
        if not found and not checks.problems:
            checks.report(self.field, {}, "needs at least 1 entry")
        return found

    def read_one(self, pair: object) -> tuple[str, list[Any]]:
        """Check one row of an iterator, and return its record ID and values.

        Raises:
            InvalidRequestError: It is malformed.
        """
        checks = Checks()
        row = self._read(checks, pair)
        checks.refuse()
        return row

    def repeated(self, record_id: str) -> InvalidRequestError:
        """Return the error of a second row for a record."""
        return InvalidRequestError(problem(self.field, record_id, _TWICE))

    def fingerprint(self, record_id: str, values: list[Any]) -> str:
        """Return a string that tells the row from all others."""
        return json.dumps([record_id, self.to_json(values)])

    def _read(self, checks: Checks, pair: object) -> tuple[str, list[Any]]:
        both = list(pair) if is_list(pair) else []
        if len(both) != 2:
            checks.report(self.field, pair, "is not a pair of a record id and what it gets")
            return "", []
        record_id, values = both
        checks.record_id(f"{self.field}: record id", record_id)
        return str(record_id), self.check_values(checks, f"{self.field}[{record_id!r}]", values)


class AnnotationRows(RowReader):
    """Rows of annotations."""

    field = "annotations"

    def check_values(self, checks: Checks, field: str, values: object) -> list[Any]:
        """Check the annotations of one record."""
        return list(checks.annotations(field, values))

    def to_json(self, values: list[Any]) -> list[Any]:
        """Return annotations as JSON has them."""
        return [annotation.to_dict() for annotation in values]


class AssignmentRows(RowReader):
    """Rows of users to assign."""

    field = "assignments"

    def check_values(self, checks: Checks, field: str, values: object) -> list[Any]:
        """Check the users of one record."""
        return list(checks.assigned_users(field, values))

    def to_json(self, values: list[Any]) -> list[Any]:
        """Return the email addresses."""
        return list(values)


def label_of(pair: object) -> str:
    """Return a name for a malformed row, for the list of failures."""
    both: list[object] = list(pair) if is_list(pair) else []
    return str(both[0]) if both and isinstance(both[0], str) else repr(pair)


def _pairs(given: object) -> object:
    return list(cast("Mapping[object, object]", given).items()) if isinstance(given, Mapping) else given
