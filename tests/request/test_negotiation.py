"""The table of `Negotiation`, row by row: what each outcome of a try teaches, and what comes next."""

from __future__ import annotations

import itertools
from typing import Any

import attrs
import pytest

from arize_queues._request.negotiation import Negotiation, Raise, Try
from arize_queues._request.revision import NEW, OLD, Revision
from arize_queues.errors import APIConnectionError, APIStatusError, ArizeQueuesError, class_for
from tests.support.answers import problem, reply

SUCCESS = None


def refusal(status: int, detail: str = "no") -> APIStatusError:
    """Make the error of an answer."""
    return class_for(status)(reply(status), problem(status, detail))


PLAIN = refusal(422, "the window must not exceed a week")
PLAIN_TOO = refusal(400, "the name is too long")
BLAMING = refusal(400, "record_sources[0].record_type: 'span' is not one of SPAN, EXAMPLE")
BLAMING_TOO = refusal(422, "assignment_method: must be ALL or RANDOM")
NOT_FOUND = refusal(404)
CONFLICT = refusal(409)
BROKEN = refusal(500)
LOST = APIConnectionError("POST", "/v2/annotation-queues", "no answer (ReadError)")


@attrs.frozen
class Row:
    """A row of the table.

    Attributes:
        outcomes: Outcome of each try; the last one ends the write.
        raised: Index of the outcome that is raised, or None if the write succeeds.
        tried: The revision of each try.
        before: Attributes of the revision before the write.
        meanwhile: Attributes that other calls set during the first try.
        after: Attributes of the revision that the write has changed.
    """

    outcomes: list[ArizeQueuesError | None]
    raised: int | None
    tried: list[str] = attrs.field(factory=lambda: [OLD])
    before: dict[str, Any] = attrs.field(factory=dict)
    meanwhile: dict[str, Any] = attrs.field(factory=dict)
    after: dict[str, Any] = attrs.field(factory=dict)


BOTH = [OLD, NEW]
PROBED = {"probed": True}
KNOWS_OLD = {"known": OLD}
FIXED = {"known": OLD, "fixed": True}

ROWS = {
    "first success, nothing known": Row([SUCCESS], None, after=KNOWS_OLD),
    "first success in the assumed revision": Row([SUCCESS], None, [NEW], {"assumed": NEW}, after={"known": NEW}),
    "first success, a read showed the other": Row([SUCCESS], None, meanwhile={"known": NEW, "observed": True}),
    "first success, known": Row([SUCCESS], None, [NEW], {"known": NEW, "observed": True}),
    "first refusal, fixed": Row([PLAIN], 0, before=FIXED),
    "first refusal that blames, fixed": Row([BLAMING], 0, before=FIXED),
    "first refusal, known, no blame": Row([PLAIN], 0, before=KNOWS_OLD),
    "first refusal, known meanwhile, no blame": Row([PLAIN], 0, meanwhile=KNOWS_OLD),
    "first refusal, the other is known by now": Row([PLAIN, SUCCESS], None, BOTH, meanwhile={"known": NEW}),
    "first refusal, the other is known by now, probed": Row(
        [PLAIN, SUCCESS], None, BOTH, before=PROBED, meanwhile={"known": NEW}
    ),
    "first refusal, spent, no blame": Row([PLAIN], 0, before=PROBED),
    "first refusal, spent, blame": Row([BLAMING], 0, before=PROBED, after={"assumed": NEW}),
    "first refusal, spent, blame, known": Row([BLAMING], 0, before={**PROBED, **KNOWS_OLD}),
    "first not found": Row([NOT_FOUND], 0),
    "first conflict": Row([CONFLICT], 0),
    "first broken": Row([BROKEN], 0),
    "first lost": Row([LOST], 0),
    "second success after no blame": Row([PLAIN, SUCCESS], None, BOTH, after={**PROBED, "known": NEW}),
    "second success after blame": Row([BLAMING, SUCCESS], None, BOTH, after={**PROBED, "known": NEW}),
    "second success, the server moved on": Row(
        [BLAMING, SUCCESS],
        None,
        BOTH,
        {**KNOWS_OLD, "observed": True},
        after={**PROBED, "known": NEW, "observed": False},
    ),
    "second success, the server moved back": Row(
        [BLAMING, SUCCESS], None, [NEW, OLD], {"known": NEW}, after={**PROBED, "known": OLD}
    ),
    "second refusal, the first blamed": Row([BLAMING, PLAIN], 1, BOTH, after={**PROBED, "known": NEW}),
    "second refusal blames": Row([PLAIN, BLAMING], 0, BOTH, after={**PROBED, "known": OLD}),
    "second refusal, both blame": Row([BLAMING, BLAMING_TOO], 0, BOTH, after=PROBED),
    "second refusal, neither blames": Row([PLAIN, PLAIN_TOO], 0, BOTH, after=PROBED),
    "second not found": Row([PLAIN, NOT_FOUND], 1, BOTH, after={**PROBED, "known": NEW}),
    "second conflict": Row([BLAMING, CONFLICT], 1, BOTH, after={**PROBED, "known": NEW}),
    "second broken, no blame": Row([PLAIN, BROKEN], 1, BOTH, after=PROBED),
    "second broken, blame": Row([BLAMING, BROKEN], 1, BOTH, after={**PROBED, "assumed": NEW}),
    "second lost, no blame": Row([PLAIN, LOST], 1, BOTH, after=PROBED),
    "second lost, blame": Row([BLAMING, LOST], 1, BOTH, after={**PROBED, "assumed": NEW}),
}


