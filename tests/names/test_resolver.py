"""Resolving a name or an ID to an ID: the requests that it takes, the cache, and refused input."""

from __future__ import annotations

import pytest
from arize_queues_raw.limits import MAX_PAGE_SIZE

from arize_queues import (
    AmbiguousNameError,
    Id,
    InvalidRequestError,
    Name,
    NameNotFoundError,
    NotFoundError,
    SpaceRequiredError,
)
from arize_queues._names.cache import NAME_LIFETIME, NAMES_KEPT, NameCache
from arize_queues._names.resolver import Resolver
from arize_queues._names.resources import CONFIG, DATASET, PROJECT, SPACE
from arize_queues._operations.queues import get_queue, update_queue
from arize_queues.types import UNSET
from tests.support.answers import config, page, problem, queue, reply
from tests.support.clients import serve
from tests.support.clock import ManualClock
from tests.support.plans import make_context, play

STAMP = "2026-01-01T00:00:00Z"


def space(name="prod", id="spc_1"):
    """Build a space as servers send it."""
    return {"id": id, "name": name, "description": "", "created_at": STAMP}


def spaces(*names, **rest):
    """Build a response with a page of spaces."""
    return reply(200, page("spaces", *[space(name, f"spc_{i}") for i, name in enumerate(names, 1)], **rest))


def queues(*found, **rest):
    """Build a response with a page of queues."""
    return reply(200, page("annotation_queues", *found, **rest))


GOT = reply(200, queue())


def play_get(context, *answers, annotation_queue="Triage", space="prod"):
    """Play a get."""
    return play(get_queue(context, annotation_queue=annotation_queue, space=space), *answers)


def asked(played):
    """Return the path and query of each request."""
    return [(kwargs["url"], kwargs.get("params", {})) for kwargs in played.sends]


def test_an_id_costs_no_lookup():
    """A queue given by ID is read without a lookup, with or without a space."""
    for given, where in (("aq_1", None), ("RW50aXR5OjEyMzQ1", None), ("aq_1", "prod"), (Id("Triage"), None)):
        played = play_get(make_context(), GOT, annotation_queue=given, space=where)
        assert asked(played) == [(f"/v2/annotation-queues/{given.replace('=', '%3D')}", {})]


def test_a_name_is_resolved_by_space_id_and_name():
    """A queue's name is resolved within the ID of its exactly matched space, never by the filter `space_name`."""
    played = play_get(make_context(), spaces("prod-eu", "prod"), queues(queue(id="aq_7")), GOT)
    assert asked(played) == [
        ("/v2/spaces", {"name": "prod", "limit": MAX_PAGE_SIZE}),
        ("/v2/annotation-queues", {"space_id": "spc_2", "name": "Triage", "limit": MAX_PAGE_SIZE}),
        ("/v2/annotation-queues/aq_7", {}),
    ]


def test_a_space_id_is_not_looked_up():
    """A space given by ID is not looked up."""
    played = play_get(make_context(), queues(queue()), GOT, space="spc_9")
    assert asked(played)[0][1]["space_id"] == "spc_9"


def test_a_name_without_a_space_is_refused_before_any_request():
    """A name without a space raises SpaceRequiredError before any request, and suggests `space=` or an ID."""
    played = play_get(make_context(), space=None)
    assert isinstance(played.error, SpaceRequiredError)
    assert played.sends == []
    assert "'Triage'" in str(played.error)
    assert "space=" in str(played.error)
    assert "ID" in str(played.error)


@pytest.mark.parametrize("given", [Name("aq_1"), Name("RW50aXR5OjEyMzQ1")])
def test_what_is_said_to_be_a_name_is_looked_up(given):
    """A `Name` is looked up even if it looks like an ID."""
    played = play_get(make_context(), spaces("prod"), queues(queue(name=str(given))), GOT, annotation_queue=given)
    assert asked(played)[1][1]["name"] == given
    assert len(played.sends) == 3


def test_all_pages_are_searched_and_matches_are_exact():
    """A lookup searches all pages and matches the whole name, case-sensitively."""
    first = queues(queue(name="Triage 2", id="aq_a"), queue(name="triage", id="aq_b"), cursor="2")
    played = play_get(make_context(), spaces("prod"), first, queues(queue(id="aq_c")), GOT)
    assert asked(played)[2][1]["cursor"] == "2"
    assert asked(played)[3][0].endswith("/aq_c")


