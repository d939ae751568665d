"""The base classes of all models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from .encoding import as_json, loads
from .unset import UNSET

if TYPE_CHECKING:
    import pandas


class Model:
    """Base class of the models, which are attrs classes with slots."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    _additional_properties: dict[str, Any] | None

    @property
    def additional_properties(self) -> dict[str, Any]:
        """Fields of the answer that are not in the specification; the dict is created on first use."""
        if self._additional_properties is None:
            self._additional_properties = {}
        return self._additional_properties

    @additional_properties.setter
    def additional_properties(self, fields: dict[str, Any]) -> None:
        self._additional_properties = fields

    @classmethod
    def from_dict(cls, src: dict[str, Any]) -> Self:
        """Build the model from parsed JSON."""
        raise NotImplementedError

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready dict: without datetimes, enums and models."""
        raise NotImplementedError

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Build the model from JSON text."""
        return cls.from_dict(loads(text))

    def to_json(self) -> str:
        """Return compact JSON text. NaN and infinity, which JSON does not have, become null."""
        return as_json(self.to_dict())

    def __eq__(self, other: object) -> bool:
        """Return True if both are of one class and equal in every field, unknown ones included."""
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in field_names(self))

    def __repr__(self) -> str:
        """Show the fields that are not empty."""
        shown = ((name, getattr(self, name)) for name in field_names(self))
        inside = ", ".join(f"{name}={value!r}" for name, value in shown if value not in (None, UNSET, [], {}))
        return f"{type(self).__name__}({inside})"


M = TypeVar("M")


class Page(Model, Generic[M]):
    """One page of a listing, which is a sequence of its items."""

    __slots__ = ()

    def _items(self) -> list[M]:
        raise NotImplementedError

    def __iter__(self) -> Iterator[M]:
        """Iterate over the items of this page, not of later pages."""
        return iter(self._items())

    def __len__(self) -> int:
        """Return the number of items of this page."""
        return len(self._items())

    def __bool__(self) -> bool:
        """Return True even for an empty page."""
        return True

    @overload
    def __getitem__(self, index: int) -> M: ...
    @overload
    def __getitem__(self, index: slice) -> list[M]: ...
    def __getitem__(self, index: int | slice) -> M | list[M]:
        """Return an item, or a list of items, of this page."""
        return self._items()[index]

    def to_df(self) -> pandas.DataFrame:
        """Return a pandas DataFrame with a row for each item.

        A free-form object such as a record's ``data`` becomes a column for each of its keys, ``data.<key>``. Lists and
        other objects stay in their cells as plain lists and dicts.

        Raises:
            ImportError: pandas is not installed; the extra ``pandas`` installs it.
        """
        from .frames import data_frame

        return data_frame(self._items())


def field_names(model: Model) -> tuple[str, ...]:
    """Return the names of the fields of a model."""
    return tuple(field.alias for field in type(model).__attrs_attrs__)  # type: ignore[attr-defined]
