"""A local, stateful server of the annotation-queues API, for tests and pipelines.

```python
with Emulator() as emulator:
    client = ArizeClient(api_key=emulator.api_key, base_url=emulator.url)
```
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ._emulator import Emulator
    from ._http.faults import Fault
    from ._http.journal import ReceivedRequest

__all__ = ["Emulator", "Fault", "ReceivedRequest"]

_HOMES = {"Emulator": "._emulator", "Fault": "._http.faults", "ReceivedRequest": "._http.journal"}
_EXTRA = frozenset({"h11", "jsonschema_rs", "starlette", "uvicorn"})


# Every pytest run imports this package for its plugin, even where the extra is not installed, so the names load on use.
def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        return getattr(import_module(_HOMES[name], __name__), name)
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        raise ImportError(
            f"The emulator needs an extra ({error.name} is missing): pip install 'arize-queues[emulator]', "
            "or in a checkout pip install '.[emulator]'",
            name=error.name,
        ) from error
