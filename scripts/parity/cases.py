"""Read the parity cases, and expand their short forms into plain data."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal, TypeAlias

import attrs
import yaml

from scripts.codegen.limits import resolve_pointer

ROOT = Path(__file__).resolve().parents[2]
PARITY = ROOT / "tests/parity"
EXPANDED = PARITY / "cases.json"
REVISIONS = ("2026-05", "2026-10")
OPENAPI = ROOT / "openapi"

Json: TypeAlias = Any
Case: TypeAlias = dict[str, Any]
Place = Literal["wire", "user"]

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C is ten times as fast, where there is one
_ABSENT = object()
# What the README says of members that a case does not have.
_CASE = {"random": 0.5, "now": "2026-03-01T12:00:00Z"}
_CLIENT = {"max_retries": 5, "max_concurrency": 1}
_STEP_PARTS: dict[str, Place] = {"call": "user", "exchanges": "wire", "expect": "user"}


@cache
def limits() -> dict[str, int]:
    """Return the limits of the API by name, from the specification."""
    spec, places = _read(OPENAPI / "annotation-queues.yaml"), _read(OPENAPI / "limits.yaml")
    return {name: int(resolve_pointer(spec, place["pointer"])) for name, place in places.items()}


def _read(path: Path) -> Json:
    return yaml.load(path.read_text(), _Loader)  # noqa: S506  # it is a safe one


def written(directory: Path = PARITY / "cases") -> dict[str, list[Case]]:
    """Return the cases as they are written, by file."""
    return {path.stem: _read(path) for path in sorted(directory.glob("*.yaml"))}


def load() -> list[Case]:
    """Return every case expanded, once for each of its revisions, which its `id` names."""
    values = _read(PARITY / "values.yaml")
    cases = [
        _expanded(case, values, file, revision)
        for file, group in written().items()
        for case in group
        for revision in case.get("revisions", REVISIONS)
    ]
    return json.loads(json.dumps(cases))  # type: ignore[no-any-return]  # proof that it is plain data, nothing shared


def as_text(cases: list[Case]) -> str:
    """Return cases as one JSON list with a line for each, so that a diff shows which have changed."""
    lines = (json.dumps(case, ensure_ascii=False, separators=(",", ":")) for case in cases)
    return "[\n" + ",\n".join(lines) + "\n]\n"


def _expanded(case: Case, values: dict[str, Json], file: str, revision: str) -> Case:
    own = {key: value for key, value in case.items() if key not in ("revisions", "before", "idle", *_STEP_PARTS)}
    own = {**_CASE, **own, "client": {"api_revision": revision, **_CLIENT, **case.get("client", {})}}
    own |= {"id": f"{file}/{case['name']}@{revision}", "file": file, "revision": revision}
    steps = [_expanded_step(step, values, revision) for step in (*case.get("before", []), case)]
    return {**own, "steps": steps}


def _expanded_step(step: Case, values: dict[str, Json], revision: str) -> Case:
    expanded: Case = {"idle": step.get("idle", 0)}
    for part, place in _STEP_PARTS.items():
        expanded[part] = Expander(values, revision, place).expand(step.get(part, []))
    return expanded


@attrs.frozen
class Expander:
    """Expands the short forms of the README.

    Attributes:
        values: What `$use` and `${name}` refer to.
        revision: The revision that the server speaks.
        place: "wire" for what travels, "user" for what a user writes and reads, whose spelling is the contract's.
    """

    values: dict[str, Json]
    revision: str
    place: Place

    def expand(self, node: Json) -> Json:
        """Expand a value and everything in it."""
        if isinstance(node, str):
            return self._interpolated(node)
        if isinstance(node, list):
            items = [self.expand(item) for item in node]
            return [item for item in items if item is not _ABSENT]
        if not isinstance(node, dict):
            return node
        form = next(iter(node), "")
        if isinstance(form, str) and form.startswith("$") and (expand := _FORMS.get(form)):
            return expand(self, node)
        members = {key: self.expand(value) for key, value in node.items()}
        return {self._interpolated(key): value for key, value in members.items() if value is not _ABSENT}

    def number(self, node: Json) -> int:
        """Return a number that may be written as a limit."""
        return int(self.expand(node))

    def _interpolated(self, text: str) -> str:
        parts = text.split("${")
        filled = [parts[0]]
        for part in parts[1:]:
            name, _, rest = part.partition("}")
            filled += [str(self.expand(self.values[name])), rest]
        return "".join(filled)

    def use(self, form: Json) -> Json:
        """`{$use: NAME, with: {...}, without: [...]}`: a value of values.yaml, with members replaced."""
        value = self.values[form["$use"]]
        if isinstance(value, dict):
            value = {**value, **form.get("with", {})}
            value = {key: item for key, item in value.items() if key not in form.get("without", ())}
        return self.expand(value)

    def limit(self, form: Json) -> int:
        """`{$limit: NAME, times: N, plus: N}`: a limit of the API, multiplied and added to."""
        return int(limits()[form["$limit"]] * form.get("times", 1) + form.get("plus", 0))

    def ids(self, form: Json) -> list[str]:
        """`{$ids: PREFIX, from: N, to: N}`: PREFIX-from and so on, without PREFIX-to."""
        return [f"{form['$ids']}-{number}" for number in self._range(form)]

    def each(self, form: Json) -> list[Json]:
        """`{$each: VALUE, from: N, to: N}`: VALUE for each number, which `${i}` stands for."""
        made = []
        for number in self._range(form):
            made.append(attrs.evolve(self, values={**self.values, "i": str(number)}).expand(form["$each"]))
        return made

    def join(self, form: Json) -> list[Json]:
        """`{$join: [LIST, ...]}`: the lists as one."""
        return [item for part in form["$join"] for item in self.expand(part)]

    def text(self, form: Json) -> str:
        """`{$text: TEXT, times: N}`: TEXT, repeated."""
        return str(form["$text"]) * self.number(form["times"])

    def spelled(self, form: Json) -> str:
        """`{$spelled: WORD}`: an enum value in the server's case on the wire, in lower case elsewhere."""
        word: str = form["$spelled"]
        return word.upper() if self.place == "wire" and self.revision == "2026-10" else word

    def by_revision(self, form: Json) -> Json:
        """`{$by_revision: {REVISION: VALUE}}`: the revision's; left out where it has none."""
        choices = form["$by_revision"]
        return self.expand(choices[self.revision]) if self.revision in choices else _ABSENT

    def _range(self, form: Json) -> range:
        return range(self.number(form.get("from", 0)), self.number(form["to"]))


_FORMS = {
    "$use": Expander.use,
    "$limit": Expander.limit,
    "$ids": Expander.ids,
    "$each": Expander.each,
    "$join": Expander.join,
    "$text": Expander.text,
    "$spelled": Expander.spelled,
    "$by_revision": Expander.by_revision,
}
