"""Rows of record ids and what each record gets: a mapping, or pairs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, cast

import attrs

from arize_queues._inputs.checks import Checks
from arize_queues._inputs.messages import is_list, problem
from arize_queues.errors import InvalidRequestError

_TWICE = "is given twice; which one counts?"

Guard: TypeAlias = Callable[[Checks, str, str, list[Any]], "list[Any] | None"]


@attrs.frozen
class Rows:
    """How rows are read.

    Attributes:
        field: The argument that they come in.
        read: Checks what one record gets, and gives it in one form.
        told: Gives the same as JSON has it.
    """

    field: str
    read: Callable[[Checks, str, object], list[Any]]
    told: Callable[[list[Any]], list[Any]]

    def all_of(self, checks: Checks, given: object) -> dict[str, list[Any]]:
        """Read all rows; what is wrong goes on the list of the call."""
        pairs = _pairs(given)
        if not is_list(pairs):
            checks.report(self.field, given, "is not a mapping of record ids")
            return {}
        found: dict[str, list[Any]] = {}
        for pair in pairs:
            record_id, values = self._row(checks, pair)
            if record_id in found:
                checks.report(self.field, record_id, _TWICE)
            found[record_id] = values
        if not found and not checks.problems:
            checks.report(self.field, {}, "needs at least 1 entry")
        return found

    def one_of(self, pair: object) -> tuple[str, list[Any]]:
        """Read a row as it comes.

        Raises:
            InvalidRequestError: Something is wrong with it.
        """
        checks = Checks()
        row = self._row(checks, pair)
        checks.refuse()
        return row

    def twice(self, record_id: str) -> InvalidRequestError:
        """Give the error of a record that two rows are for."""
        return InvalidRequestError(problem(self.field, record_id, _TWICE))

    def judged(self, rows: Mapping[str, list[Any]], guard: Guard) -> dict[str, list[Any]]:
        """Let a guard judge rows; it may leave some out.

        Raises:
            InvalidRequestError: It refuses some.
        """
        checks = Checks()
        judged = {name: guard(checks, f"{self.field}[{name!r}]", name, values) for name, values in rows.items()}
        checks.refuse()
        return {name: values for name, values in judged.items() if values is not None}

    def fingerprint_of(self, record_id: str, values: list[Any]) -> str:
        """Spell a row so that it can be told from others."""
        return json.dumps([record_id, self.told(values)])

    def _row(self, checks: Checks, pair: object) -> tuple[str, list[Any]]:
        both = list(pair) if is_list(pair) else []
        if len(both) != 2:
            checks.report(self.field, pair, "is not a pair of a record id and what it gets")
            return "", []
        record_id, values = both
        checks.record_id(f"{self.field}: record id", record_id)
        return str(record_id), self.read(checks, f"{self.field}[{record_id!r}]", values)


def _pairs(given: object) -> object:
    return list(cast("Mapping[object, object]", given).items()) if isinstance(given, Mapping) else given


def name_of(pair: object) -> str:
    """Name a row that cannot be read, for a list of failures."""
    both: list[object] = list(pair) if is_list(pair) else []
    return str(both[0]) if both and isinstance(both[0], str) else repr(pair)