def state(revision: Revision) -> dict[str, Any]:
    """Return what a client knows."""
    return {name: getattr(revision, name) for name in ("known", "fixed", "observed", "assumed", "probed")}


def make_revision(**attributes: Any) -> Revision:
    """Make a revision in a state."""
    revision = Revision()
    for name, value in attributes.items():
        setattr(revision, name, value)
    return revision


@pytest.mark.parametrize("name", ROWS)
def test_every_row_of_the_table(name: str) -> None:
    """Each outcome of a try leads to the action of its row, and teaches the client only what the row says."""
    row = ROWS[name]
    revision = make_revision(**row.before)
    expected = {**state(revision), **row.meanwhile, **row.after}
    negotiation = Negotiation(revision)
    action: Try | Raise = negotiation.first()
    for tried, outcome in zip(row.tried, row.outcomes, strict=True):
        assert action == Try(tried)
        for attribute, value in row.meanwhile.items() if outcome is row.outcomes[0] else ():
            setattr(revision, attribute, value)
        if outcome is None:
            negotiation.accepted()
        else:
            action = negotiation.next(outcome)
    if row.raised is not None:
        assert action == Raise(row.outcomes[row.raised])  # type: ignore[arg-type]
    assert state(revision) == expected


OUTCOMES = [SUCCESS, PLAIN, BLAMING, NOT_FOUND, BROKEN, LOST]


@pytest.mark.parametrize("outcomes", [*itertools.product(OUTCOMES, repeat=2)])
@pytest.mark.parametrize("known", [None, OLD, NEW])
@pytest.mark.parametrize("flags", [*itertools.product([True, False], repeat=2)])
def test_a_write_is_tried_twice_at_most(outcomes: Any, known: str | None, flags: tuple[bool, bool]) -> None:
    """Whatever the client knows and the server answers, a write ends after two tries and raises an error it had."""
    probed, fixed = flags
    revision = make_revision(known=known, probed=probed, fixed=fixed and known is not None)
    negotiation = Negotiation(revision)
    action: Try | Raise = negotiation.first()
    tried, had = [], []
    for outcome in outcomes:
        assert isinstance(action, Try)
        tried.append(action.revision)
        had.append(outcome)
        if outcome is None:
            negotiation.accepted()
            break
        action = negotiation.next(outcome)
        if isinstance(action, Raise):
            break
    if had[-1] is not None:
        assert isinstance(action, Raise)
        assert action.error in had
    assert len(set(tried)) == len(tried)
    assert not (revision.fixed and len(tried) > 1)
    if probed and known is None:
        assert len(tried) == 1
