"""Queues in the emulator: their rules, and the bodies of refusals."""

from __future__ import annotations

import base64
import json

import httpx
import pytest
from arize_queues_raw import limits

from arize_queues.emulator import Fault
from arize_queues.emulator._seeding.demo import ANNOTATORS

QUEUES = "/v2/annotation-queues"


def test_a_created_queue_is_read_back_as_it_was_answered(any_desk):
    """Create answers the whole queue, and get answers the same."""
    created = any_desk.http.post(QUEUES, json=any_desk.queue_body(instructions="Be fair."))
    assert created.status_code == 201
    queue = created.json()
    assert queue["name"] == "Quality"
    assert queue["instructions"] == "Be fair."
    assert [user["email"] for user in queue["annotators"]] == [ANNOTATORS[0]]
    assert [config["name"] for config in queue["annotation_configs"]] == ["accuracy", "helpfulness", "notes"]
    assert any_desk.http.get(f"{QUEUES}/{queue['id']}").json() == queue


def test_ids_look_like_the_real_ones(desk):
    """An ID is base64 of its kind and a number."""
    kind, _, number = base64.b64decode(desk.create(), validate=True).decode().partition(":")
    assert kind == "AnnotationQueue"
    assert number.isdigit()


def test_two_emulators_give_the_same_ids(desk, old_desk):
    """The numbering is the same in every run."""
    assert desk.ids == old_desk.ids
    assert desk.create() == old_desk.create()


def test_a_name_is_unique_among_the_active_queues_of_a_space(desk):
    """The second queue of a name is a conflict, until the first is deleted; other spaces do not matter."""
    first = desk.create()
    assert desk.http.post(QUEUES, json=desk.queue_body()).status_code == 409
    other = desk.emulator.add_space("other")
    config = desk.emulator.add_annotation_config(other, "notes")
    desk.create(space_id=other, annotation_config_ids=[config])
    assert desk.http.delete(f"{QUEUES}/{first}").status_code == 204
    assert desk.create() != first


def test_renaming_to_a_taken_name_is_a_conflict_and_to_its_own_is_none(desk):
    """Update holds to the uniqueness of names, too."""
    desk.create()
    second = desk.create(name="Second")
    assert desk.http.patch(f"{QUEUES}/{second}", json={"name": "Quality"}).status_code == 409
    assert desk.http.patch(f"{QUEUES}/{second}", json={"name": "Second"}).status_code == 200


def test_an_unknown_annotator_is_a_404_that_names_the_address(desk):
    """Nothing is created where an address is not a user's."""
    response = desk.http.post(QUEUES, json=desk.queue_body(annotator_emails=["nobody@example.com"]))
    assert response.status_code == 404
    assert "Annotator email not found or does not have access" in response.json()["detail"]
    assert "nobody@example.com" in response.json()["detail"]
    assert desk.emulator.queues() == []


def test_an_annotator_without_access_to_the_space_is_unknown(desk):
    """A user of another space only is answered like one who does not exist."""
    other = desk.emulator.add_space("other")
    desk.emulator.add_user("guest@example.com", spaces=[other])
    response = desk.http.post(QUEUES, json=desk.queue_body(annotator_emails=["guest@example.com"]))
    assert response.status_code == 404


def test_configs_must_be_of_the_queues_space(desk):
    """A config of another space is refused, an unknown one not found, a malformed ID a bad request."""
    other = desk.emulator.add_annotation_config(desk.emulator.add_space("other"), "elsewhere")
    unknown = base64.b64encode(b"AnnotationConfig:1").decode()
    answers = {
        config: desk.http.post(QUEUES, json=desk.queue_body(annotation_config_ids=[config])).status_code
        for config in (other, unknown, "not an ID")
    }
    assert answers == {other: 422, unknown: 404, "not an ID": 400}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "x" * (limits.MAX_NAME_LENGTH + 1)),
        ("name", None),
        ("instructions", "x" * (limits.MAX_INSTRUCTIONS_LENGTH + 1)),
        ("annotation_config_ids", []),
        ("annotator_emails", []),
        ("annotator_emails", ["no address"]),
        ("record_sources", [{}] * (limits.MAX_RECORD_SOURCES_PER_REQUEST + 1)),
        ("record_sources", [{"record_type": "SPAN"}]),
        ("assignment_method", "SOME"),
        ("column_allowlist", ["x" * (limits.MAX_COLUMN_NAME_LENGTH + 1)]),
    ],
)
def test_what_the_spec_does_not_allow_is_a_400_that_names_the_field(desk, field, value):
    """Bodies are judged by the spec before anything else."""
    response = desk.http.post(QUEUES, json=desk.queue_body(**{field: value}))
    assert response.status_code == 400
    assert field in response.json()["detail"]


