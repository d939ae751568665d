"""Run the emulator from the command line: `python -m arize_queues.emulator --port 8765 --seed`."""

from __future__ import annotations

import argparse
import ipaddress
import json
import signal
import sys
import threading
from collections.abc import Sequence
from socket import gethostname
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from arize_queues.emulator import Emulator


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; return the exit status."""
    options = _parser().parse_args(arguments)
    stop = _stop_on_signals()
    try:
        emulator = _emulator(options).start()
    except (ImportError, OSError, OverflowError, ValueError) as error:
        return _fail(error, options)
    with emulator:
        try:
            _announce(emulator, options)
        except ValueError as error:
            return _fail(error, options)
        stop.wait()
    return 0


def _emulator(options: argparse.Namespace) -> Emulator:
    from arize_queues.emulator import Emulator  # noqa: PLC0415 - so that a missing extra is one line

    return Emulator(
        revision=options.revision,
        db=options.db,
        host=options.host,
        port=options.port,
        latency=options.latency,
        unknown_ids=options.unknown_ids,
        api_key=options.api_key,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m arize_queues.emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8765, help="port to listen on (default: 8765; 0: any)")
    parser.add_argument("--db", help="SQLite file that keeps the state (default: in memory)")
    parser.add_argument("--revision", choices=["2026-05", "2026-10"], default="2026-10")
    parser.add_argument("--seed", action="store_true", help="start with the ready-made world")
    parser.add_argument("--latency", type=float, default=0.0, help="seconds of latency of every answer")
    parser.add_argument("--unknown-ids", choices=["refuse", "create"], default="refuse")
    parser.add_argument("--api-key", default="emulator-key", help="API key that requests must carry")
    return parser


def _fail(error: Exception, options: argparse.Namespace) -> int:
    print(f"error: {_in_one_line(error, options)}", file=sys.stderr)
    return 1


def _in_one_line(error: Exception, options: argparse.Namespace) -> str:
    if isinstance(error, OSError | OverflowError):
        reason = getattr(error, "strerror", None) or error
        return f"cannot listen on {options.host} port {options.port}: {reason}"
    return " ".join(str(error).split())


def _announce(emulator: Emulator, options: argparse.Namespace) -> None:
    if not _is_loopback(options.host):
        print(f"warning: {options.host or 'every address'} can be reached from other machines", file=sys.stderr)
    print(f"Serving revision {emulator.revision} of the API. Stop with Ctrl-C.")
    print(f"  ARIZE_BASE_URL={emulator.url}")
    print(f"  ARIZE_API_KEY={emulator.api_key}", flush=True)
    if _is_any(options.host):
        port = urlsplit(emulator.url).port
        print(
            f"From other machines, by this one's name or address: ARIZE_BASE_URL=http://{gethostname()}:{port}",
            flush=True,
        )
    if options.seed:
        print(json.dumps(_seed_once(emulator), indent=2), flush=True)


def _seed_once(emulator: Emulator) -> dict[str, Any]:
    known = emulator.seeded_space()
    return {"space": known} if known else emulator.seed()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host == ""


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()

    def on_signal(number: int, frame: object) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    return stop


if __name__ == "__main__":
    sys.exit(main())
