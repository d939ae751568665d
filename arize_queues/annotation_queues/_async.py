"""The calls of a client, async: signatures and docstrings.

Every body is one line; `arize_queues._operations` tells what a call does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from arize_queues_raw.limits import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE, MAX_RECORDS_PAGE_SIZE
from arize_queues_raw.unset import UNSET, Unset

from arize_queues import _operations
from arize_queues._plans.steps import Plan
from arize_queues._request.context import ClientContext
from arize_queues._runtime.drivers import aiterate, arun

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    import httpx
    from arize_queues_raw.models import (
        AnnotateAnnotationQueueRecordResponse,
        Annotation,
        AnnotationInput,
        AnnotationQueue,
        AnnotationQueueRecord,
        AssignAnnotationQueueRecordResponse,
        ListAnnotationQueueRecordsResponse,
        ListAnnotationQueuesResponse,
        ListTagsResponse,
    )

    from arize_queues._bulk.options import LedgerPath, OnConflict, ProgressOption
    from arize_queues._results import AddRecordsResult, BulkResult
    from arize_queues._runtime.http import RequestBuilder
    from arize_queues._sources.packing import RecordPlan

T = TypeVar("T")


class AsyncAnnotationQueues:
    """The calls on annotation queues, as `client.annotation_queues`.

    All arguments are keyword-only. `annotation_queue`, `space` and the projects, datasets and annotation configs of a
    call take an ID or a name; `Id("...")` and `Name("...")` state which of the two it is. Names are matched exactly.
    The name of a queue needs `space`, because it is unique only within its space. Limits have their names in
    `arize_queues_raw.limits`.

    Every call may raise:
        InvalidRequestError: An argument is malformed, and nothing was sent; `.problems` lists all problems.
        NameNotFoundError, AmbiguousNameError: Nothing has the name, or several resources have it.
        APIConnectionError: No answer came, after all retries.
        APIStatusError: The server refused the request; each status has a subclass.
        UnexpectedResponseError: The answer does not match its status.

    The calls follow the pages "Annotation Queues" of https://arize.com/docs/ax/rest-reference.
    """

    def __init__(self, context: ClientContext, builder: Callable[[], RequestBuilder[httpx.AsyncClient]]) -> None:
        self._context = context
        self._builder = builder

    async def list(
        self,
        *,
        space: str | None = None,
        name: str | None = None,
        limit: int = DEFAULT_PAGE_SIZE,
        cursor: str | None = None,
    ) -> ListAnnotationQueuesResponse:
        """Return one page of queues, newest first.

        Args:
            space: Only queues of this space: its ID, or a part of its name in any case. No name is resolved.
            name: Only queues whose name contains this, in any case.
            limit: Queues on the page, 1 to `MAX_PAGE_SIZE`.
            cursor: `pagination.next_cursor` of the previous page.

        Returns:
            A page with `.annotation_queues` and `.pagination`; it iterates over its queues.
        """
        return await self._run(
            _operations.list_queues(self._context, space=space, name=name, limit=limit, cursor=cursor)
        )

    def iter(
        self, *, space: str | None = None, name: str | None = None, page_size: int = MAX_PAGE_SIZE
    ) -> AsyncGenerator[AnnotationQueue]:
        """Iterate over all queues, newest first; the next page is fetched while the caller uses this one.

        Args:
            space: Only queues of this space: its ID, or a part of its name in any case. No name is resolved.
            name: Only queues whose name contains this, in any case.
            page_size: Queues per request, 1 to `MAX_PAGE_SIZE`.
        """
        return self._iterate(_operations.iter_queues(self._context, space=space, name=name, page_size=page_size))

    async def get(self, *, annotation_queue: str, space: str | None = None) -> AnnotationQueue:
        """Get a queue.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
        """
        return await self._run(_operations.get_queue(self._context, annotation_queue=annotation_queue, space=space))

    async def create(
        self,
        *,
        name: str,
        space: str,
        annotation_config_ids: Iterable[str],
        annotator_emails: Iterable[str],
        instructions: str | None = None,
        assignment_method: str | None = None,
        record_sources: Iterable[Any] | None = None,
        column_allowlist: Iterable[str] | None = None,
    ) -> AnnotationQueue:
        """Create a queue, optionally with records.

        The queue is created once: if the answer is lost, the client looks the queue up by its name instead of sending
        the request again, and returns it if it is as asked for.

        Args:
            name: At most `MAX_NAME_LENGTH` characters, unique among the active queues of the space.
            space: The space's ID or name.
            annotation_config_ids: IDs or names of one or more annotation configs of the space.
            annotator_emails: One or more users with access to the space.
            instructions: Instructions for the annotators, at most `MAX_INSTRUCTIONS_LENGTH` characters.
            assignment_method: "all" (the server's default) assigns every record to every annotator, "random" to one.
            record_sources: As for `add_records`. The create carries the first request's worth, adds carry the rest.
            column_allowlist: Columns that annotators see, at most `MAX_COLUMN_ALLOWLIST_COLUMNS`, each of at most
                `MAX_COLUMN_NAME_LENGTH` characters; None or an empty list shows all. Since revision 2026-10.

        Raises:
            NotFoundError: An annotator is unknown or has no access to the space, for example.
            ConflictError: The space has an active queue with this name.
            PartialFailureError: The queue was created (`.completed`), but not all records were added (`.remaining`).
        """
        return await self._run(
            _operations.create_queue(
                self._context,
                name=name,
                space=space,
                annotation_config_ids=annotation_config_ids,
                annotator_emails=annotator_emails,
                instructions=instructions,
                assignment_method=assignment_method,
                record_sources=record_sources,
                column_allowlist=column_allowlist,
            )
        )

    async def update(
        self,
        *,
        annotation_queue: str,
        space: str | None = None,
        name: str | Unset = UNSET,
        instructions: str | Unset | None = UNSET,
        annotation_config_ids: Iterable[str] | Unset = UNSET,
        annotator_emails: Iterable[str] | Unset = UNSET,
        column_allowlist: Iterable[str] | Unset | None = UNSET,
    ) -> AnnotationQueue:
        """Update a queue; an argument that is not given leaves its field unchanged.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
            name: The new name, at most `MAX_NAME_LENGTH` characters.
            instructions: The new instructions, at most `MAX_INSTRUCTIONS_LENGTH` characters; None clears them.
            annotation_config_ids: IDs or names of annotation configs, which replace the existing ones.
            annotator_emails: Users with access to the space, who replace the existing annotators.
            column_allowlist: Columns that annotators see, which replace the existing ones; None shows all. Since
                revision 2026-10.

        Raises:
            ConflictError: The space has an active queue with the new name.
        """
        return await self._run(
            _operations.update_queue(
                self._context,
                annotation_queue=annotation_queue,
                space=space,
                name=name,
                instructions=instructions,
                annotation_config_ids=annotation_config_ids,
                annotator_emails=annotator_emails,
                column_allowlist=column_allowlist,
            )
        )

    async def delete(self, *, annotation_queue: str, space: str | None = None) -> None:
        """Delete a queue. This cannot be undone.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
        """
        return await self._run(_operations.delete_queue(self._context, annotation_queue=annotation_queue, space=space))

    async def list_records(
        self,
        *,
        annotation_queue: str,
        space: str | None = None,
        limit: int = DEFAULT_PAGE_SIZE,
        cursor: str | None = None,
    ) -> ListAnnotationQueueRecordsResponse:
        """Return one page of a queue's records, each with its data, annotations, evaluations and assigned users.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
            limit: Records on the page, 1 to `MAX_RECORDS_PAGE_SIZE`.
            cursor: `pagination.next_cursor` of the previous page.

        Returns:
            A page with `.records` and `.pagination`; it iterates over its records.
        """
        return await self._run(
            _operations.list_records(
                self._context, annotation_queue=annotation_queue, space=space, limit=limit, cursor=cursor
            )
        )

    def iter_records(
        self, *, annotation_queue: str, space: str | None = None, page_size: int = MAX_RECORDS_PAGE_SIZE
    ) -> AsyncGenerator[AnnotationQueueRecord]:
        """Iterate over all records of a queue; the next page is fetched while the caller uses this one.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
            page_size: Records per request, 1 to `MAX_RECORDS_PAGE_SIZE`.
        """
        return self._iterate(
            _operations.iter_records(self._context, annotation_queue=annotation_queue, space=space, page_size=page_size)
        )

    async def plan_records(
        self, *, annotation_queue: str, space: str | None = None, record_sources: Iterable[Any]
    ) -> RecordPlan:
        """Plan an add without sending it; `print` shows the plan as a table of requests.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
            record_sources: As for `add_records`.
        """
        return await self._run(
            _operations.plan_records(
                self._context, annotation_queue=annotation_queue, space=space, record_sources=record_sources
            )
        )

    async def add_records(
        self,
        *,
        annotation_queue: str,
        space: str | None = None,
        record_sources: Iterable[Any],
        progress: ProgressOption = None,
        ledger: LedgerPath = None,
        deadline: float | None = None,
    ) -> AddRecordsResult:
        """Add any number of records, in the fewest requests that hold them, several at once.

        The server ignores records that the queue has already, so adding again is safe. A request that the server
        declines is split until the bad IDs stand alone; the others are added.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name, and used to look up names in the sources.
            record_sources: `SpanSource`, `TraceSource`, `SessionSource`, `ExampleSource`, the inputs of
                `arize_queues.types`, or dicts with the same keys. An iterator is read while its records are sent; a
                malformed source in it fails alone.
            progress: True for a bar on the terminal, or a callable `(done, total)`.
            ledger: Path of a file that records finished records; after a crash, the same call sends only the rest.
            deadline: Seconds for the whole call; after them nothing more is sent, and requests under way are cut off.

        Returns:
            The created records (`.record_sources`), in input order, and the counts (`.summary`).

        Raises:
            PartialFailureError: Some records were not added; it accounts for all of them.
            LedgerError: The ledger is broken, in use, or belongs to another job.
        """
        return await self._run(
            _operations.add_records(
                self._context,
                annotation_queue=annotation_queue,
                space=space,
                record_sources=record_sources,
                progress=progress,
                ledger=ledger,
                deadline=deadline,
            )
        )

    async def delete_records(
        self,
        *,
        annotation_queue: str,
        space: str | None = None,
        record_ids: Iterable[str],
        progress: ProgressOption = None,
        ledger: LedgerPath = None,
        deadline: float | None = None,
    ) -> None:
        """Delete any number of records from a queue, several requests at once.

        The server silently ignores IDs that the queue does not have.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
            record_ids: One or more record IDs. An iterator is read while its records are sent; a malformed ID in it
                fails alone.
            progress: True for a bar on the terminal, or a callable `(done, total)`.
            ledger: Path of a file that records finished records; after a crash, the same call sends only the rest.
            deadline: Seconds for the whole call; after them nothing more is sent, and requests under way are cut off.

        Raises:
            PartialFailureError: Some records were not deleted; it accounts for all of them.
            LedgerError: The ledger is broken, in use, or belongs to another job.
        """
        return await self._run(
            _operations.delete_records(
                self._context,
                annotation_queue=annotation_queue,
                space=space,
                record_ids=record_ids,
                progress=progress,
                ledger=ledger,
                deadline=deadline,
            )
        )

    async def annotate_record(
        self,
        *,
        annotation_queue: str,
        space: str | None = None,
        record_id: str,
        annotations: Iterable[Annotation | AnnotationInput | Mapping[str, Any]],
    ) -> AnnotateAnnotationQueueRecordResponse:
        """Annotate a record; a value of the same annotation config is overwritten, other values stay.

        Annotations cannot be removed. They are written to the span or example itself, not only to the queue.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
            record_id: The record's ID.
            annotations: 1 to `MAX_ANNOTATIONS_PER_RECORD` `AnnotationInput` or dicts, each with the name of an
                annotation config of the queue; a score, label or text that is not given stays unchanged. An
                `Annotation` of a record is accepted, too.

        Returns:
            The submitted annotations (`.annotations`).
        """
        return await self._run(
            _operations.annotate_record(
                self._context,
                annotation_queue=annotation_queue,
                space=space,
                record_id=record_id,
                annotations=annotations,
            )
        )

    async def annotate_records(
        self,
        *,
        annotation_queue: str,
        space: str | None = None,
        annotations: Mapping[str, Iterable[Annotation | AnnotationInput | Mapping[str, Any]]]
        | Iterable[tuple[str, Iterable[Annotation | AnnotationInput | Mapping[str, Any]]]],
        validate: bool = True,
        on_conflict: OnConflict = "overwrite",
        progress: ProgressOption = None,
        ledger: LedgerPath = None,
        deadline: float | None = None,
    ) -> BulkResult[AnnotateAnnotationQueueRecordResponse]:
        """Annotate any number of records, one request each, several at once.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
            annotations: Record ID to annotations as for `annotate_record`; or an iterator of such pairs, which is read
                while its records are sent. In an iterator, a malformed pair fails alone, and so does a second pair for
                a record.
            validate: Check names, labels and score ranges against the queue's configs before the first write.
            on_conflict: If a record has a different score, label or text already: "overwrite" it, "skip" the
                annotation, or "fail" before the first write.
            progress: True for a bar on the terminal, or a callable `(done, total)`.
            ledger: Path of a file that records finished records; after a crash, the same call sends only the rest.
            deadline: Seconds for the whole call; after them nothing more is sent, and requests under way are cut off.

        Returns:
            Record ID to result, in input order, with `.summary`, `.left_out` (records whose annotations were all
            skipped) and `.trimmed` (records of which some were), each with the reason.

        Raises:
            PartialFailureError: Some records were not annotated; it accounts for all of them.
            LedgerError: The ledger is broken, in use, or belongs to another job.
        """
        return await self._run(
            _operations.annotate_records(
                self._context,
                annotation_queue=annotation_queue,
                space=space,
                annotations=annotations,
                validate=validate,
                on_conflict=on_conflict,
                progress=progress,
                ledger=ledger,
                deadline=deadline,
            )
        )

    async def assign_record(
        self,
        *,
        annotation_queue: str,
        space: str | None = None,
        record_id: str,
        assigned_user_emails: Iterable[str],
    ) -> AssignAnnotationQueueRecordResponse:
        """Assign a record to users, who replace the users it is assigned to.

        A user who has completed the record and is assigned again is pending again.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
            record_id: The record's ID.
            assigned_user_emails: At most `MAX_ASSIGNED_USERS_PER_RECORD` users with access to the space; an empty
                list removes all.

        Returns:
            The users it is assigned to now (`.assigned_users`).
        """
        return await self._run(
            _operations.assign_record(
                self._context,
                annotation_queue=annotation_queue,
                space=space,
                record_id=record_id,
                assigned_user_emails=assigned_user_emails,
            )
        )

    async def assign_records(
        self,
        *,
        annotation_queue: str,
        space: str | None = None,
        assignments: Mapping[str, Iterable[str]] | Iterable[tuple[str, Iterable[str]]],
        keep_completed: bool = True,
        progress: ProgressOption = None,
        ledger: LedgerPath = None,
        deadline: float | None = None,
    ) -> BulkResult[AssignAnnotationQueueRecordResponse]:
        """Assign any number of records, one request each, several at once.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
            assignments: Record ID to email addresses as for `assign_record`; or an iterator of such pairs, which is
                read while its records are sent. In an iterator, a malformed pair fails alone, and so does a second pair
                for a record.
            keep_completed: Read the records first, and leave out those whose users are unchanged, and those that a user
                has completed, because assigning would drop or reset the user. A record that is completed while the call
                runs is not noticed.
            progress: True for a bar on the terminal, or a callable `(done, total)`.
            ledger: Path of a file that records finished records; after a crash, the same call sends only the rest.
            deadline: Seconds for the whole call; after them nothing more is sent, and requests under way are cut off.

        Returns:
            Record ID to result, in input order, with `.summary` and `.left_out` (record ID to the reason).

        Raises:
            PartialFailureError: Some records were not assigned; it accounts for all of them.
            LedgerError: The ledger is broken, in use, or belongs to another job.
        """
        return await self._run(
            _operations.assign_records(
                self._context,
                annotation_queue=annotation_queue,
                space=space,
                assignments=assignments,
                keep_completed=keep_completed,
                progress=progress,
                ledger=ledger,
                deadline=deadline,
            )
        )

    async def list_tags(self, *, annotation_queue: str, space: str | None = None) -> ListTagsResponse:
        """Return the tags of a queue, most recently updated first, all on one page. Since revision 2026-10.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.

        Returns:
            A page with `.tags`; it iterates over them.
        """
        return await self._run(_operations.list_tags(self._context, annotation_queue=annotation_queue, space=space))

    async def add_tags(
        self, *, annotation_queue: str, space: str | None = None, tag_ids: Iterable[str]
    ) -> ListTagsResponse:
        """Attach tags to a queue; tags that it has already are ignored. Since revision 2026-10.

        Args:
            annotation_queue: The queue's ID or name.
            space: The space's ID or name; needed with a queue's name.
            tag_ids: 1 to `MAX_TAG_IDS_PER_REQUEST` IDs of tags of the queue's space.

        Returns:
            A page with all `.tags` of the queue.
        """
        return await self._run(
            _operations.add_tags(self._context, annotation_queue=annotation_queue, space=space, tag_ids=tag_ids)
        )

    async def _run(self, plan: Plan[T]) -> T:
        return await arun(plan, self._builder(), self._context.clock)

    def _iterate(self, plan: Plan[None]) -> AsyncGenerator[Any]:
        return aiterate(plan, self._builder(), self._context.clock)
