"""Checks in an environment with the wheel and its dependencies alone.

`test_wheel.py` runs it there.
"""

from __future__ import annotations

import importlib.metadata
import sys

import httpx

import arize_queues

_imported = set(sys.modules)

# What users would pay for at each start, and few of them need.
HEAVY = ("anyio", "asyncio", "dateutil.parser", "narwhals", "orjson", "pandas", "starlette", "tqdm", "uvicorn")


def check_imports() -> None:
    """Fail if `import arize_queues` loads a module that it should not."""
    if found := _imported & set(HEAVY):
        raise AssertionError(f"import arize_queues brings in {', '.join(sorted(found))}")


def check_requirements() -> None:
    """Fail if the package requires more than its three dependencies."""
    found = {each for each in importlib.metadata.requires("arize-queues") or () if "extra ==" not in each}
    names = {each.partition(">")[0] for each in found}
    if names != {"attrs", "httpx", "python-dateutil"}:
        raise AssertionError(f"the package requires {sorted(names)}")


def check_call() -> None:
    """Fail unless a call works."""
    queue = {"id": "aq_1", "name": "Triage", "space_id": "spc_1"}
    times = {"created_at": "2026-03-02T08:00:00Z", "updated_at": "2026-03-02T08:00:00Z"}
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={**queue, **times}))
    with arize_queues.ArizeClient(api_key="key", http_client=httpx.Client(transport=transport)) as client:
        found = client.annotation_queues.get(annotation_queue="aq_1")
    if (found.name, found.annotators) != ("Triage", []):
        raise AssertionError(f"a queue was read as {found}")


def check_emulator_without_its_extra() -> None:
    """Fail unless the emulator names its missing extra."""
    try:
        from arize_queues.emulator import Emulator  # noqa: PLC0415 - it must fail, here
    except ImportError as error:
        if "pip install 'arize-queues[emulator]'" not in str(error):
            raise AssertionError("the emulator does not say which extra it needs") from error
    else:
        raise AssertionError(f"{Emulator} works without its extra")


if __name__ == "__main__":
    check_imports()
    check_requirements()
    check_call()
    check_emulator_without_its_extra()
    print(f"arize-queues {arize_queues.__version__} works by itself")
