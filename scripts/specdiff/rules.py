"""What each kind of difference means to those who send, and to those who read.

Breaking: what works now may stop. Additive: what works goes on working, and there is more to take in. Cosmetic:
nobody notices. A kind that touches both sides is as severe as it is for the one that suffers more.
"""

from __future__ import annotations

from typing import Final, NamedTuple

BREAKING: Final = "breaking"
ADDITIVE: Final = "additive"
COSMETIC: Final = "cosmetic"
SEVERITIES: Final = (BREAKING, ADDITIVE, COSMETIC)

REQUEST: Final = "request"
RESPONSE: Final = "response"
BOTH: Final = "both"


class Meaning(NamedTuple):
    """How severe a difference is for one side, and why."""

    severity: str
    consequence: str


class Rule(NamedTuple):
    """What a kind of difference means to the sender of requests and to the reader of responses."""

    request: Meaning
    response: Meaning


def _same(severity: str, consequence: str) -> Rule:
    meaning = Meaning(severity, consequence)
    return Rule(meaning, meaning)


def _rule(request: str, why_request: str, response: str, why_response: str) -> Rule:
    return Rule(Meaning(request, why_request), Meaning(response, why_response))


_REFUSED = "requests that were right are refused"
_FREER = "requests that were right stay right"
_SURPRISED = "readers meet what could not come before"
_SAFE = "what comes is what readers expected already"