@pytest.mark.parametrize(
    ("fields", "detail"),
    [
        (
            {"name": "x" * (limits.MAX_NAME_LENGTH + 1)},
            f"name: the value is longer than {limits.MAX_NAME_LENGTH} characters.",
        ),
        ({"annotation_config_ids": []}, "annotation_config_ids: the value has less than 1 item."),
        ({"annotator_emails": ["secret"]}, 'annotator_emails[0]: the value is not a "email".'),
        ({"assignment_method": "SOME"}, "assignment_method: the value is not one of ALL, RANDOM."),
        (
            {"record_sources": [{"record_type": "LOGS"}]},
            "record_sources[0].record_type: the value is not one of EXAMPLE, SESSION, SPAN, TRACE.",
        ),
    ],
    ids=lambda found: next(iter(found)) if isinstance(found, dict) else "",
)
def test_a_refusal_names_the_limit_and_not_what_was_sent(desk, fields, detail):
    """The field and the rule, in the spelling of the revision; nothing of the value."""
    assert desk.http.post(QUEUES, json=desk.queue_body(**fields)).json()["detail"] == detail


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (
            {"instructions": "x" * (limits.MAX_INSTRUCTIONS_LENGTH + 1)},
            f"instructions: the value is longer than {limits.MAX_INSTRUCTIONS_LENGTH} characters.",
        ),
        ({"instructions": 5}, 'instructions: the value is not of types "null", "string".'),
        (
            {"column_allowlist": ["x"] * (limits.MAX_COLUMN_ALLOWLIST_COLUMNS + 1)},
            f"column_allowlist: the value has more than {limits.MAX_COLUMN_ALLOWLIST_COLUMNS} items.",
        ),
    ],
    ids=lambda found: next(iter(found)) if isinstance(found, dict) else "",
)
def test_a_field_that_may_be_null_has_limits_to_tell_as_well(desk, body, detail):
    """That null is allowed does not hide what else is."""
    assert desk.http.patch(f"{QUEUES}/{desk.create()}", json=body).json()["detail"] == detail


def test_a_create_with_records_is_all_or_nothing(desk):
    """One unknown span leaves neither a queue nor a record behind."""
    sources = [desk.spans(0, 1), desk.source("span", ["missing"])]
    assert desk.http.post(QUEUES, json=desk.queue_body(record_sources=sources)).status_code == 422
    assert desk.emulator.queues() == []
    queue = desk.create(record_sources=sources[:1])
    assert len(desk.emulator.records(queue)) == 2


def test_update_changes_what_is_given_and_replaces_lists(desk):
    """Fields that are not given stay; lists are replaced whole."""
    queue = desk.create(instructions="Be fair.", annotator_emails=list(ANNOTATORS[:2]))
    config = desk.ids["annotation_configs"]["notes"]
    body = {"annotator_emails": [ANNOTATORS[2]], "annotation_config_ids": [config]}
    updated = desk.http.patch(f"{QUEUES}/{queue}", json=body).json()
    assert [user["email"] for user in updated["annotators"]] == [ANNOTATORS[2]]
    assert [found["id"] for found in updated["annotation_configs"]] == [config]
    assert (updated["name"], updated["instructions"]) == ("Quality", "Be fair.")


def test_an_update_with_nothing_is_refused(any_desk):
    """At least one field that can be updated must be given."""
    queue = any_desk.create()
    for body in ({}, {"description": "x"}):
        assert any_desk.http.patch(f"{QUEUES}/{queue}", json=body).status_code == 422


def test_an_update_is_told_of_the_fields_that_its_revision_has(desk, old_desk):
    """2026-05 does not offer the column allowlist, which it would not take."""
    for one, offered in ((desk, True), (old_desk, False)):
        response = one.http.patch(f"{QUEUES}/{one.create()}", json={} if offered else {"column_allowlist": ["x"]})
        assert response.status_code == 422
        assert ("column_allowlist" in response.json()["detail"]) == offered


