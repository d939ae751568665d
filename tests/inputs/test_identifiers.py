"""Names and IDs: telling one from the other."""

from __future__ import annotations

import base64
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arize_queues import Id, Name
from arize_queues._inputs.identifiers import is_id
from arize_queues._names.resources import CONFIG, DATASET, PROJECT, QUEUE, SPACE


def encoded(text: str) -> str:
    """Encode text in the form of an ID."""
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("RW50aXR5OjEyMzQ1", True),  # "Entity:12345"
        (encoded("AnnotationQueue:1"), True),
        (encoded("AnnotationQueue:1").rstrip("="), False),  # padding left off
        (encoded("AnnotationQueue:12345") + "\n", False),
        (encoded("no colon in here"), False),
        (base64.b64encode(b":\xff\xfe").decode(), False),  # not UTF-8
        ("UTo x", False),
        ("", False),
        ("Quality Review Queue", False),
        ("aq_abc123", True),
        ("aq_", False),
        ("aq_abc 123", False),
        ("aq_abc-123", False),
        ("AQ_abc123", False),
        ("my_aq_abc123", False),
        ("aq_abc123\n", False),
        ("spc_xyz789", False),  # prefix of another resource
        ("größe", False),
    ],
)
def test_a_queue_id_is_told_from_a_name(value, expected):
    """A queue ID is strict base64 of UTF-8 text with a colon, or has the documented prefix; all else is a name."""
    assert is_id(value, QUEUE.prefixes) is expected


@pytest.mark.parametrize(
    ("resource", "value"),
    [
        (SPACE, "spc_a1"),
        (QUEUE, "aq_a1"),
        (CONFIG, "ac_a1"),
        (PROJECT, "proj_a1"),
        (PROJECT, "prj_a1"),
        (DATASET, "ds_a1"),
    ],
)
def test_each_kind_has_its_documented_prefixes(resource, value):
    """A documented prefix marks an ID only for its own resource."""
    for other in (SPACE, QUEUE, CONFIG, PROJECT, DATASET):
        assert is_id(value, other.prefixes) is (other is resource)


@given(st.text(min_size=1))
def test_what_is_said_outright_wins(text):
    """`Id` and `Name` decide, whatever the string looks like."""
    assert is_id(Id(text), ())
    assert not is_id(Name(text), ("aq_",))
    assert is_id(Id("Triage"), ())
    assert not is_id(Name("RW50aXR5OjEyMzQ1"), ())


@given(st.text(), st.text())
def test_every_encoded_text_with_a_colon_is_an_id(before, after):
    """Any base64-encoded text with a colon is an ID."""
    assert is_id(encoded(f"{before}:{after}"), ())


@pytest.mark.parametrize("kind", [Id, Name])
def test_ids_and_names_are_strings_that_show_what_they_are(kind):
    """`Id` and `Name` print and serialise as strings, pickle with their type, and have an evaluable repr."""
    value = kind("Triage")
    assert value == "Triage"
    assert f"{value}" == "Triage"
    assert repr(value) == f"{kind.__name__}('Triage')"
    assert json.dumps(value) == '"Triage"'
    assert type(pickle.loads(pickle.dumps(value))) is kind
