"""The listings for name resolution: spaces, projects, datasets and annotation configs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from arize_queues.emulator._formats.problems import Answer
from arize_queues.emulator._formats.times import to_text
from arize_queues.emulator._state import ids
from arize_queues.emulator._state.store import Row
from arize_queues.emulator._state.world import Call, World

from .cursors import Listing, page

ORGANIZATION = ids.encode("Organization", 1)


def list_spaces(world: World, call: Call) -> Answer:
    """Answer a page of spaces, oldest first."""
    conditions, values = _name_condition(call)
    if call.query.get("org_id") not in {None, ORGANIZATION}:
        if world.revision.additions:
            raise ids.not_found("organization", call.query["org_id"])
        conditions.append("0")
    listing = Listing(select="SELECT * FROM spaces", conditions=conditions, values=values)
    return _answer(world, call, listing, "spaces", space_json)


def list_projects(world: World, call: Call) -> Answer:
    """Answer a page of projects, oldest first."""
    conditions, values = scoped(world, call)
    if call.query.get("project_type") is not None:
        conditions.append("project_type = ?")
        values.append(call.query["project_type"])
    listing = Listing(select="SELECT * FROM projects", conditions=conditions, values=values)
    return _answer(world, call, listing, "projects", project_json)


def list_datasets(world: World, call: Call) -> Answer:
    """Answer a page of datasets, newest first, without their versions."""
    conditions, values = scoped(world, call)
    listing = Listing(select="SELECT * FROM datasets", conditions=conditions, values=values, newest_first=True)
    return _answer(world, call, listing, "datasets", dataset_json)


def list_annotation_configs(world: World, call: Call) -> Answer:
    """Answer a page of annotation configs, newest first."""
    conditions, values = scoped(world, call)
    listing = Listing(
        select="SELECT * FROM annotation_configs", conditions=conditions, values=values, newest_first=True
    )
    return _answer(world, call, listing, "annotation_configs", config_json)


def scoped(world: World, call: Call) -> tuple[list[str], list[Any]]:
    """Convert the filters for space and name to conditions; names match substrings in any case."""
    conditions, values = _name_condition(call)
    if call.query["space_name"]:
        conditions.append("space_id IN (SELECT id FROM spaces WHERE instr(folded(name), folded(?)))")
        values.append(call.query["space_name"])
    if call.query["space_id"] is not None:
        conditions.append("space_id = ?")
        values.append(_space(world, call.query["space_id"]))
    return conditions, values


def _space(world: World, space_id: str) -> int | None:
    if world.revision.additions:
        return world.space_number(space_id)
    # Before 2026-10 a list did not answer 404: an unknown space just has nothing in it.
    ids.require_form(space_id, "space")
    return ids.decode("Space", space_id)


def _name_condition(call: Call) -> tuple[list[str], list[Any]]:
    return (["instr(folded(name), folded(?))"], [call.query["name"]]) if call.query["name"] else ([], [])


def _answer(world: World, call: Call, listing: Listing, key: str, to_json: Callable[[Row], dict[str, Any]]) -> Answer:
    rows, pagination = page(world.store, call, listing)
    return Answer(200, {key: [to_json(row) for row in rows], "pagination": pagination})


def space_json(row: Row) -> dict[str, Any]:
    """Write a space as the API does."""
    return {
        "id": ids.encode("Space", row["id"]),
        "organization_id": ORGANIZATION,
        "name": row["name"],
        "description": row["description"],
        "created_at": to_text(row["created_at"]),
        "is_private": False,
        "default_llm_integration": None,
        "ml_models_enabled": False,
        "default_agent_runtime": None,
    }


def project_json(row: Row) -> dict[str, Any]:
    """Write a project as the API does."""
    return {
        "id": ids.encode("Project", row["id"]),
        "name": row["name"],
        "space_id": ids.encode("Space", row["space_id"]),
        "created_at": to_text(row["created_at"]),
        "project_type": row["project_type"],
    }


def dataset_json(row: Row) -> dict[str, Any]:
    """Write a dataset as the API does in a list: without its versions."""
    return {
        "id": ids.encode("Dataset", row["id"]),
        "name": row["name"],
        "space_id": ids.encode("Space", row["space_id"]),
        "created_at": to_text(row["created_at"]),
        "updated_at": to_text(row["updated_at"]),
    }


def config_json(row: Row) -> dict[str, Any]:
    """Write an annotation config as the API does, with the fields of its type."""
    return {
        "id": ids.encode("AnnotationConfig", row["id"]),
        "name": row["name"],
        "type": row["type"],
        "space_id": ids.encode("Space", row["space_id"]),
        "created_at": to_text(row["created_at"]),
        **json.loads(row["fields"]),
    }
