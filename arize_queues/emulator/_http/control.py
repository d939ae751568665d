"""Orders to the emulator from another process, under /_emulator/ and with the same key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from arize_queues.emulator._formats.json_text import is_array, is_object
from arize_queues.emulator._formats.problems import Refusal
from arize_queues.emulator._rules.validation import parse

from .faults import Fault
from .gate import CONTROL

if TYPE_CHECKING:
    from arize_queues.emulator._emulator import Emulator

_SEEDING = frozenset(
    {
        "add_annotation_config",
        "add_dataset",
        "add_dataset_version",
        "add_project",
        "add_space",
        "add_spans",
        "add_tag",
        "add_user",
        "admit_user",
        "complete",
        "seed",
    }
)


def control_routes(emulator: Emulator) -> list[Route]:
    """Build the routes of the orders."""

    async def add_faults(request: Request) -> Any:
        given = await _json(request)
        emulator.faults.add(*[Fault(**item) for item in (given if is_array(given) else [given])])
        return {"pending": len(emulator.faults.pending)}

    async def clear_faults(_: Request) -> Any:
        emulator.faults.clear()

    async def read_requests(_: Request) -> Any:
        return {"requests": [received.to_dict() for received in emulator.requests]}

    async def clear_requests(_: Request) -> Any:
        emulator.clear_requests()

    async def seed(request: Request) -> Any:
        given = await _json(request)
        return {"results": [_seed(emulator, step) for step in (given if is_array(given) else [given])]}

    async def reset(_: Request) -> Any:
        emulator.reset()

    return [
        Route(CONTROL + "faults", _guarded(add_faults), methods=["POST"]),
        Route(CONTROL + "faults", _guarded(clear_faults), methods=["DELETE"]),
        Route(CONTROL + "requests", _guarded(read_requests), methods=["GET"]),
        Route(CONTROL + "requests", _guarded(clear_requests), methods=["DELETE"]),
        Route(CONTROL + "seed", _guarded(seed), methods=["POST"]),
        Route(CONTROL + "reset", _guarded(reset), methods=["POST"]),
    ]


def _guarded(order: Callable[[Request], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            result = await order(request)
        except (KeyError, TypeError, ValueError) as error:
            raise Refusal(400, str(error)) from error
        return Response(status_code=204) if result is None else JSONResponse(result)

    return endpoint


async def _json(request: Request) -> Any:
    content = await request.body()
    return parse(content) if content else {}


def _seed(emulator: Emulator, step: Any) -> Any:
    """Carry out a step such as `{"call": "add_space", "name": "demo"}`; without a call, add the ready-made world."""
    if not is_object(step):
        raise ValueError('each step must be an object such as {"call": "add_space", "name": "demo"}')
    arguments = dict(step)
    name = arguments.pop("call", "seed")
    if not isinstance(name, str) or name not in _SEEDING:
        raise ValueError(f"call: must be one of {', '.join(sorted(_SEEDING))}")
    return getattr(emulator, name)(**arguments)
