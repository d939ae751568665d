"""schemathesis holds the emulator against the spec: what it takes, what it refuses, what it answers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.config import SchemathesisConfig

from arize_queues.emulator import Emulator
from arize_queues.emulator._http.app import HANDLERS
from arize_queues.emulator._rules.spec import document, operations
from arize_queues.emulator._seeding.demo import FIRST_SPAN_TIME
from tests.support.examples import examples

pytestmark = pytest.mark.slow

# A rule of the API that no schema can tell is refused with 422; every other refusal of what the schema
# allows would be found.
CONFIG = SchemathesisConfig.from_dict(
    {
        "checks": {"positive_data_acceptance": {"expected-statuses": ["2xx", "404", "409", "422"]}},
        "generation": {"with-security-parameters": False},
    }
)
EMAIL = jsonschema_rs.Draft202012Validator({"type": "string", "format": "email"}, validate_formats=True)

TIME = jsonschema_rs.Draft202012Validator({"type": "string", "format": "date-time"}, validate_formats=True)
NEVER_EMPTY = ("example_ids", "session_ids", "span_ids", "trace_ids")

schema = schemathesis.openapi.from_dict(
    {key: part for key, part in document().items() if not key.startswith("x-")}, config=CONFIG
)


# The IDs that are put in the place of generated ones, so that requests get past the first 404.
SEEDED: dict[str, list[str]] = {}


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """Run an emulator that speaks the spec as it is written, with a queue and a few records in it."""
    with Emulator(revision="contract") as running:
        world = running.seed(spans=20, examples=5)
        queue, records = _fill(running, world)
        SEEDED.update(
            annotation_queue_id=[queue],
            annotation_queue_record_id=records,
            annotation_config_ids=list(world["annotation_configs"].values()),
            annotator_emails=world["annotators"],
            assigned_user_emails=world["annotators"],
            dataset_id=[world["dataset"]],
            example_ids=[f"example-{number:04}" for number in range(5)],
            project_id=list(world["projects"].values()),
            record_ids=records[:3],
            session_ids=["support-chat-session-00000", "support-chat-session-00001"],
            space_id=[world["space"]],
            span_ids=[f"support-chat-span-{number:05}" for number in range(20)],
            tag_ids=list(world["tags"].values()),
            trace_ids=[f"support-chat-trace-{number:05}" for number in range(10)],
        )
        yield running


def _fill(running: Emulator, world: dict[str, Any]) -> tuple[str, list[str]]:
    headers = {"authorization": f"Bearer {running.api_key}"}
    body = {
        "name": "Quality",
        "space_id": world["space"],
        "annotation_config_ids": list(world["annotation_configs"].values()),
        "annotator_emails": world["annotators"],
        "record_sources": [{"record_type": "example", "dataset_id": world["dataset"]}],
    }
    answer = httpx.post(f"{running.url}/v2/annotation-queues", json=body, headers=headers, trust_env=False)
    queue = answer.json()["id"]
    return queue, [record["id"] for record in running.records(queue)]


def _realistic(value: Any) -> Any:
    """Put seeded IDs and config names in the place of well-formed ones; what is wrong on purpose stays so."""
    if isinstance(value, list):
        return [_realistic(item) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _realistic(item) for key, item in value.items()}
    for key, known in SEEDED.items():
        given = value.get(key)
        if isinstance(given, str) and key.endswith("_id"):
            changed[key] = known[0]
        elif isinstance(given, list) and given and all(_is_id(key, item) for item in given):
            changed[key] = [known[place % len(known)] for place in range(len(given))]
    if isinstance(value.get("annotations"), list):
        changed["annotations"] = [_of_a_config(item) for item in value["annotations"]]
    if _is_time(value.get("start_time")) and _is_time(value.get("end_time")):
        changed["start_time"] = FIRST_SPAN_TIME.isoformat()
        changed["end_time"] = FIRST_SPAN_TIME.replace(hour=23).isoformat()
    if isinstance(value.get("dataset_version_id"), str):
        del changed["dataset_version_id"]
    return changed


def _of_a_config(annotation: Any) -> Any:
    well_formed = isinstance(annotation, dict) and isinstance(annotation.get("name"), str)
    return {**annotation, "name": "notes"} if well_formed else annotation


def _is_id(key: str, item: Any) -> bool:
    if key.endswith("emails"):
        return EMAIL.is_valid(item)
    return isinstance(item, str) and (item != "" or key not in NEVER_EMPTY)


def _is_time(item: Any) -> bool:
    return TIME.is_valid(item)


def _make_realistic(case: schemathesis.Case) -> None:
    """Send seeded IDs, and no cursors: those cannot be made up."""
    case.body = _realistic(case.body)
    case.path_parameters = {name: SEEDED[name][0] for name in case.path_parameters}
    if isinstance(case.query.get("cursor"), str):
        del case.query["cursor"]
    if isinstance(case.query.get("space_id"), str):
        case.query["space_id"] = SEEDED["space_id"][0]


@schema.parametrize()
@settings(
    max_examples=examples(25), deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
def test_every_operation_does_what_the_spec_says(emulator: Emulator, case: schemathesis.Case) -> None:
    """Answers have the declared statuses, types and schemas; bad requests are refused, good ones taken."""
    _make_realistic(case)
    case.call_and_validate(base_url=emulator.url, headers={"Authorization": f"Bearer {emulator.api_key}"})


def test_every_operation_of_the_spec_has_a_handler() -> None:
    """An operation that comes to the spec must come to the emulator."""
    assert operations("2026-10").keys() == HANDLERS.keys()
