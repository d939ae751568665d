"""Read the plain data in a JSON or YAML file, or at a URL."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import yaml

from .references import SpecError

_TIMEOUT_SECONDS = 60.0
# How many times the length of its text a document may have when its aliases are written out, and how much is little.
_MOST_REPETITION = 20
_LITTLE = 1_000_000


def load_data(source: str) -> Any:
    """Return the plain data in a JSON or YAML file, or at an http(s) URL."""
    content = _content(source)
    try:
        text = content.decode("utf-8-sig")
        if text.lstrip().startswith("<"):
            raise SpecError(f"{source}: an HTML or XML page, not an OpenAPI document")
        # There and back: keys become text (a status in YAML is a number), and only plain data comes back.
        return json.loads(json.dumps(_bounded(_parse(text), len(text))))
    except UnicodeDecodeError:
        raise SpecError(f"{source}: not text in UTF-8") from None
    except yaml.YAMLError as error:
        raise SpecError(f"{source}: neither JSON nor YAML: {one_line(error)}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise SpecError(f"{source}: not plain data: {one_line(error)}") from None


def one_line(error: object) -> str:
    """Return the text of an error on one line."""
    return " ".join(str(error).split())


def _content(source: str) -> bytes:
    if not source:
        raise SpecError("no document given: it must be a file or an http(s) URL, as in UPSTREAM=arize.json")
    scheme = re.match(r"([a-z][a-z0-9+.-]*)://", source, re.IGNORECASE)
    if scheme and scheme[1].lower() not in {"http", "https"}:
        raise SpecError(f"{source}: not read, since it must be an http(s) URL, or a file by its path alone")
    return _download(source) if scheme else _read(source)


def _download(url: str) -> bytes:
    try:
        response = httpx.get(url, follow_redirects=True, timeout=_TIMEOUT_SECONDS)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SpecError(f"{url}: {one_line(error) or type(error).__name__}") from None
    if not response.is_success:
        raise SpecError(f"{url}: answered {response.status_code} {response.reason_phrase}".rstrip())
    return response.content


def _read(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise SpecError(f"{path}: {getattr(error, 'strerror', None) or error}") from None


# The parser in C is ten times as fast; not every build of PyYAML has it.
_Base: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc, valid-type]
    """A loader for the data types of JSON: `no` and `2026-10-01` are text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, rule) for tag, rule in rules if tag.rpartition(":")[2] in {"null", "int", "float", "merge"}]
    for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), list("tf"))


def _parse(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader


def _bounded(data: Any, length: int) -> Any:
    """Return data, unless aliases make them many times larger than their text."""
    sizes: dict[int, int] = {}

    def size(node: Any) -> int:
        if not isinstance(node, dict | list):
            return len(node) if isinstance(node, str) else 1
        if id(node) not in sizes:
            sizes[id(node)] = 0  # a part of itself, which is refused elsewhere
            values = node.values() if isinstance(node, dict) else node
            sizes[id(node)] = len(node) + sum(map(size, values))
        return sizes[id(node)]

    if size(data) > _MOST_REPETITION * length + _LITTLE:
        raise ValueError("aliases repeat beyond reason")
    return data
