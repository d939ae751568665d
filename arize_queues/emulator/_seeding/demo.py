"""The ready-made world: a team that labels the answers of a support assistant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .seed import Seeding

SPACE = "demo"
DESCRIPTION = "A support assistant and its reviewers"
DATASET = "golden-questions"
FIRST_SPAN_TIME = datetime(2026, 3, 2, 8, tzinfo=UTC)
ANNOTATORS = ("ana@example.com", "ben@example.com", "chi@example.com")

_TALKS = (
    ("Where is my order 4711?", "It left our warehouse yesterday and should arrive on Thursday."),
    ("Can I return shoes that I have worn once?", "Yes, within 30 days, as long as they show no wear."),
    ("How do I change my delivery address?", "Open the order, choose Edit address, and confirm by e-mail."),
    ("Do you ship to Norway?", "We do. Duties are shown before you pay."),
    ("The discount code SPRING does not work.", "The code ended on Sunday. I can offer you free shipping."),
    ("What is the warranty on the kettle?", "Two years from the day of delivery."),
    ("I was charged twice.", "I see one charge and one reservation; the latter lapses within five days."),
)


def fill(emulator: Seeding, *, spans: int, examples: int) -> dict[str, Any]:
    """Create the world, and return the IDs of its parts."""
    space = emulator.add_space(SPACE, description=DESCRIPTION)
    projects = {name: emulator.add_project(space, name) for name in ("support-chat", "search-answers")}
    for position, (name, project) in enumerate(projects.items()):
        emulator.add_spans(project, _spans(name, position, spans))
    dataset = emulator.add_dataset(space, DATASET, _examples(examples))
    configs = {
        "accuracy": emulator.add_annotation_config(
            space,
            "accuracy",
            "categorical",
            values=[{"label": "correct", "score": 1}, {"label": "incorrect", "score": 0}],
            optimization_direction="maximize",
        ),
        "helpfulness": emulator.add_annotation_config(
            space, "helpfulness", "continuous", minimum_score=0, maximum_score=10
        ),
        "notes": emulator.add_annotation_config(space, "notes", "freeform"),
    }
    for email in ANNOTATORS:
        emulator.admit_user(email, space)
    return {
        "space": space,
        "projects": projects,
        "dataset": dataset,
        "annotation_configs": configs,
        "annotators": list(ANNOTATORS),
        "tags": {"triage": emulator.add_tag(space, "triage", color="orange")},
    }


def _spans(project: str, offset: int, count: int) -> Iterator[dict[str, Any]]:
    for position in range(count):
        question, answer = _TALKS[(position + offset) % len(_TALKS)]
        yield {
            "span_id": f"{project}-span-{position:05}",
            "trace_id": f"{project}-trace-{position // 2:05}",
            "session_id": f"{project}-session-{position // 10:05}",
            "start_time": FIRST_SPAN_TIME + timedelta(minutes=position),
            "data": {
                "name": "ChatCompletion",
                "attributes.openinference.span.kind": "LLM",
                "attributes.input.value": question,
                "attributes.output.value": answer,
                "attributes.llm.token_count.total": 40 + position % 60,
            },
            "evaluations": [{"name": "toxicity", "label": "clean", "score": 0.0}],
        }


def _examples(count: int) -> Iterator[dict[str, Any]]:
    for position in range(count):
        question, answer = _TALKS[position % len(_TALKS)]
        yield {"id": f"example-{position:04}", "input": question, "expected_output": answer}
