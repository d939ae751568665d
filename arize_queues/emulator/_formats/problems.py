"""Refusals, and their RFC 9457 bodies."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

from attrs import frozen

_ERRORS_PAGE = "https://arize.com/docs/ax/rest-reference/errors#"

# What RFC 3986 allows in a path as it is, besides percent-encoded bytes.
_ALLOWED = "/:@!$&'()*+,;=-._~%"
_STRAY_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")

_KINDS = {
    400: ("invalid-request", "Invalid request parameters"),
    401: ("authentication-required", "Authentication required"),
    403: ("access-forbidden", "Access forbidden"),
    404: ("resource-not-found", "Resource not found"),
    405: ("invalid-request", "Method not allowed"),
    409: ("resource-conflict", "Resource conflict"),
    422: ("unprocessable-entity", "Unprocessable entity"),
    429: ("rate-limit-exceeded", "Rate limit exceeded"),
    500: ("internal-error", "Internal server error"),
    503: ("service-unavailable", "Service unavailable"),
}


class Refusal(Exception):  # noqa: N818 - an answer of the API, no failure of the emulator
    """A request that the API refuses, with the status and the reason."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


@frozen
class Answer:
    """The answer of an operation: a status and the JSON body, None if it is empty."""

    status: int
    body: Any = None


def problem(status: int, detail: str, *, raw_path: str, request_id: str) -> dict[str, Any]:
    """Build the body of an error, with the documented type and title of its status.

    The instance is the path as it came, so that it is a URI reference whatever the path holds.
    """
    anchor, title = _KINDS.get(status, ("internal-error" if status >= 500 else "invalid-request", "Error"))
    return {
        "type": _ERRORS_PAGE + anchor,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": quote(_STRAY_PERCENT.sub("%25", raw_path), safe=_ALLOWED),
        "request_id": request_id,
    }