def test_several_matches_are_ambiguous_also_across_pages():
    """Several exact matches raise AmbiguousNameError with all their IDs, even if they are on different pages."""
    played = play_get(make_context(), spaces("prod"), queues(queue(id="aq_1"), cursor="2"), queues(queue(id="aq_2")))
    error = played.error
    assert isinstance(error, AmbiguousNameError)
    assert (error.resource, error.name, error.matching_ids) == ("annotation queue", "Triage", ["aq_1", "aq_2"])
    assert "aq_1, aq_2" in str(error)


def test_two_spaces_of_one_name_are_ambiguous():
    """Two spaces of one name raise AmbiguousNameError before the queue is looked up."""
    error = play_get(make_context(), spaces("prod", "prod")).error
    assert isinstance(error, AmbiguousNameError)
    assert error.matching_ids == ["spc_1", "spc_2"]


def test_a_name_that_nothing_has_is_told_with_those_near_it():
    """NameNotFoundError lists the partial matches of the lookup as candidates."""
    error = play_get(make_context(), spaces("prod"), queues(queue(name="Triage 2"))).error
    assert isinstance(error, NameNotFoundError)
    assert (error.resource, error.name, error.candidates) == ("annotation queue", "Triage", ["Triage 2"])
    assert str(error) == (
        "no annotation queue is called 'Triage' in space spc_1 (names are matched exactly); near it: 'Triage 2'"
    )


def test_only_a_handful_of_the_nearest_names_is_told():
    """NameNotFoundError lists only the five nearest of many partial matches."""
    names = [f"Triage {'x' * number}" for number in reversed(range(1, 100))] + ["TRIAGE", "triage", "triage"]
    found = queues(*(queue(name=name, id=f"aq_{number}") for number, name in enumerate(names)))
    error = play_get(make_context(), spaces("prod"), found).error
    assert error.candidates == ["Triage x", "triage", "Triage xx", "Triage xxx", "Triage xxxx"]


def test_a_misspelt_name_is_compared_with_the_first_page_of_all():
    """A name without partial matches is compared with the first page of all names, for one more request."""
    all_queues = queues(queue(name="Triage"), queue(name="Quality"))
    played = play_get(make_context(), spaces("prod"), queues(), all_queues, annotation_queue="Tirage")
    assert played.error.candidates == ["Triage"]
    assert "name" not in asked(played)[2][1]


def test_nothing_near_is_told_without_an_empty_list():
    """The text of NameNotFoundError mentions no candidates where there are none."""
    error = play_get(make_context(), spaces("prod"), queues(), queues()).error
    assert error.candidates == []
    assert str(error).endswith("(names are matched exactly)")


@pytest.mark.parametrize(
    ("resource", "path", "items"),
    [
        (PROJECT, "/v2/projects", "projects"),
        (DATASET, "/v2/datasets", "datasets"),
        (CONFIG, "/v2/annotation-configs", "annotation_configs"),
    ],
)
def test_projects_datasets_and_configs_are_found_the_same_way(resource, path, items):
    """Projects, datasets and configs are looked up in the same way as queues."""

    def in_space():
        return "spc_1"
        yield

    item = {**space("chat", "x1"), "space_id": "spc_1", "updated_at": STAMP, "type": "freeform"}
    played = play(Resolver(make_context(), space="spc_1").id_of(resource, "chat"), reply(200, page(items, item)))
    assert played.value == "x1"
    assert asked(played) == [(path, {"space_id": "spc_1", "name": "chat", "limit": MAX_PAGE_SIZE})]


def test_a_config_of_an_unknown_kind_is_found_by_name():
    """A config of an unknown type, which is decoded as a dict, is found by its name."""
    answer = reply(200, page("annotation_configs", config(type="ranking", id="ac_9")))
    assert play(Resolver(make_context()).find(CONFIG, "accuracy", "spc_1"), answer).value == "ac_9"


def test_names_are_remembered():
    """A second call by the same names sends one request, because both IDs are cached."""
    context = make_context()
    play_get(context, spaces("prod"), queues(queue()), GOT)
    assert len(play_get(context, GOT).sends) == 1


