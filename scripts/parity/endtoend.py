"""Check the emulator with the official clients: a script of all operations, and the state at its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from arize_queues.emulator import Emulator

from .clients import Adapter, Client

_WITHIN = 30.0
_START, _END = "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"


class WrongError(Exception):
    """A check of the script failed."""


def _must(holds: object, words: str) -> None:
    if not holds:
        raise WrongError(words)


@attrs.define
class Script:
    """The run of one client through the emulator.

    Attributes:
        adapter: The client.
        emulator: The emulator, of the client's revision.
        upper: Whether the revision writes enum values in upper case.
        world: The IDs of what the emulator holds.
        queue: The ID of the queue that is made.
    """

    adapter: Adapter
    emulator: Emulator
    upper: bool
    world: dict[str, Any]
    queue: str = ""
    _new_client: bool = True

    def call(self, operation: str, **arguments: Any) -> Any:
        """Make a call."""
        outcome = self.ask(operation, **arguments)
        if "error" in outcome:
            raise WrongError(
                f"{operation} raises {outcome['error']['class']}: {' '.join(outcome['error']['text'].split())}"
            )
        return outcome["result"]

    def ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Make a call that may fail."""
        command = {
            "base_url": self.emulator.url,
            "api_key": self.emulator.api_key,
            "new_client": self._new_client,
            "now": "2026-03-01T12:00:00Z",
            "operation": operation,
            "arguments": arguments,
        }
        self._new_client = False
        outcome = self.adapter.ask(command, _WITHIN)
        if outcome is None:
            raise WrongError(f"{operation} gives no answer")
        _must("cannot" not in outcome, f"{operation} cannot be expressed: {outcome.get('cannot')}")
        return outcome

    def spelled(self, word: str) -> str:
        """Return an enum value in the spelling of the revision."""
        return word.upper() if self.upper else word

    def spans(self, first: int, last: int) -> dict[str, Any]:
        """Return a source of some spans of the first project."""
        ids = [f"support-chat-span-{number:05}" for number in range(first, last)]
        source = {"record_type": self.spelled("span"), "project_id": self.world["projects"]["support-chat"]}
        return {**source, "start_time": _START, "end_time": _END, "span_ids": ids}

    def create(self) -> None:
        """Create a queue with two spans."""
        made = self.call(
            "create",
            name="Parity",
            space=self.world["space"],
            annotation_config_ids=list(self.world["annotation_configs"].values()),
            annotator_emails=self.world["annotators"][:2],
            instructions="Judge the answer.",
            assignment_method=self.spelled("all"),
            record_sources=[self.spans(0, 2)],
        )
        self.queue = made["id"]
        queue = self.emulator.queues()[0]
        _must(queue["name"] == made["name"] == "Parity", "the queue has another name")
        _must(len(made["annotation_configs"]) == len(self.world["annotation_configs"]), "configs are missing")
        _must(len(self.emulator.records(self.queue)) == 2, "the queue has not two records")

    def create_again(self) -> None:
        """Create a queue of the same name, which is a conflict."""
        configs = list(self.world["annotation_configs"].values())
        outcome = self.ask(
            "create",
            name="Parity",
            space=self.world["space"],
            annotation_config_ids=configs,
            annotator_emails=self.world["annotators"][:1],
        )
        _must(outcome.get("error", {}).get("status_code") == 409, f"no conflict: {outcome}")

    def get(self) -> None:
        """Get the queue by ID and by name, and one that is not there."""
        by_id = self.call("get", annotation_queue=self.queue)
        by_name = self.call("get", annotation_queue="Parity", space=self.world["space"])
        in_name = self.call("get", annotation_queue="Parity", space="demo")
        _must(by_id["id"] == by_name["id"] == in_name["id"] == self.queue, "another queue was found")
        missing = self.ask("get", annotation_queue="QW5ub3RhdGlvblF1ZXVlOjk5OTk5")
        _must(missing.get("error", {}).get("status_code") == 404, f"not a 404: {missing}")

    def list(self) -> None:
        """List queues, by part of the name too."""
        page = self.call("list", space=self.world["space"], name="pari", limit=10)
        _must([item["id"] for item in page["annotation_queues"]] == [self.queue], "the queue is not listed")
        _must(page["pagination"]["has_more"] is False, "there should be no more")

    def update(self) -> None:
        """Rename the queue, and give it other instructions and annotators."""
        emails = [self.world["annotators"][0], self.world["annotators"][2]]
        given = {"name": "Parity 2", "instructions": "Be kind.", "annotator_emails": emails}
        changed = self.call("update", annotation_queue=self.queue, **given)
        queue = self.emulator.queues()[0]
        _must(changed["name"] == queue["name"] == "Parity 2", "the name is as it was")
        _must(queue["instructions"] == "Be kind.", "the instructions are as they were")
        _must({user["email"] for user in queue["annotators"]} == set(emails), "the annotators are as they were")

    def add_records(self) -> None:
        """Add spans of which one is there, and examples."""
        examples = {"record_type": self.spelled("example"), "dataset_id": self.world["dataset"]}
        examples["example_ids"] = ["example-0000", "example-0001"]
        added = self.call("add_records", annotation_queue=self.queue, record_sources=[self.spans(1, 4), examples])
        _must(len(added["record_sources"]) == 4, f"{len(added['record_sources'])} were created, not 4")
        again = self.call("add_records", annotation_queue=self.queue, record_sources=[self.spans(1, 4)])
        _must(again["record_sources"] == [], "something was created twice")
        _must(len(self.emulator.records(self.queue)) == 6, "the queue has not six records")

    def list_records(self) -> None:
        """List the records in two pages."""
        first = self.call("list_records", annotation_queue="Parity 2", space=self.world["space"], limit=4)
        cursor = first["pagination"]["next_cursor"]
        second = self.call("list_records", annotation_queue=self.queue, limit=4, cursor=cursor)
        seen = [item["id"] for item in first["records"] + second["records"]]
        stored = [item["id"] for item in self.emulator.records(self.queue)]
        _must(sorted(seen) == sorted(stored), "the pages do not hold the records")
        _must(not second["pagination"].get("next_cursor"), "the last page has a cursor")

    def annotate_record(self) -> None:
        """Annotate the first record, twice: the second value overwrites the first."""
        record = self.emulator.records(self.queue)[0]["id"]
        notes = {"name": "notes", "text": "Fine."}
        for label in ("incorrect", "correct"):
            annotations = [{"name": "accuracy", "label": label}, notes]
            told = self.call("annotate_record", annotation_queue=self.queue, record_id=record, annotations=annotations)
            _must(len(told["annotations"]) == 2, "the snapshot has not what was submitted")
        stored = {item["name"]: item for item in self.emulator.records(self.queue)[0]["annotations"]}
        _must(stored["accuracy"]["label"] == "correct", "the label is not the last one")
        _must(stored["notes"]["text"] == "Fine.", "the note is not there")

    def assign_record(self) -> None:
        """Assign a record to one user, and another to nobody."""
        first, second = (item["id"] for item in self.emulator.records(self.queue)[:2])
        email = self.world["annotators"][0]
        told = self.call("assign_record", annotation_queue=self.queue, record_id=first, assigned_user_emails=[email])
        _must([item["user"]["email"] for item in told["assigned_users"]] == [email], "another user was assigned")
        self.call("assign_record", annotation_queue=self.queue, record_id=second, assigned_user_emails=[])
        stored = self.emulator.records(self.queue)
        _must([user["user"]["email"] for user in stored[0]["assigned_users"]] == [email], "the assignment is not kept")
        _must(stored[1]["assigned_users"] == [], "somebody is still assigned")

    def delete_records(self) -> None:
        """Delete two records, one of them twice."""
        kept = [item["id"] for item in self.emulator.records(self.queue)]
        self.call("delete_records", annotation_queue=self.queue, record_ids=kept[:2])
        self.call("delete_records", annotation_queue=self.queue, record_ids=kept[:1])
        _must([item["id"] for item in self.emulator.records(self.queue)] == kept[2:], "others were deleted")

    def delete(self) -> None:
        """Delete the queue, which then is not found."""
        self.call("delete", annotation_queue="Parity 2", space="demo")
        _must(self.emulator.queues() == [], "the queue is still there")
        missing = self.ask("get", annotation_queue=self.queue)
        _must(missing.get("error", {}).get("status_code") == 404, "the queue can still be read")


STEPS: dict[str, Callable[[Script], None]] = {
    "create": Script.create,
    "create, name taken": Script.create_again,
    "get": Script.get,
    "list": Script.list,
    "update": Script.update,
    "add records": Script.add_records,
    "list records": Script.list_records,
    "annotate record": Script.annotate_record,
    "assign record": Script.assign_record,
    "delete records": Script.delete_records,
    "delete": Script.delete,
}


def end_to_end(client: Client, adapter: Adapter) -> dict[str, str]:
    """Run a client through the emulator; return the outcome of each step: "as it should be", or the problem."""
    outcomes: dict[str, str] = {}
    with Emulator(revision="2026-05" if client.revision == "2026-05" else "2026-10") as emulator:
        script = Script(adapter, emulator, client.revision == "2026-10", emulator.seed(spans=10, examples=5))
        for name, step in STEPS.items():
            try:
                step(script)
                outcomes[name] = "as it should be"
            except WrongError as wrong:
                outcomes[name] = f"wrong: {str(wrong).replace(emulator.url, '')}"
            except (KeyError, IndexError, TypeError) as error:
                outcomes[name] = f"wrong: {type(error).__name__} {error}"
    return outcomes