def test_instructions_are_cleared_by_null_since_2026_10(desk):
    """In 2026-10 null clears the instructions and an empty text is refused."""
    queue = desk.create(instructions="Be fair.")
    assert desk.http.patch(f"{QUEUES}/{queue}", json={"instructions": ""}).status_code == 400
    assert desk.http.patch(f"{QUEUES}/{queue}", json={"instructions": None}).json()["instructions"] is None


def test_instructions_are_cleared_by_an_empty_text_in_2026_05(old_desk):
    """In 2026-05 an empty text clears the instructions and null is refused."""
    queue = old_desk.create(instructions="Be fair.")
    assert old_desk.http.patch(f"{QUEUES}/{queue}", json={"instructions": None}).status_code == 400
    assert old_desk.http.patch(f"{QUEUES}/{queue}", json={"instructions": ""}).json()["instructions"] is None


def test_the_column_allowlist_hides_the_other_columns(desk):
    """Records show the allowed columns; null takes the restriction away."""
    queue = desk.create(column_allowlist=["attributes.input.value"], record_sources=[desk.spans(0)])
    assert list(desk.records(queue)[0]["data"]) == ["attributes.input.value"]
    response = desk.http.patch(f"{QUEUES}/{queue}", json={"column_allowlist": None})
    assert response.json()["column_allowlist"] is None
    assert "context.span_id" in desk.records(queue)[0]["data"]


def test_a_deleted_queue_is_gone_with_its_records(desk):
    """After a delete every operation on the queue is a 404."""
    queue = desk.create(record_sources=[desk.spans(0)])
    assert desk.http.delete(f"{QUEUES}/{queue}").content == b""
    assert desk.http.delete(f"{QUEUES}/{queue}").status_code == 404
    assert desk.http.get(f"{QUEUES}/{queue}").status_code == 404
    assert desk.http.get(f"{QUEUES}/{queue}/records").status_code == 404
    assert desk.add(queue, desk.spans(0)).status_code == 404


def test_an_id_with_reserved_characters_reaches_its_operation(desk):
    """A slash, a plus and an equals sign in an ID are no part of the path."""
    response = desk.http.get(f"{QUEUES}/aq_a%2Fb%2Bc%3D/records")
    assert response.status_code == 400
    assert "aq_a/b+c=" in response.json()["detail"]
    assert desk.emulator.requests[-1].path == f"{QUEUES}/aq_a/b+c=/records"


def test_ids_that_could_exist_are_404_and_malformed_ones_400(desk):
    """A well-formed ID of nothing, of something else or of the documentation's form is not found."""
    answers = [
        desk.http.get(f"{QUEUES}/{name}").status_code for name in ("RW50aXR5OjEyMzQ1", desk.space, "aq_abc123", "no-id")
    ]
    assert answers == [404, 404, 404, 400]


def test_refusals_are_problems_with_a_request_id(desk):
    """A refusal has the documented type and title, and the same request ID in header and body."""
    response = desk.http.get(f"{QUEUES}/aq_abc123")
    problem = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert problem["status"] == 404
    assert problem["title"] == "Resource not found"
    assert problem["type"] == "https://arize.com/docs/ax/rest-reference/errors#resource-not-found"
    assert problem["request_id"] == response.headers["x-request-id"]


@pytest.mark.parametrize(
    ("path", "instance"),
    [
        (f"{QUEUES}/a b<c>", f"{QUEUES}/a%20b%3Cc%3E"),
        (f"{QUEUES}/a%2Fb", f"{QUEUES}/a%2Fb"),
        ("/é", "/%C3%A9"),
    ],
)
def test_the_instance_of_a_problem_is_a_uri_reference(desk, path, instance):
    """It is the path as it came, and so never holds what must be encoded."""
    assert desk.http.get(path).json()["instance"] == instance
    desk.emulator.faults.add(Fault(status=503))
    assert desk.http.get(path).json()["instance"] == instance


def test_the_scheme_of_the_key_may_be_written_in_any_case(desk):
    """HTTP does not tell "bearer" from "Bearer"."""
    for scheme in ("bearer", "BEARER", "Bearer "):
        headers = {"authorization": f"{scheme} {desk.emulator.api_key}"}
        assert desk.http.get("/v2/spaces", headers=headers).status_code == 200


