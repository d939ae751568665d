"""The errors of the package.

ArizeQueuesError
  ConfigurationError            no API key, contradicting settings
  InvalidRequestError           (also ValueError) refused locally, before anything was sent
    SpaceRequiredError          the name of a queue without its space
  NameNotFoundError             nothing has the name
  AmbiguousNameError            several resources have the name
  APIConnectionError            no answer came
    APITimeoutError             no answer came in time
  APIStatusError                the server refused the request
    BadRequestError 400  AuthenticationError 401  PermissionDeniedError 403  NotFoundError 404
    ConflictError 409  UnprocessableEntityError 422  RateLimitError 429  ServerError 5xx
  UnexpectedResponseError       an answer that does not match its status
  LedgerError                   a file that is not a ledger, is broken, or belongs to another job
  PartialFailureError           some records of a bulk call did not succeed
    DeadlineExceededError       the deadline of the call came first

Texts have the method, the path, the status, the server's words and the request ID; never headers, keys or payloads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ._redaction import path_of, redact

if TYPE_CHECKING:
    import httpx

    from ._results import AddSummary, BulkSummary, Failure


class ArizeQueuesError(Exception):
    """Base class of the errors of this package."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the attributes, because the constructors take more than a message."""
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[ArizeQueuesError], args: tuple[Any, ...], attributes: dict[str, Any]) -> ArizeQueuesError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(attributes)
    return error


class ConfigurationError(ArizeQueuesError):
    """The client cannot be set up: no API key, or settings that contradict each other."""


class InvalidRequestError(ArizeQueuesError, ValueError):
    """A call was refused before anything was sent.

    Attributes:
        problems: One sentence for each problem: the field, the value, the rule.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("; ".join(self.problems))


class SpaceRequiredError(InvalidRequestError):
    """A name is unique only within its space, which was not given."""

    def __init__(self, field: str, name: str) -> None:
        super().__init__(
            f"{field}: {name!r} is a name, and names are unique only within a space: "
            f"pass space= with it, or pass the ID instead of the name"
        )


class NameNotFoundError(ArizeQueuesError):
    """Nothing has the name.

    Attributes:
        resource: Kind of the resource, such as "annotation queue".
        name: The name.
        candidates: Similar names.
    """

    def __init__(self, resource: str, name: str, candidates: Sequence[str] = (), where: str = "") -> None:
        self.resource = resource
        self.name = name
        self.candidates = list(candidates)
        near = f"; near it: {', '.join(map(repr, self.candidates))}" if self.candidates else ""
        super().__init__(f"no {resource} is called {name!r}{where} (names are matched exactly){near}")


class AmbiguousNameError(ArizeQueuesError):
    """Several resources have the name; pass an ID instead.

    Attributes:
        resource: Kind of the resource, such as "space".
        name: The name.
        matching_ids: IDs of the resources with the name.
    """

    def __init__(self, resource: str, name: str, matching_ids: Sequence[str]) -> None:
        self.resource = resource
        self.name = name
        self.matching_ids = list(matching_ids)
        super().__init__(
            f"{len(self.matching_ids)} {resource}s are called {name!r}: pass the ID of the one that is meant "
            f"({', '.join(self.matching_ids)})"
        )


class APIConnectionError(ArizeQueuesError):
    """No answer came, after all retries; the server may or may not have acted.

    Attributes:
        method: The HTTP method.
        path: The path of the request, as it was sent.
    """

    def __init__(self, method: str, path: str, reason: str) -> None:
        self.method = method
        self.path = path
        super().__init__(f"{method} {path}: {reason}")


class APITimeoutError(APIConnectionError):
    """No answer came in time."""


class APIStatusError(ArizeQueuesError):
    """The server answered with an error status.

    Attributes:
        method: The HTTP method.
        path: The path of the request, as it was sent.
        status_code: The HTTP status.
        title: The server's short name of the problem, or None.
        detail: The server's explanation, or None.
        type: URI of the kind of problem, or None.
        request_id: The server's ID of the request, to quote to Arize's support, or None.
        retry_after: Seconds that the server asks to wait, or None.
        problem: The whole problem document, unknown fields included.
        response: The httpx response; pickles omit it, because its request holds the API key.
    """

    def __init__(
        self,
        response: httpx.Response,
        problem: dict[str, Any],
        *,
        request_id: str | None = None,
        retry_after: float | None = None,
        secret: str = "",
    ) -> None:
        self.method = response.request.method
        self.path = path_of(response.request)
        self.status_code = response.status_code
        self.problem: dict[str, Any] = redact(problem, secret)
        self.title = _text(self.problem.get("title"))
        self.detail = _text(self.problem.get("detail"))
        self.type = _text(self.problem.get("type"))
        self.request_id = redact(request_id, secret) or _id_text(self.problem.get("request_id"))
        self.retry_after = retry_after
        self.response: httpx.Response | None = response
        super().__init__(redact(self._describe(response), secret))

    def _describe(self, response: httpx.Response) -> str:
        said = [part for part in (self.title, self.detail) if part]
        if not said:
            kind = response.headers.get("content-type", "no content type").partition(";")[0]
            said = [f"{response.reason_phrase or 'error'} (the body, {kind}, is not a problem document)"]
        tail = f" (request id {self.request_id})" if self.request_id else ""
        return f"{self.method} {self.path}: {self.status_code} {': '.join(said)}{tail}"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the response."""
        return _rebuild, (type(self), self.args, {**self.__dict__, "response": None})


