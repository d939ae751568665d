"""Lists in the emulator: filters, order, pages and cursors."""

from __future__ import annotations

import base64
import json

import pytest
from arize_queues_raw import limits

QUEUES = "/v2/annotation-queues"
LISTS = {
    "spaces": "/v2/spaces",
    "projects": "/v2/projects",
    "datasets": "/v2/datasets",
    "annotation_configs": "/v2/annotation-configs",
    "annotation_queues": QUEUES,
}
UNKNOWN_SPACE = base64.b64encode(b"Space:1").decode()


def _names(desk, key, **params):
    response = desk.http.get(LISTS[key], params=params)
    assert response.status_code == 200, response.text
    return [item["name"] for item in response.json()[key]]


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("spaces", ["demo"]),
        ("projects", ["support-chat", "search-answers"]),
        ("datasets", ["second", "golden-questions"]),
        ("annotation_configs", ["notes", "helpfulness", "accuracy"]),
        ("annotation_queues", ["Second", "First"]),
    ],
)
def test_lists_have_their_order(any_desk, key, names):
    """Datasets, configs and queues come newest first, the others as they were added."""
    any_desk.emulator.add_dataset(any_desk.space, "second")
    any_desk.create(name="First")
    any_desk.create(name="Second")
    assert _names(any_desk, key) == names


@pytest.mark.parametrize("key", LISTS)
def test_names_are_filtered_by_substrings_whatever_their_case(desk, key):
    """The filter finds parts of names, also beyond ASCII, and takes wildcards for what they are."""
    for name in ("Größe %", "Grosse", "Small"):
        if key == "spaces":
            desk.emulator.add_space(name)
        elif key == "projects":
            desk.emulator.add_project(desk.space, name)
        elif key == "datasets":
            desk.emulator.add_dataset(desk.space, name)
        elif key == "annotation_configs":
            desk.emulator.add_annotation_config(desk.space, name)
        else:
            desk.create(name=name)
    assert set(_names(desk, key, name="GRÖ")) == {"Größe %"}
    assert set(_names(desk, key, name="%")) == {"Größe %"}
    assert set(_names(desk, key, name="sma")) == {"Small"}


@pytest.mark.parametrize("key", [key for key in LISTS if key != "spaces"])
def test_a_space_is_filtered_by_id_exactly_and_by_name_in_part(desk, key):
    """The name of a space is a substring filter: "demo" finds what is in "demo-eu", too."""
    other = desk.emulator.add_space("demo-eu")
    desk.create()
    desk.emulator.add_project(other, "there")
    desk.emulator.add_dataset(other, "there")
    config = desk.emulator.add_annotation_config(other, "there")
    desk.create(name="there", space_id=other, annotation_config_ids=[config])
    assert _names(desk, key, space_id=other) == ["there"]
    assert _names(desk, key, space_name="DEMO-E") == ["there"]
    assert "there" in _names(desk, key, space_name="demo")
    assert len(_names(desk, key, space_name="demo")) > 1
    assert _names(desk, key, space_id=desk.space, space_name="demo-eu") == []


def test_an_unknown_space_is_a_404_since_2026_10_and_empty_before(desk, old_desk):
    """Only 2026-10 says that the space is not there."""
    for key in LISTS.keys() - {"spaces"}:
        assert desk.http.get(LISTS[key], params={"space_id": UNKNOWN_SPACE}).status_code == 404
        assert _names(old_desk, key, space_id=UNKNOWN_SPACE) == []


@pytest.mark.parametrize("key", [key for key in LISTS if key != "spaces"])
def test_a_malformed_space_is_a_bad_request(any_desk, key):
    """What could be no ID of anything is refused in either revision."""
    assert any_desk.http.get(LISTS[key], params={"space_id": "!!"}).status_code == 400


@pytest.mark.parametrize("key", LISTS)
@pytest.mark.parametrize("limit", ["0", "-1", str(limits.MAX_PAGE_SIZE + 1), "x", "", "1.5"])
def test_limits_out_of_range_are_bad_requests(desk, key, limit):
    """A page has from one item to as many as the list allows."""
    response = desk.http.get(LISTS[key], params={"limit": limit})
    assert response.status_code == 400
    assert "limit" in response.json()["detail"]


def test_pages_of_records_may_be_larger(desk):
    """Records have a page limit of their own."""
    queue = desk.create(record_sources=[desk.spans(*range(limits.MAX_RECORDS_PER_REQUEST))])
    assert len(desk.records(queue)) == limits.MAX_RECORDS_PAGE_SIZE
    path, params = f"{QUEUES}/{queue}/records", {"limit": limits.MAX_RECORDS_PAGE_SIZE + 1}
    assert desk.http.get(path, params=params).status_code == 400
    assert len(desk.http.get(path).json()["records"]) == limits.DEFAULT_PAGE_SIZE


