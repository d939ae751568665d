"""Compare operations: their names, parameters, bodies and answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .findings import Ledger, Scene
from .rules import BOTH, REQUEST, RESPONSE
from .schemas import Schemas
from .security import schemes
from .values import TEXTS, listed
from .views import Place, follow, label, pointer_to
from .words import form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.spec.document import Operation

_PARAMETER_KEYS = ("style", "explode", "allowReserved", "allowEmptyValue", "content")


class Operations:
    """The comparison of the operations of two documents; what differs goes into the ledger."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any], ledger: Ledger) -> None:
        self._old, self._new, self._ledger = old, new, ledger
        self._schemas = Schemas(old, new, ledger)

    def compare(self, old: list[Operation], new: list[Operation]) -> None:
        """Compare the given operations of either document; one that has moved is recognised by its id or shape."""
        for operation in old:
            other = operation if operation in new else self._moved(operation, [one for one in new if one not in old])
            if other is None:
                at = pointer_to("paths", operation[1], operation[0])
                name = _spoken(operation)
                scene = Scene(_id(self._old, operation), BOTH)
                self._ledger.add("operation-removed", at, f"{name} is gone", scene, subject=name, old=scene.operation)
            else:
                new = [one for one in new if one != other]
                self._pair(operation, other)
        for operation in new:
            at, name = pointer_to("paths", operation[1], operation[0]), _spoken(operation)
            scene, takes = Scene(_id(self._new, operation), BOTH), self._takes(operation)
            self._ledger.add("operation-added", at, f"{name} is new{takes}", scene, subject=name, new=scene.operation)

    def _takes(self, operation: Operation) -> str:
        """Return the words for the body of an operation."""
        content = follow(self._new, _place(self._new, operation).child("requestBody")).child("content")
        forms = (form(self._new, content.child(name, "schema")) for name in content.node)
        return "".join(f", takes {words}" for words in dict.fromkeys(forms))

    def _moved(self, operation: Operation, candidates: list[Operation]) -> Operation | None:
        method, path = operation
        for candidate in candidates:
            same_id = _id(self._new, candidate) == _id(self._old, operation)
            if same_id or (candidate[0] == method and _shape(candidate[1]) == _shape(path)):
                return candidate
        return None

    def _pair(self, old: Operation, new: Operation) -> None:
        before, after = _place(self._old, old), _place(self._new, new)
        name = _id(self._new, new)
        scene = Scene(name, BOTH)
        former = _id(self._old, old)
        if old != new:
            same = old[0] == new[0] and _shape(old[1]) == _shape(new[1])
            kind = "placeholder-renamed" if same else "operation-moved"
            what = f"{_spoken(old)} is now {'written ' if same else ''}{_spoken(new)}"
            self._add(kind, after.pointer, what, scene, old=_spoken(old), new=_spoken(new))
        if former != name:
            what = f"operation {former} is called {name}"
            self._add("operation-renamed", f"{after.pointer}/operationId", what, scene, old=former, new=name)
        self._words(before, after, scene)
        self._parameters(old, new, Scene(name, REQUEST))
        self._body(before.child("requestBody"), after.child("requestBody"), Scene(name, REQUEST))
        self._answers(before.child("responses"), after.child("responses"), Scene(name, RESPONSE))

    def _add(self, kind: str, at: str, what: str, scene: Scene, *, old: Any = None, new: Any = None) -> None:
        self._ledger.add(kind, at, what, scene, subject=label(self._new, at), old=old, new=new)

    def _words(self, old: Place, new: Place, scene: Scene) -> None:
        """Compare what an operation says of itself, beside what it takes and gives."""
        subject = label(self._new, new.pointer)
        if bool(old.node.get("deprecated")) != bool(new.node.get("deprecated")):
            now = bool(new.node.get("deprecated"))
            what = f"{subject} is {'' if now else 'no longer '}deprecated"
            self._add("deprecated" if now else "undeprecated", f"{new.pointer}/deprecated", what, scene)
        self._security(old, new, scene)
        self._texts(old, new, scene)

    def _security(self, old: Place, new: Place, scene: Scene) -> None:
        """Compare what callers must show, whatever it is called; what many operations share is told once."""
        before, after = schemes(self._old, old), schemes(self._new, new)
        if before == after:
            return
        at, what = f"{new.pointer}/security", f"{label(self._new, new.pointer)} is authenticated in another way"
        if "security" not in new.node:
            at, what = "/security", "all operations that say nothing else are authenticated in another way"
        self._add("security-changed", at, what, scene, old=before, new=after)

    def _texts(self, old: Place, new: Place, scene: Scene) -> None:
        for key in sorted({*old.node, *new.node}):
            if (key in TEXTS or key == "tags" or key.startswith("x-")) and old.node.get(key) != new.node.get(key):
                what = f"{label(self._new, new.pointer)} has another {key}"
                self._add("text-changed", f"{new.pointer}/{key}", what, scene)

    def _parameters(self, old: Operation, new: Operation, scene: Scene) -> None:
        olds, news = dict(_parameters(self._old, old)), dict(_parameters(self._new, new))
        for key, (parameter, _) in olds.items():
            if key not in news:
                at = f"{_place(self._new, new).pointer}/parameters/{parameter.node['name']}"
                subject = f"parameter {parameter.node['name']} of {_spoken(new)}"
                name = parameter.node["name"]
                self._ledger.add("parameter-removed", at, f"{subject} is gone", scene, subject=subject, old=name)
        for key, (parameter, at) in news.items():
            name, required = parameter.node["name"], bool(parameter.node.get("required"))
            subject = f"parameter {name} of {_spoken(new)}"
            if key in olds:
                self._parameter(olds[key][0], parameter, at, subject, scene)
            else:
                kind = "required-parameter-added" if required else "parameter-added"
                what = f"{subject} is new{' and required' * required}, {form(self._new, parameter.child('schema'))}"
                self._ledger.add(kind, at, what, scene, subject=subject, new=name)

    def _parameter(self, old: Place, new: Place, at: str, subject: str, scene: Scene) -> None:
        before, after = bool(old.node.get("required")), bool(new.node.get("required"))
        if before != after:
            kind = "parameter-required" if after else "parameter-optional"
            what = f"{subject} is {'' if after else 'no longer '}required"
            self._ledger.add(kind, f"{at}/required", what, scene, subject=subject, old=before, new=after)
        for key in _PARAMETER_KEYS:
            if old.node.get(key) != new.node.get(key):
                what = f"{subject} has another {key}"
                self._ledger.add("keyword-changed", f"{at}/{key}", what, scene, subject=subject)
        self._texts(old, new, scene)
        self._schemas.compare(old.child("schema"), new.child("schema"), scene)

    def _body(self, old: Place, new: Place, scene: Scene) -> None:
        old, new = follow(self._old, old), follow(self._new, new)
        before, after = bool(old.node.get("required")), bool(new.node.get("required"))
        subject = label(self._new, new.pointer)
        if not old.node or not new.node:
            kind = "body-removed" if old.node else "required-body-added" if after else "body-added"
            if old.node or new.node:
                self._add(kind, new.pointer, f"{subject} is {'gone' if old.node else 'new'}", scene)
            return
        if before != after:
            kind = "body-required" if after else "body-optional"
            what = f"{subject} is {'' if after else 'no longer '}required"
            self._add(kind, f"{new.pointer}/required", what, scene, old=before, new=after)
        self._texts(old, new, scene)
        self._content(old.child("content"), new.child("content"), scene)

    def _answers(self, old: Place, new: Place, scene: Scene) -> None:
        for status in sorted({*old.node} | {*new.node}):
            at, subject = f"{new.pointer}/{status}", f"status {status} of {label(self._new, new.pointer)}"
            if status not in new.node:
                kind = "success-status-removed" if status.startswith("2") else "error-status-removed"
                self._ledger.add(kind, at, f"{subject} is gone", scene, subject=subject, old=status)
            elif status not in old.node:
                self._ledger.add("status-added", at, f"{subject} is new", scene, subject=subject, new=status)
            else:
                self._answer(follow(self._old, old.child(status)), follow(self._new, new.child(status)), scene)

    def _answer(self, old: Place, new: Place, scene: Scene) -> None:
        self._texts(old, new, scene)
        self._content(old.child("content"), new.child("content"), scene)
        olds, news = old.child("headers"), new.child("headers")
        for name in sorted({*olds.node} | {*news.node}):
            at = news.child(name).pointer
            if name not in news.node:
                self._add("header-removed", at, f"{label(self._new, at)}, is gone", scene, old=name)
            elif name not in olds.node:
                self._add("header-added", at, f"{label(self._new, at)}, is new", scene, new=name)
            else:
                pair = follow(self._old, olds.child(name)), follow(self._new, news.child(name))
                self._schemas.compare(pair[0].child("schema"), pair[1].child("schema"), scene)

    def _content(self, old: Place, new: Place, scene: Scene) -> None:
        """Compare the media types of a body; one in place of another is one change."""
        gone = [name for name in old.node if name not in new.node]
        come = [name for name in new.node if name not in old.node]
        subject = label(self._new, new.pointer)
        if gone and come:
            what = f"{subject} is {listed(come)}, was {listed(gone)}"
            self._add("media-type-changed", new.pointer, what, scene, old=gone, new=come)
        else:
            for kind, names, what in (("removed", gone, "no longer"), ("added", come, "also")):
                for name in names:
                    at = new.child(name).pointer
                    self._add(f"media-type-{kind}", at, f"{subject} is {what} {name}", scene, old=gone, new=come)
        pairs = [(name, name) for name in old.node if name in new.node] or list(zip(gone, come, strict=False))
        for before, after in pairs:
            self._schemas.compare(old.child(before, "schema"), new.child(after, "schema"), scene)


def _place(document: dict[str, Any], operation: Operation) -> Place:
    method, path = operation
    return Place(document["paths"][path][method], pointer_to("paths", path, method))


def _id(document: dict[str, Any], operation: Operation) -> str:
    return str(_place(document, operation).node.get("operationId") or _spoken(operation))


def _spoken(operation: Operation) -> str:
    return f"{operation[0].upper()} {operation[1]}"


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _parameters(document: dict[str, Any], operation: Operation) -> Iterator[tuple[tuple[str, Any], tuple[Place, str]]]:
    """Yield each parameter by what identifies it: place and name, or the rank in the path, with its pointer."""
    method, path = operation
    item = Place(document["paths"][path], pointer_to("paths", path))
    ranks = re.findall(r"\{([^}]*)\}", path)
    for holder in (item, item.child(method)):
        for index in range(len(holder.node.get("parameters", ()))):
            place = holder.child("parameters", str(index))
            parameter = follow(document, place)
            name, within = parameter.node["name"], parameter.node["in"]
            key = ranks.index(name) if within == "path" and name in ranks else name
            yield (within, key), (parameter, place.pointer)
