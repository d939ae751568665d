"""The API as a Starlette application: one route for each path of the spec."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl, unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from arize_queues.emulator._formats.problems import Answer, Refusal, problem
from arize_queues.emulator._formats.spelling import outgoing
from arize_queues.emulator._rules import labelling, listings, queues, records, tags
from arize_queues.emulator._rules.spec import Operation, operations
from arize_queues.emulator._rules.validation import judge_body, judge_query
from arize_queues.emulator._state.world import Call, World

logger = logging.getLogger(__name__)

HANDLERS: dict[str, Callable[[World, Call], Answer]] = {
    handler.__name__: handler
    for handler in (
        queues.list_annotation_queues,
        queues.create_annotation_queue,
        queues.get_annotation_queue,
        queues.update_annotation_queue,
        queues.delete_annotation_queue,
        records.list_annotation_queue_records,
        records.create_annotation_queue_record,
        records.delete_annotation_queue_record,
        labelling.annotate_annotation_queue_record,
        labelling.assign_annotation_queue_record,
        tags.list_annotation_queue_tags,
        tags.add_annotation_queue_tags,
        listings.list_spaces,
        listings.list_projects,
        listings.list_datasets,
        listings.list_annotation_configs,
    )
}


def build_app(world: World, extra_routes: list[Route]) -> Starlette:
    """Build the application of a world."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations(world.revision.name).values():
        if operation.id in HANDLERS:
            by_path.setdefault(operation.path, {})[operation.method] = operation
    routes = [Route(path, _endpoint(world, methods), methods=list(methods)) for path, methods in by_path.items()]
    app = Starlette(
        routes=[*routes, *extra_routes],
        exception_handlers={HTTPException: _on_no_route, Refusal: _on_refusal, Exception: _on_defect},
    )
    app.router.redirect_slashes = False
    return app


def _endpoint(world: World, methods: dict[str, Operation]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        operation = methods["GET" if request.method == "HEAD" else request.method]
        call = Call(
            operation=operation.id,
            path={name: unquote(value) for name, value in request.path_params.items()},
            query=judge_query(operation, world.revision, parse_qsl(request.url.query, keep_blank_values=True)),
            body=judge_body(operation, world.revision, await request.body(), request.headers.get("content-type", "")),
            page_fault=request.scope.get("emulator.page_fault"),
        )
        with world.store.transaction():
            answer = HANDLERS[operation.id](world, call)
        if answer.body is None:
            return Response(status_code=answer.status)
        return JSONResponse(outgoing(world.revision, answer.body), status_code=answer.status)

    return endpoint


def problem_response(request: Request, status: int, detail: str) -> Response:
    """Answer with a problem body that carries the request's ID."""
    return JSONResponse(
        problem(
            status,
            detail,
            raw_path=request.scope["raw_path"].decode("latin-1"),
            request_id=request.scope["emulator.request_id"],
        ),
        status_code=status,
        media_type="application/problem+json",
    )


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101 - Starlette's handlers are typed for any exception
    return problem_response(request, error.status, error.detail)


async def _on_no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    if error.status_code == 405:
        response = problem_response(request, 405, f"{request.method} is not allowed here.")
        response.headers.update(error.headers or {})
        return response
    return problem_response(request, error.status_code, "There is nothing at this path.")


async def _on_defect(request: Request, error: Exception) -> Response:
    logger.error("The emulator failed on %s %s", request.method, request.url.path, exc_info=error)
    return problem_response(request, 500, "The emulator itself has failed; its log says how.")
