"""The world of the demo: three assistants whose answers people judge, and a dataset of questions to ask them all.

Everything is made from a seed, so each run of the demo tells the same story.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from arize_queues.emulator import Emulator
from arize_queues.types import AnnotationQueueRecord

from .texts import CODE, LEGAL, SUPPORT, WORDS, Talk

SPACE: Final = "assistants"
DATASET: Final = "golden-questions"
ANNOTATORS: Final = ("ana@example.com", "ben@example.com", "chi@example.com", "dana@example.com")
VERDICTS: Final = ("correct", "incomplete", "wrong")
FIRST_DAY: Final = datetime(2026, 3, 2, tzinfo=UTC)
DAYS: Final = 20
EXAMPLE_IDS: Final = tuple(f"golden-{number:03}" for number in range(1, 121))

Row = dict[str, Any]

# Name, number of spans, talks, model.
_ASSISTANTS: Final = (
    ("support-chat", 1900, SUPPORT, "gpt-5-mini"),
    ("contract-review", 700, LEGAL, "claude-sonnet-4-5"),
    ("code-assistant", 1200, CODE, "gpt-5"),
)


def spans() -> dict[str, list[Row]]:
    """Build the LLM spans of each project as rows of an export: column to value."""
    rng = random.Random(20)  # noqa: S311 - a story, not a secret
    return {name: list(_spans(rng, name, count, talks, model)) for name, count, talks, model in _ASSISTANTS}


def least_certain(rows_by_project: dict[str, list[Row]], count: int) -> dict[str, list[Row]]:
    """Return the spans with the lowest scores of the automatic judge, which people should look at first."""
    ranked = sorted(
        (row["eval.quality.score"], row["context.span_id"]) for rows in rows_by_project.values() for row in rows
    )
    chosen = {span_id for _, span_id in ranked[:count]}
    return {name: [row for row in rows if row["context.span_id"] in chosen] for name, rows in rows_by_project.items()}


def fill(emulator: Emulator, rows_by_project: dict[str, list[Row]]) -> None:
    """Add the world to an emulator."""
    space = emulator.add_space(SPACE, description="The assistants of three teams")
    for name, rows in rows_by_project.items():
        emulator.add_spans(emulator.add_project(space, name), map(_stored, rows))
    emulator.add_dataset(space, DATASET, _examples())
    values = [{"label": label, "score": score} for label, score in zip(VERDICTS, (1, 0.5, 0), strict=True)]
    emulator.add_annotation_config(space, "verdict", "categorical", values=values, optimization_direction="maximize")
    emulator.add_annotation_config(space, "note", "freeform")
    for email in ANNOTATORS:
        emulator.add_user(email)


def judged(record: AnnotationQueueRecord) -> list[Row]:
    """Return a person's judgement of an answer: mostly, but not always, that of the automatic judge."""
    rng = random.Random(record.id)  # noqa: S311 - a story, not a secret
    score = next((evaluation.score for evaluation in record.evaluations), None)
    doubtful = score is not None and score < 0.5 and rng.random() < 0.9
    label = rng.choice(VERDICTS[1:]) if doubtful else VERDICTS[0]
    note = {"incomplete": "Leaves out what was asked.", "wrong": "Made up, or against our policy."}.get(label)
    return [{"name": "verdict", "label": label}, *([{"name": "note", "text": note}] if note else [])]


def _spans(rng: random.Random, project: str, count: int, talks: tuple[Talk, ...], model: str) -> Iterator[Row]:
    session, turns, time = "", 0, FIRST_DAY
    for position in range(count):
        if turns == 0:
            session, turns = f"{project}-{rng.getrandbits(40):010x}", rng.choice((1, 1, 2, 3, 5))
            day = DAYS * position // count
            time = FIRST_DAY + timedelta(days=day, minutes=round(rng.triangular(6 * 60, 22 * 60, 14 * 60)))
        turns -= 1
        time += timedelta(seconds=rng.randint(20, 200))
        yield _span(rng, rng.choice(talks), model, {"attributes.session.id": session, "start_time": time})


def _span(rng: random.Random, talk: Talk, model: str, where: Row) -> Row:
    words = {key: rng.choice(choices) for key, choices in WORDS.items()} | {"number": str(rng.randint(10_000, 99_999))}
    is_poor = rng.random() < 0.3
    question, answer = (_told(text, words) for text in (talk.question, talk.poor if is_poor else talk.good))
    score = min(1.0, max(0.0, rng.gauss(0.35 if is_poor else 0.8, 0.15)))
    tokens = {"prompt": 300 + len(question) // 4, "completion": len(answer) // 4}
    return {
        "context.span_id": f"{rng.getrandbits(64):016x}",
        "context.trace_id": f"{rng.getrandbits(128):032x}",
        **where,
        "name": "ChatCompletion",
        "attributes.openinference.span.kind": "LLM",
        "attributes.llm.model_name": model,
        "attributes.llm.token_count.prompt": tokens["prompt"],
        "attributes.llm.token_count.completion": tokens["completion"],
        "attributes.input.value": question,
        "attributes.output.value": answer,
        "eval.quality.score": round(score, 3),
    }


def _told(text: str, words: dict[str, str]) -> str:
    for key, word in words.items():
        text = text.replace(f"{{{key}}}", word)
    return text


def _stored(row: Row) -> Row:
    """Convert a row to the form in which the emulator keeps spans."""
    apart = {
        "context.span_id": "span_id",
        "context.trace_id": "trace_id",
        "attributes.session.id": "session_id",
        "start_time": "start_time",
    }
    score = row["eval.quality.score"]
    judge = {"name": "quality", "score": score, "label": "good" if score >= 0.6 else "poor"}
    data = {key: value for key, value in row.items() if key not in apart and not key.startswith("eval.")}
    return {**{short: row[long] for long, short in apart.items()}, "data": data, "evaluations": [judge]}


def _examples() -> Iterator[Row]:
    rng = random.Random(21)  # noqa: S311 - a story, not a secret
    for name in EXAMPLE_IDS:
        words = {key: rng.choice(choices) for key, choices in WORDS.items()} | {"number": "12345"}
        talk = rng.choice((*SUPPORT, *LEGAL, *CODE))
        question, answer = _told(talk.question, words), _told(talk.good, words)
        yield {"id": name, "input": question, "expected_output": answer}
