"""pandas DataFrames of models."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any

from .model import Model, field_names

if TYPE_CHECKING:
    import pandas


def data_frame(items: Iterable[Any]) -> pandas.DataFrame:
    """Return a pandas DataFrame with a row for each model; see ``Page.to_df``."""
    try:
        import pandas
    except ImportError as error:
        raise ImportError("to_df() needs pandas: install the extra 'pandas'") from error
    return pandas.DataFrame([_row(item) for item in items])


def _row(item: Any) -> dict[str, Any]:
    """Return the cells of an item: times stay times, and free-form objects become a cell for each key."""
    if isinstance(item, dict):
        return item
    row: dict[str, Any] = {}
    for name in field_names(item):
        value = getattr(item, name)
        if name == "additional_properties":
            row |= value
        elif isinstance(value, dict):
            row |= {f"{name}.{key}": cell for key, cell in value.items()}
        else:
            row[name] = _cell(value)
    return row


def _cell(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, list):
        return [_cell(item) for item in value]
    return str(value) if isinstance(value, Enum) else value