def test_a_memory_ends_after_some_minutes():
    """Cached names expire after `NAME_LIFETIME`, the space's as well."""
    clock = ManualClock()
    context = make_context(clock)
    play_get(context, spaces("prod"), queues(queue()), GOT)
    clock.elapsed += NAME_LIFETIME - 1
    assert len(play_get(context, GOT).sends) == 1
    clock.elapsed += 1
    assert len(play_get(context, spaces("prod"), queues(queue()), GOT).sends) == 3


def test_the_memory_is_bounded():
    """A full cache drops its oldest name."""
    memory = NameCache(ManualClock().as_clock())
    for number in range(NAMES_KEPT + 1):
        memory.remember(("queue", "spc_1", str(number)), f"aq_{number}")
    assert memory.recall(("queue", "spc_1", "0")) is None
    assert memory.recall(("queue", "spc_1", "1")) == "aq_1"


def test_what_was_not_found_is_not_remembered():
    """A failed lookup is not cached, since the queue may be created at any moment."""
    context = make_context()
    assert play_get(context, spaces("prod"), queues(), queues()).error
    assert play_get(context, queues(queue()), GOT).value.id == "aq_1"


def test_the_same_name_in_two_spaces_is_two_queues():
    """The cache keeps equal names apart by space and by resource."""
    context = make_context()
    play_get(context, queues(queue(id="aq_1")), GOT, space="spc_1")
    played = play_get(context, queues(queue(id="aq_2")), GOT, space="spc_2")
    assert asked(played)[-1][0].endswith("aq_2")
    assert play(Resolver(context).find(SPACE, "Triage", None), spaces("Triage")).value == "spc_1"


def test_a_404_on_a_remembered_id_resolves_once_more():
    """A 404 on a cached ID resolves the queue's and the space's name again, and caches the new IDs."""
    context = make_context()
    play_get(context, spaces("prod"), queues(queue()), GOT)
    played = play_get(context, reply(404), spaces("prod"), queues(queue(id="aq_2")), reply(200, queue(id="aq_2")))
    assert played.value.id == "aq_2"
    assert len(play_get(context, GOT).sends) == 1


def test_a_404_on_a_fresh_id_is_the_error():
    """A 404 on an ID that was just looked up is raised without a second lookup."""
    played = play_get(make_context(), spaces("prod"), queues(queue()), reply(404, problem(404)))
    assert isinstance(played.error, NotFoundError)


def test_a_404_that_is_about_something_else_ends_after_one_more_lookup():
    """A 404 on a cached ID is raised if a second lookup returns the same ID, as for an unknown annotator."""
    context = make_context()
    play_get(context, spaces("prod"), queues(queue()), GOT)
    plan = update_queue(
        context,
        annotation_queue="Triage",
        space="prod",
        name=UNSET,
        instructions=UNSET,
        annotation_config_ids=UNSET,
        annotator_emails=["who@example.com"],
        column_allowlist=UNSET,
    )
    refusal = reply(404, problem(404, "Annotator email not found"))
    played = play(plan, refusal, spaces("prod"), queues(queue()))
    assert "Annotator email" in str(played.error)


def test_a_queue_that_is_gone_is_told_by_its_name():
    """A 404 on a cached ID raises NameNotFoundError if the second lookup finds nothing."""
    context = make_context()
    play_get(context, spaces("prod"), queues(queue()), GOT)
    played = play_get(context, reply(404), spaces("prod"), queues(), queues())
    assert isinstance(played.error, NameNotFoundError)


def test_a_name_that_is_not_there_is_said_so_when_the_near_misses_cannot_be_had():
    """NameNotFoundError is raised without candidates if the request for them fails."""
    server = serve(reply(200, page("spaces")), reply(403, problem(403)))
    with pytest.raises(NameNotFoundError) as caught:
        server.client().annotation_queues.get(annotation_queue="Triage", space="nowhere")
    assert caught.value.candidates == []


@pytest.mark.parametrize("names", [("\ud800", "s"), ("aq_1", "\udfff")])
def test_half_of_a_surrogate_pair_is_refused(names):
    """A lone surrogate in a queue or a space is refused before any request, because no URL can hold it."""
    server = serve(reply(200))
    with pytest.raises(InvalidRequestError, match="surrogate"):
        server.client().annotation_queues.get(annotation_queue=names[0], space=names[1])
    assert server.requests == []