class BadRequestError(APIStatusError):
    """400: a wrong field type, a malformed ID, or a body that cannot be read."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing, expired, revoked or unknown."""


class PermissionDeniedError(APIStatusError):
    """403: the caller may read the resource but not do this."""


class NotFoundError(APIStatusError):
    """404: the resource does not exist, or the caller may not read it; also an unknown annotator email."""


class ConflictError(APIStatusError):
    """409: the name is taken by an active queue of the space."""


class UnprocessableEntityError(APIStatusError):
    """422: the request is well-formed but breaks a rule."""


class RateLimitError(APIStatusError):
    """429: too many requests; `.retry_after` has the seconds that the server asks for."""


class ServerError(APIStatusError):
    """5xx: the server failed."""


class UnexpectedResponseError(ArizeQueuesError):
    """The answer does not match its status: HTML from a proxy, a cut body, pages that loop.

    After a write the server may or may not have acted.

    Attributes:
        method: The HTTP method.
        path: The path of the request, as it was sent.
        status_code: The HTTP status.
    """

    def __init__(self, method: str, path: str, status_code: int, reason: str) -> None:
        self.method = method
        self.path = path
        self.status_code = status_code
        super().__init__(f"{method} {path}: {status_code}, but {reason}")


class LedgerError(ArizeQueuesError):
    """The file is not a ledger, is broken, is in use, or belongs to another job."""


class PartialFailureError(ArizeQueuesError):
    """Some records of a bulk call did not succeed; the error accounts for all of them.

    Attributes:
        completed: The result of the call, for the records that succeeded.
        remaining: The input that is left, in the form that the call takes: pass it in again to go on. Where that is an
            iterator, as the input was one, pickles are without it.
        failures: The records that failed, each with its error.
        summary: The counts; they add up to the number of submitted records.
    """

    def __init__(
        self,
        reason: str,
        *,
        completed: Any,
        remaining: Any,
        failures: Sequence[Failure],
        summary: AddSummary | BulkSummary,
    ) -> None:
        self.completed = completed
        self.remaining = remaining
        self.failures = list(failures)
        self.summary = summary
        first = f"; first failure: {self.failures[0]}" if self.failures else ""
        super().__init__(f"{reason}: {summary}{first}")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without what can be read only once, and only here."""
        kept = {"remaining": None} if isinstance(self.remaining, Iterator) else {}
        return _rebuild, (type(self), self.args, {**self.__dict__, **kept})


class DeadlineExceededError(PartialFailureError):
    """The call's own `deadline` came before its end."""


_BY_STATUS: dict[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def class_for(status_code: int) -> type[APIStatusError]:
    """Return the error class of a status."""
    return _BY_STATUS.get(status_code) or (ServerError if status_code >= 500 else APIStatusError)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _id_text(value: object) -> str | None:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _text(value)
