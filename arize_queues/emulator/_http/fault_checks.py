"""Checks of a fault's fields: a wrong fault fails when it is created, not when it strikes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Container, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeGuard, get_args

# What may be sent as the value of a header.
_HEADER = re.compile(r"([!-~]([ -~]*[!-~])?)?")

Check = Callable[[Any, Any, Any], None]


def must(test: Callable[[Any], bool], rule: str) -> Check:
    """Build a validator for attrs whose error names the field, the value and the rule."""

    def check(_: Any, attribute: Any, value: Any) -> None:
        if not test(value):
            raise ValueError(f"{attribute.name}={value!r}: must be {rule}")

    return check


def one_of(known: Any, *others: None) -> Check:
    """Build a validator for the values of a Literal."""
    return must(lambda value: value in (*get_args(known), *others), f"one of {', '.join(get_args(known))}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_header(value: Any) -> bool:
    if isinstance(value, str):
        return _HEADER.fullmatch(value) is not None
    return value is None or isinstance(value, datetime) or _is_number(value)


def _are_names(value: Any) -> bool:
    # A text is a sequence of texts as well: each of its letters would be a name.
    return _is_listing(value) and not isinstance(value, str) and all(isinstance(name, str) for name in value)


def _is_listing(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, Sequence)


def _are_fields(value: Any) -> bool:
    if not _is_mapping(value) or not all(isinstance(name, str) for name in value):
        return False
    try:
        json.dumps(dict(value))
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _is_mapping(value: Any) -> TypeGuard[Mapping[Any, Any]]:
    return isinstance(value, Mapping)


METHOD = must(lambda value: value is None or (isinstance(value, str) and value.isupper()), "a method in capitals")
TEXT = must(lambda value: isinstance(value, str), "a text")
FUNCTION = must(lambda value: value is None or callable(value), "a function of the request")
COUNT = must(_is_count, "a whole number from 1 on")
COUNT_OR_ALL = must(lambda value: value is None or _is_count(value), "a whole number from 1 on, or None for all")
STATUS = must(lambda value: value is None or (_is_count(value) and 200 <= value <= 599), "a status from 200 to 599")
HEADER = must(_is_header, "seconds, a datetime, or a text that a header can hold")
FLAG = must(lambda value: isinstance(value, bool), "True or False")
SECONDS = must(lambda value: _is_number(value) and value >= 0, "a number of seconds")
IDS = must(
    lambda value: value is None or callable(value) or (isinstance(value, Container) and not isinstance(value, str)),
    "IDs, or a function of one",
)
NAMES = must(_are_names, "a list of names")
FIELDS = must(_are_fields, "a dict of names and JSON values")