RULES: Final[dict[str, Rule]] = {
    "operation-added": _same(ADDITIVE, "it takes a line in x-operations and a public method, or a reason to leave it"),
    "operation-removed": _same(BREAKING, "calls of it fail"),
    "operation-moved": _same(BREAKING, "calls of the former address fail"),
    "placeholder-renamed": _same(COSMETIC, "the wire is the same, only the argument has another name"),
    "operation-renamed": _same(BREAKING, "the wire is the same, but the generated function has another name"),
    "deprecated": _same(ADDITIVE, "it works until it is removed"),
    "undeprecated": _same(COSMETIC, "it is there to stay"),
    "security-changed": _same(BREAKING, "calls must authenticate as it says now"),
    "server-removed": _same(BREAKING, "clients that were sent there by default must go elsewhere"),
    "server-added": _same(ADDITIVE, "there is one more host to choose"),
    "parameter-added": _rule(ADDITIVE, "it may be sent", COSMETIC, ""),
    "required-parameter-added": _rule(BREAKING, "requests without it are refused", COSMETIC, ""),
    "parameter-removed": _rule(BREAKING, "it is refused or without effect", COSMETIC, ""),
    "parameter-required": _rule(BREAKING, "requests without it are refused", COSMETIC, ""),
    "parameter-optional": _rule(ADDITIVE, "it may be left out", COSMETIC, ""),
    "body-added": _rule(ADDITIVE, "a body may be sent", COSMETIC, ""),
    "required-body-added": _rule(BREAKING, "requests without a body are refused", COSMETIC, ""),
    "body-removed": _rule(BREAKING, "what the body said is refused or without effect", BREAKING, "nothing to read"),
    "body-required": _rule(BREAKING, "requests without a body are refused", COSMETIC, ""),
    "body-optional": _rule(ADDITIVE, "it may be left out", COSMETIC, ""),
    "status-added": _rule(COSMETIC, "", ADDITIVE, "callers should know what to do then"),
    "success-status-removed": _rule(COSMETIC, "", BREAKING, "the call must be read by another status"),
    "error-status-removed": _rule(COSMETIC, "", ADDITIVE, "code that handles it waits in vain"),
    "header-added": _rule(COSMETIC, "", ADDITIVE, "there is more to read"),
    "header-removed": _rule(COSMETIC, "", BREAKING, "readers of it miss it"),
    "media-type-added": _rule(ADDITIVE, "senders may choose it", ADDITIVE, "readers who ask for it get it"),
    "media-type-removed": _rule(BREAKING, "requests of that type are refused", BREAKING, "readers of it get no more"),
    "media-type-changed": _rule(BREAKING, "requests of the former type are refused", BREAKING, "readers must parse it"),
    "field-added": _rule(ADDITIVE, "senders may leave it out", ADDITIVE, "readers may pass over it"),
    "required-field-added": _rule(BREAKING, "requests without it are refused", ADDITIVE, "readers may pass over it"),
    "field-removed": _rule(BREAKING, "it is refused or without effect", BREAKING, "readers of it miss it"),
    "field-required": _rule(BREAKING, "requests without them are refused", ADDITIVE, "readers can rely on them"),
    "field-optional": _rule(
        ADDITIVE, "senders may leave them out", BREAKING, "readers who rely on them suffer where they are absent"
    ),
    "type-changed": _rule(BREAKING, "the former type is refused", BREAKING, "readers get another type"),
    "type-widened": _rule(ADDITIVE, _FREER, BREAKING, _SURPRISED),
    "type-narrowed": _rule(BREAKING, _REFUSED, ADDITIVE, _SAFE),
    "format-added": _rule(BREAKING, "values of another form are refused", BREAKING, "models get another type"),
    "format-removed": _rule(ADDITIVE, _FREER, BREAKING, "models get another type"),
    "format-changed": _rule(BREAKING, "values of the former form are refused", BREAKING, "models get another type"),
    "nullable-added": _rule(ADDITIVE, "null may be sent", BREAKING, "readers must be ready for null"),
    "nullable-removed": _rule(BREAKING, "null is refused", ADDITIVE, "null comes no more"),
    "limit-tightened": _rule(BREAKING, _REFUSED, COSMETIC, _SAFE),
    "limit-loosened": _rule(ADDITIVE, "requests that were refused are right", ADDITIVE, _SURPRISED),
    "limit-changed": _rule(BREAKING, _REFUSED, ADDITIVE, "answers look different"),
    "default-changed": _rule(BREAKING, "leaving it out means something else", COSMETIC, "servers fill it in"),
    "default-added": _rule(ADDITIVE, "leaving it out has a stated meaning", COSMETIC, "servers fill it in"),
    "default-removed": _rule(BREAKING, "leaving it out has no stated meaning", COSMETIC, "servers fill it in"),
    "enum-value-added": _rule(ADDITIVE, "senders may use it", ADDITIVE, "readers must let unknown values pass"),
    "enum-value-removed": _rule(BREAKING, "sending it is refused", BREAKING, "it comes no more and leaves the models"),
    "enum-respelled": _rule(
        BREAKING, "the former spelling is refused", BREAKING, "readers must compare the new spelling"
    ),
    "enum-introduced": _rule(BREAKING, "other values are refused", ADDITIVE, _SAFE),
    "enum-dropped": _rule(ADDITIVE, "any value may be sent", ADDITIVE, "readers must let unknown values pass"),
    "closed": _rule(BREAKING, "further fields are refused", COSMETIC, _SAFE),
    "opened": _rule(ADDITIVE, "further fields may be sent", ADDITIVE, "further fields may come"),
    "union-member-added": _rule(ADDITIVE, "senders may use it", BREAKING, "readers cannot tell what it is"),
    "union-member-removed": _rule(BREAKING, "sending it is refused", ADDITIVE, "it comes no more"),
    "discriminator-added": _rule(ADDITIVE, _FREER, ADDITIVE, "readers can tell the members apart by it"),
    "discriminator-removed": _rule(ADDITIVE, _FREER, BREAKING, "readers must tell the members apart otherwise"),
    "discriminator-changed": _same(BREAKING, "members are told apart by something else"),
    "read-only": _rule(BREAKING, "sending it is refused or without effect", COSMETIC, _SAFE),
    "no-longer-read-only": _rule(ADDITIVE, "it may be sent", COSMETIC, _SAFE),
    "write-only": _rule(COSMETIC, _FREER, BREAKING, "readers of it miss it"),
    "no-longer-write-only": _rule(COSMETIC, _FREER, ADDITIVE, "answers may have it"),
    "schema-renamed": _same(COSMETIC, "only the generated model has another name"),
    "keyword-changed": _same(BREAKING, "the rule is not one that this program knows: read it"),
    "order-changed": _same(COSMETIC, "the order means nothing"),
    "text-changed": _same(COSMETIC, "read whether they promise something else"),
    "overlay-mismatch": _same(BREAKING, "`make spec` fails until the overlay is corrected"),
    "limit-mismatch": _same(BREAKING, "`make generate` fails until upstream, the overlay or limits.yaml is put right"),
    "not-generatable": _same(BREAKING, "`make spec` fails"),
}
"""Every kind that a finding can have; the keys are what `--json` prints."""