def test_a_walk_through_the_pages_sees_everything_once(desk):
    """Each cursor goes on where the page ended; the last page has none."""
    for number in range(7):
        desk.create(name=f"queue {number}")
    seen, params = [], {"limit": 3, "name": "queue"}
    while True:
        page = desk.http.get(QUEUES, params=params).json()
        seen += [queue["name"] for queue in page["annotation_queues"]]
        if not page["pagination"]["has_more"]:
            break
        params["cursor"] = page["pagination"]["next_cursor"]
    assert seen == [f"queue {number}" for number in reversed(range(7))]
    assert "next_cursor" not in page["pagination"]


def test_a_walk_is_not_disturbed_by_what_comes_and_goes(desk):
    """Deleting what was seen and adding what is new neither skips nor repeats a record."""
    queue = desk.create()
    ids = desk.add_ids(queue, desk.spans(*range(6)))
    path = f"{QUEUES}/{queue}/records"
    first = desk.http.get(path, params={"limit": 3}).json()
    desk.delete_records(queue, ids[:3])
    new = desk.add_ids(queue, desk.spans(6))
    cursor = first["pagination"]["next_cursor"]
    second = desk.http.get(path, params={"limit": 3, "cursor": cursor}).json()
    assert [record["id"] for record in second["records"]] == ids[3:]
    assert second["pagination"]["has_more"] is True
    third = desk.http.get(path, params={"cursor": second["pagination"]["next_cursor"]}).json()
    assert [record["id"] for record in third["records"]] == new


def test_cursors_belong_to_their_list_and_its_filters(desk):
    """A cursor of another list, of other filters or of nobody is a bad request."""
    for number in range(3):
        desk.create(name=f"queue {number}")
    page = desk.http.get(QUEUES, params={"limit": 1, "name": "queue"}).json()
    cursor = page["pagination"]["next_cursor"]
    assert desk.http.get(QUEUES, params={"limit": 2, "name": "queue", "cursor": cursor}).status_code == 200
    strangers = [
        (QUEUES, {"cursor": cursor}),
        (QUEUES, {"cursor": cursor, "name": "other"}),
        (LISTS["projects"], {"cursor": cursor, "name": "queue"}),
        (QUEUES, {"name": "queue", "cursor": "garbage"}),
        (QUEUES, {"name": "queue", "cursor": cursor[:-4]}),
        (QUEUES, {"name": "queue", "cursor": base64.b64encode(b"{}").decode()}),
        (QUEUES, {"name": "queue", "cursor": "é"}),
    ]
    for path, params in strangers:
        response = desk.http.get(path, params=params)
        assert response.status_code == 400, params
        assert "cursor" in response.json()["detail"]


@pytest.mark.parametrize(
    "change",
    [
        lambda scope: [scope, {"a": 1}, 0],
        lambda scope: [scope, [1], 0],
        lambda scope: [scope, 10**30, 0],
        lambda scope: [scope, "1", 0],
        lambda scope: [scope, 1, {}],
        lambda scope: [scope, 1],
    ],
)
def test_a_cursor_that_was_tampered_with_is_a_bad_request(desk, change):
    """A cursor holds what the API wrote into it, or is none."""
    for number in range(3):
        desk.create(name=f"queue {number}")
    cursor = desk.http.get(QUEUES, params={"limit": 1}).json()["pagination"]["next_cursor"]
    scope = json.loads(base64.urlsafe_b64decode(cursor))[0]
    for content in (json.dumps(change(scope)), "[" * 1_000):
        response = desk.http.get(QUEUES, params={"cursor": base64.urlsafe_b64encode(content.encode()).decode()})
        assert response.status_code == 400
        assert "cursor" in response.json()["detail"]


def test_projects_are_filtered_by_type_since_2026_10(desk):
    """The filter takes the types that the spec lists, and no other."""
    desk.emulator.add_project(desk.space, "bench", project_type="experiment")
    assert _names(desk, "projects", project_type="EXPERIMENT") == ["bench"]
    assert desk.http.get(LISTS["projects"], params={"project_type": "experiment"}).status_code == 400


def test_spaces_are_filtered_by_organization(desk):
    """There is one organization; another is not found."""
    organization = desk.http.get(LISTS["spaces"]).json()["spaces"][0]["organization_id"]
    assert _names(desk, "spaces", org_id=organization) == ["demo"]
    assert desk.http.get(LISTS["spaces"], params={"org_id": "other"}).status_code == 404


def test_a_parameter_given_twice_is_a_bad_request(desk):
    """Which of the two is meant cannot be known."""
    assert desk.http.get(f"{QUEUES}?limit=1&limit=2").status_code == 400