@pytest.mark.parametrize("header", [None, "Bearer wrong", "emulator-key", "Basic emulator-key", "Bearer"])
def test_without_the_key_everything_is_a_401(desk, header):
    """A missing or wrong key is refused whatever the path, and changes nothing."""
    headers = {"authorization": header} if header else {}
    with httpx.Client(base_url=desk.emulator.url, headers=headers, trust_env=False) as stranger:
        assert stranger.get("/v2/spaces").status_code == 401
        assert stranger.post(QUEUES, json=desk.queue_body()).status_code == 401
        assert stranger.get("/_emulator/requests").status_code == 401
    assert desk.emulator.queues() == []


def test_a_method_that_a_path_does_not_have_is_a_405(desk):
    """The refusal lists the methods that there are; an unknown path is a 404."""
    response = desk.http.put(QUEUES)
    assert response.status_code == 405
    assert {"GET", "POST"} <= set(response.headers["allow"].split(", "))
    assert response.json()["status"] == 405
    assert desk.http.get("/v2/nothing").status_code == 404


NO_JSON = [
    b"",
    b"{",
    b"\xff",
    b'{"name": NaN}',
    b'{"name": 1e999}',
    b'{"name": "\\ud800"}',
    b'{"name": "\xed\xa0\x80"}',
    '{"name": "\\ud800"}'.encode("utf-16"),
    b"[" * 100_000,
    b'{"name": ' + b"[" * 400 + b"]" * 400 + b"}",
]


@pytest.mark.parametrize("content", NO_JSON, ids=lambda content: repr(content[:20]))
def test_a_body_that_is_no_json_is_a_400(desk, content):
    """What cannot be parsed strictly is refused, and does not spoil what is told of the requests."""
    desk.emulator.faults.add(Fault(reject=["x"]))
    response = desk.http.post(QUEUES, content=content, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert "not valid JSON" in response.json()["detail"]
    (told,) = desk.http.get("/_emulator/requests").json()["requests"]
    assert told["body"] == desk.emulator.requests[-1].body == (content.decode(errors="replace") or None)
    assert desk.http.post("/_emulator/faults", content=content or b"{").status_code == 400


def test_a_byte_order_mark_is_passed_over(desk):
    """UTF-8 may begin with one."""
    content = json.dumps(desk.queue_body()).encode("utf-8-sig")
    response = desk.http.post(QUEUES, content=content, headers={"content-type": "application/json"})
    assert response.status_code == 201


def test_a_body_of_another_type_is_a_400(desk):
    """Only application/json is read."""
    response = desk.http.post(QUEUES, content=json.dumps(desk.queue_body()), headers={"content-type": "text/plain"})
    assert response.status_code == 400


def test_tags_are_attached_once_and_listed_whole(desk):
    """Attaching a tag twice changes nothing; the answer is the complete list."""
    queue, tag = desk.create(), desk.ids["tags"]["triage"]
    assert desk.http.get(f"{QUEUES}/{queue}/tags").json() == {"tags": [], "pagination": {"has_more": False}}
    second = desk.emulator.add_tag(desk.space, "later")
    for tags in ([tag], [tag, second]):
        response = desk.http.post(f"{QUEUES}/{queue}/tags", json={"tag_ids": tags})
        assert response.status_code == 200
    assert [found["id"] for found in response.json()["tags"]] == [second, tag]
    assert response.json() == desk.http.get(f"{QUEUES}/{queue}/tags").json()


def test_tags_of_other_spaces_and_unknown_fields_are_refused(desk):
    """A tag must be of the queue's space, and the body may hold nothing else."""
    queue = desk.create()
    foreign = desk.emulator.add_tag(desk.emulator.add_space("other"), "foreign")
    triage = desk.ids["tags"]["triage"]
    bodies = [{"tag_ids": [foreign]}, {"tag_ids": ["x"]}, {"tag_ids": [triage], "color": "RED"}, {"tags": [triage]}]
    for body in bodies:
        assert desk.http.post(f"{QUEUES}/{queue}/tags", json=body).status_code == 422
    assert desk.http.get(f"{QUEUES}/{queue}/tags").json()["tags"] == []
