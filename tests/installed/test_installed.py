"""An installed package works: what is public, the types, the plugin of pytest, and one story from create to delete."""

from __future__ import annotations

import importlib
import pkgutil
from importlib import metadata, resources

import arize_queues_raw
import pytest

import arize_queues
import arize_queues.emulator
import arize_queues.types
from arize_queues import ArizeClient, PartialFailureError, SpanSource


@pytest.mark.parametrize("module", [arize_queues, arize_queues.types, arize_queues.emulator])
def test_every_public_name_can_be_imported(module):
    """Each name in `__all__` exists, those that load on first use included."""
    assert [name for name in module.__all__ if getattr(module, name, None) is None] == []


@pytest.mark.parametrize("package", [arize_queues, arize_queues_raw])
def test_every_module_can_be_imported(package):
    """No module of either package needs a file that is not installed."""
    names = [found.name for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")]
    assert len(names) > 10
    for name in names:
        if not name.endswith("__main__"):
            importlib.import_module(name)


@pytest.mark.parametrize("package", ["arize_queues", "arize_queues_raw"])
def test_type_checkers_find_the_types(package):
    """Both packages carry the marker py.typed."""
    assert resources.files(package).joinpath("py.typed").is_file()


def test_the_version_is_that_of_the_metadata():
    """`arize_queues.__version__` is the version that pip installed."""
    assert metadata.version("arize-queues") == arize_queues.__version__


def test_a_queue_lives_from_create_to_delete(arize_emulator):
    """The pytest fixture serves a client that creates, fills, labels and deletes a queue."""
    ids = arize_emulator.seed(spans=3)
    where = {"annotation_queue": "Triage", "space": "demo"}
    spans = [f"support-chat-span-{number:05}" for number in range(3)]
    source = SpanSource(
        project="support-chat", span_ids=[*spans, "missing"], start_time="2026-03-02", end_time="2026-03-09"
    )
    with ArizeClient(api_key=arize_emulator.api_key, base_url=arize_emulator.url) as client:
        queues = client.annotation_queues
        queues.create(
            name="Triage", space="demo", annotation_config_ids=["notes"], annotator_emails=ids["annotators"][:1]
        )
        with pytest.raises(PartialFailureError) as caught:
            queues.add_records(**where, record_sources=[source])
        assert (caught.value.summary.created, caught.value.summary.failed) == (3, 1)
        records = [record.id for record in queues.iter_records(**where)]
        queues.annotate_records(
            **where, annotations={record: [{"name": "notes", "text": "fine"}] for record in records}
        )
        assert {record.annotations[0].text for record in queues.iter_records(**where)} == {"fine"}
        queues.delete(**where)
        assert list(queues.iter(space="demo")) == []
