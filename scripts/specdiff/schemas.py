"""Compare schemas: fields, required-ness, items, unions and what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .members import paired
from .rules import REQUEST, RESPONSE
from .values import Change, changes, listed
from .views import Place, View, label, view
from .words import form

if TYPE_CHECKING:
    from .findings import Ledger, Scene

_WIDER = {("integer", "number")}
# What a side that does not see a field does not notice.
_UNSEEN = {REQUEST: "readOnly", RESPONSE: "writeOnly"}


class Schemas:
    """The comparison of the schemas of two documents; what differs goes into the ledger."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any], ledger: Ledger) -> None:
        self._old, self._new, self._ledger = old, new, ledger

    def compare(self, old_place: Place, new_place: Place, scene: Scene) -> None:
        """Compare two schemas and everything below them, seen from one side."""
        old, new = view(self._old, old_place), view(self._new, new_place)
        if (old.pointer, new.pointer) in scene.seen:
            return
        scene.seen.add((old.pointer, new.pointer))
        self._name(old, new, scene)
        if old.members or new.members:
            self._union(old, old_place, new, new_place, scene)
        elif old.type != new.type:
            self._type(old, new, scene)
            return
        for change in changes(old, new):
            self._note(change, old, new, scene)
        self._properties(old, new, scene)
        self._required(old, new, scene)
        self._items(old, new, scene)
        self._openness(old, new, scene)

    def _add(self, kind: str, place: str, what: str, scene: Scene, *, old: Any = None, new: Any = None) -> None:
        """Note a difference at a place of the new document."""
        self._ledger.add(kind, place, what, scene, subject=label(self._new, place), old=old, new=new)

    def _note(self, change: Change, old: View, new: View, scene: Scene) -> None:
        place = new.at(change.keyword)
        if (
            change.keyword not in new.keywords
            and old.at(change.keyword) != f"{old.pointer}/{change.keyword}"
            and new.name
        ):
            place = f"/components/schemas/{new.name}/{change.keyword}"  # it stood in the schema that both wrap
        self._add(change.kind, place, f"{label(self._new, place)} {change.what}", scene, old=change.old, new=change.new)

    def _name(self, old: View, new: View, scene: Scene) -> None:
        if not old.name or not new.name or old.name == new.name:
            return
        if old.name not in _schemas(self._new) or new.name not in _schemas(self._old):
            what = f"schema {old.name} is called {new.name}"
            self._add("schema-renamed", f"/components/schemas/{new.name}", what, scene, old=old.name, new=new.name)

    def _type(self, old: View, new: View, scene: Scene) -> None:
        pair = (old.type, new.type)
        wider, narrower = pair in _WIDER or new.type is None, pair[::-1] in _WIDER or old.type is None
        kind = "type-widened" if wider else "type-narrowed" if narrower else "type-changed"
        subject = label(self._new, new.pointer)
        what = f"{subject} is of type {new.type or 'any'}, was {old.type or 'any'}"
        self._add(kind, new.at("type"), what, scene, old=old.type, new=new.type)

    def _properties(self, old: View, new: View, scene: Scene) -> None:
        for name, place in old.properties.items():
            if name in new.properties:
                self.compare(place, new.properties[name], scene)
            elif self._sees(scene, self._old, place):
                at = f"{new.pointer}{place.pointer.removeprefix(old.pointer)}"
                self._add("field-removed", at, f"{label(self._new, at)} is gone", scene, old=name)
        for name, place in new.properties.items():
            if name not in old.properties and self._sees(scene, self._new, place):
                required = name in new.required
                words = f"a new {'required ' if required else ''}field, {form(self._new, place)}"
                what = f"{label(self._new, place.pointer)} is {words}"
                self._add("required-field-added" if required else "field-added", place.pointer, what, scene, new=name)
        common = [name for name in old.properties if name in new.properties]
        if common != [name for name in new.properties if name in old.properties]:
            at = f"{new.pointer}/properties"
            self._add("order-changed", at, f"{label(self._new, at)} lists its fields in another order", scene)

    def _sees(self, scene: Scene, document: dict[str, Any], place: Place) -> bool:
        """Return whether a field is for the side whose view is taken."""
        return not view(document, place).get(_UNSEEN.get(scene.direction, ""))

    def _required(self, old: View, new: View, scene: Scene) -> None:
        seen = [name for name, place in new.properties.items() if self._sees(scene, self._new, place)]
        both = [name for name in old.properties if name in seen]
        lost = [name for name in both if name in old.required and name not in new.required]
        gained = [name for name in both if name in new.required and name not in old.required]
        subject, at = label(self._new, new.pointer), new.required_at or f"{new.pointer}/required"
        if lost:
            what = f"{subject} no longer requires {listed(lost)}"
            self._add("field-optional", at, what, scene, old=lost)
        if gained:
            self._add("field-required", at, f"{subject} requires {listed(gained)} now", scene, new=gained)

    def _items(self, old: View, new: View, scene: Scene) -> None:
        """Compare what an array holds, and what further fields of an object hold; where nothing is said, anything."""
        for key in ("items", "additionalProperties"):
            before, after = (one.keywords.get(key) for one in (old, new))
            schemas = [place is not None and isinstance(place.node, dict) for place in (before, after)]
            if before and after and all(schemas):
                self.compare(before, after, scene)
            elif any(schemas) and not any(place and place.node is False for place in (before, after)):
                kind = "type-narrowed" if schemas[1] else "type-widened"
                what = f"{key} of {label(self._new, new.pointer)} may {'no longer ' if schemas[1] else ''}be anything"
                self._add(kind, new.at(key), what, scene)

    def _openness(self, old: View, new: View, scene: Scene) -> None:
        before, after = (one.get("additionalProperties") is not False for one in (old, new))
        if before != after:
            subject = label(self._new, new.pointer)
            what = f"{subject} takes {'further' if after else 'no further'} fields"
            self._add("opened" if after else "closed", new.at("additionalProperties"), what, scene)

    def _union(self, old: View, old_place: Place, new: View, new_place: Place, scene: Scene) -> None:
        olds, news = old.members or [old_place], new.members or [new_place]
        pairs, gone, come = paired(self._old, olds, self._new, news)
        subject = label(self._new, new.pointer)
        if not pairs and not (old.members and new.members):
            before, after = form(self._old, old_place), form(self._new, new_place)
            self._add("type-changed", new.pointer, f"{subject} is {after}, was {before}", scene, old=before, new=after)
            return
        for before_place, after_place in pairs:
            self.compare(before_place, after_place, scene)
        for place in gone:
            name = view(self._old, place).name or form(self._old, place)
            what = f"{name} is no longer one of the members of {subject}"
            self._add("union-member-removed", place.pointer, what, scene, old=name)
        for place in come:
            component, shape = view(self._new, place).name, form(self._new, place)
            what = f"{component or shape} is a new one of the members of {subject}{f', {shape}' * bool(component)}"
            self._add("union-member-added", place.pointer, what, scene, new=component or shape)
        self._discriminator(old, new, scene)

    def _discriminator(self, old: View, new: View, scene: Scene) -> None:
        before, after = self._told_apart(self._old, old), self._told_apart(self._new, new)
        if before == after:
            return
        kind = "added" if before is None else "removed" if after is None else "changed"
        subject = label(self._new, new.pointer)
        what = f"members of {subject} are told apart by {after or 'nothing'}, was {before or 'nothing'}"
        self._add(f"discriminator-{kind}", new.at("discriminator"), what, scene, old=before, new=after)

    def _told_apart(self, document: dict[str, Any], union: View) -> str | None:
        """Return the discriminator in words; its values count only where no enum of the members has them."""
        discriminator = union.get("discriminator")
        if not discriminator:
            return None
        name: str = discriminator["propertyName"]
        fields = [view(document, member).properties.get(name) for member in union.members]
        if any(field and view(document, field).get("enum") for field in fields):
            return name
        values = sorted(discriminator.get("mapping") or ())
        return f"{name} ({', '.join(values)})" if values else name


def _schemas(document: dict[str, Any]) -> dict[str, Any]:
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    return schemas
