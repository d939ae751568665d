"""Questions of the users of three assistants, with good and bad answers.

Each talk is a question, a good answer and a poor one. The words in braces are drawn from `WORDS`, the same for the
question and its answer.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Talk(NamedTuple):
    """A question with a good and a bad answer."""

    question: str
    good: str
    poor: str


WORDS: Final[dict[str, tuple[str, ...]]] = {
    "product": ("kettle", "desk lamp", "rain jacket", "e-reader", "coffee grinder", "bike helmet", "office chair"),
    "city": ("Oslo", "Leeds", "Porto", "Graz", "Lyon", "Tampere", "Utrecht", "Gdansk"),
    "day": ("Monday", "Tuesday", "Thursday", "Friday"),
    "party": ("Harbour Foods", "Northgate Ltd", "Velden GmbH", "Castellan SA", "Blue Fern Inc."),
    "days": ("14", "30", "45", "60", "90"),
    "law": ("England and Wales", "New York", "Ireland", "Ontario", "the Netherlands"),
    "clause": ("4.2", "7.1", "9.3", "11", "12.4", "15.6"),
    "table": ("orders", "events", "invoices", "sessions", "shipments"),
    "column": ("created_at", "customer_id", "amount", "status", "region"),
    "name": ("parse_row", "load_config", "retry", "merge_intervals", "to_slug", "chunked"),
}

SUPPORT: Final = (
    Talk(
        "Where is order {number}? It was due in {city} on {day}.",
        "Order {number} left our depot this morning. The carrier now expects to deliver in {city} on {day} evening; "
        "I have asked for a text message an hour ahead.",
        "Your order has been delivered.",
    ),
    Talk(
        "The {product} arrived with a crack. Can I get another one?",
        "I am sorry about that. A new {product} goes out today at no cost; please keep the broken one until the "
        "courier collects it.",
        "Please read our returns policy on the website.",
    ),
    Talk(
        "can i return a {product} if i opened the box",
        "Yes: within {days} days of delivery, as long as the {product} shows no wear. Shall I send a label?",
        "No, opened goods can never be returned.",
    ),
    Talk(
        "I was charged twice for order {number}!",
        "I see one payment and one reservation for order {number}. The reservation lapses by itself within five "
        "working days; only one amount is taken.",
        "I have refunded both payments, and you may keep the goods.",
    ),
    Talk(
        "Do you ship the {product} to {city}, and what does it cost?",
        "We do: delivery to {city} takes three working days and costs 6.90, or nothing above 50.",
        "We ship worldwide.",
    ),
    Talk(
        "Please change the address of order {number} to my office in {city}.",
        "Done, as order {number} has not been packed yet. You will get a confirmation with the {city} address.",
        "Sure! What is the password of your account, so that I can change it?",
    ),
    Talk(
        "What is the guarantee on the {product}?",
        "Two years from delivery, for faults in material and making. Wear and water damage are not covered.",
        "The {product} has a lifetime guarantee on everything.",
    ),
    Talk(
        "Cancel my subscription, I have asked {days} days ago and nobody answered.",
        "I have cancelled it as of today and apologise for the silence. The last {days} days are credited to you.",
        "Have you tried our new premium plan?",
    ),
    Talk(
        "Hola, ¿tienen el {product} en otro color?",
        "Sí: el {product} existe en gris, verde y rojo. El gris está disponible ahora mismo.",
        "I only speak English.",
    ),
)

LEGAL: Final = (
    Talk(
        "Summarise clause {clause} of the agreement with {party}.",
        "Clause {clause} lets either side end the agreement with {party} on {days} days' written notice. It does not "
        "touch payments that are already due.",
        "Clause {clause} is a standard clause and needs no attention.",
    ),
    Talk(
        "Which law governs our contract with {party}?",
        "The law of {law}, by clause {clause}. Disputes go to its courts; the draft does not provide for arbitration.",
        "The contract is governed by international law.",
    ),
    Talk(
        "How long do we have to pay {party}'s invoices?",
        "{days} days from receipt, by clause {clause}. Late payment bears interest at 4 % above base rate.",
        "You should pay at once to be on the safe side.",
    ),
    Talk(
        "Is the liability of {party} capped?",
        "Yes: clause {clause} caps it at the fees of the last twelve months, except for fraud, personal injury and "
        "breach of confidentiality.",
        "Yes, liability is fully excluded in all cases.",
    ),
    Talk(
        "Does {party} have to tell us about a data breach, and when?",
        "Within 48 hours of becoming aware, by clause {clause}, with what is known by then about the people affected.",
        "No such duty exists anywhere in {law}.",
    ),
    Talk(
        "Can {party} assign the agreement to a subsidiary?",
        "Only with our prior written consent, which clause {clause} says we may not unreasonably withhold.",
        "Clause 99 allows it.",
    ),
    Talk(
        "Redraft clause {clause} so that notice by e-mail is enough.",
        '"Notices under this agreement may be given by e-mail and take effect on the next working day." The rest of '
        "clause {clause} can stay.",
        "I have redrafted the whole agreement for you under the law of {law}.",
    ),
)

CODE: Final = (
    Talk(
        "Why is this query slow?\nSELECT * FROM {table} WHERE lower({column}) = 'x' ORDER BY id LIMIT 50",
        "lower({column}) hides the column from its index. Create one on the expression: "
        "CREATE INDEX ON {table} (lower({column})).",
        "Add more memory to the database server.",
    ),
    Talk(
        "Write a test for {name}() with an empty list.",
        "def test_{name}_of_nothing():\n    assert list({name}([])) == []",
        "def test_{name}():\n    assert True",
    ),
    Talk(
        "TypeError: {name}() missing 1 required positional argument: '{column}' - what now?",
        "A caller passes too little: since the last change {name}() needs {column}=. Give it a default of None or "
        "update the two callers.",
        "Wrap the call in try/except and ignore the error.",
    ),
    Talk(
        "Make {name} async without changing its callers.",
        "Keep {name}() as it is and add a{name}() beside it; let both share the part that does no I/O.",
        "Put async in front of def; nothing else changes.",
    ),
    Talk(
        "How do I add a column {column} to {table} without locking it?",
        "ALTER TABLE {table} ADD COLUMN {column} text, with no default; then fill it in batches of some thousand rows.",
        "DROP TABLE {table}; CREATE TABLE {table} (...)",
    ),
    Talk(
        "Explain what this does: re.findall(r'(\\d+)-(\\d+)', {column})",
        "It gives all pairs of numbers joined by a hyphen in {column}, as a list of tuples of strings.",
        "It validates e-mail addresses.",
    ),
    Talk(
        "git says my branch and {name} have diverged. Can I just force-push?",
        "Not if others use {name}: fetch, rebase onto it, and push with --force-with-lease only to your own branch.",
        "Yes, git push --force always solves this.",
    ),
)
