"""One thing in a sentence, changed: what the checks are there to find."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from tertulia.evidence.checks.facts import Facts, find_facts
from tertulia.evidence.checks.names import find_names
from tertulia.evidence.checks.numbers import states_number
from tertulia.evidence.checks.quotations import find_quotations

MONTHS = [
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
]
STRANGERS = ("Okonkwo", "Lindqvist", "Takahashi", "Verhoeven", "Abernathy", "Szymborska")
WORDS = ("seldom", "harbour", "velvet", "orchard", "timid", "lantern")


def change_number(sentence: str, source: random.Random) -> str:
    """One digit of one number is another."""
    facts = find_facts(sentence, "en")
    digits = [
        place
        for quantity in facts.quantities
        if states_number(quantity, facts)
        for place in range(quantity.start, quantity.end)
        if sentence[place].isdecimal()
    ]
    if not digits:
        return ""
    place = source.choice(digits)
    digit = source.choice([other for other in "123456789" if other != sentence[place]])
    return sentence[:place] + digit + sentence[place + 1 :]


def change_date(sentence: str, source: random.Random) -> str:
    """One month is another."""
    mentions = [mention for mention in find_facts(sentence, "en").dates if any(m in mention.text for m in MONTHS)]
    if not mentions:
        return ""
    mention = source.choice(mentions)
    month = next(month for month in MONTHS if month in mention.text)
    other = source.choice([each for each in MONTHS if each != month])
    return sentence[: mention.start] + mention.text.replace(month, other) + sentence[mention.end :]


def change_quotation(sentence: str, source: random.Random) -> str:
    """One word of a quotation of at least four words is another."""
    quotations = [quotation for quotation in find_quotations(sentence) if len(quotation.words) >= 4]
    if not quotations:
        return ""
    quotation = source.choice(quotations)
    word = source.choice(list(re.finditer(r"\w+", quotation.text)))
    start = quotation.start + word.start()
    return sentence[:start] + source.choice(WORDS) + sentence[start + len(word[0]) :]


def change_name(sentence: str, source: random.Random) -> str:
    """One word of a name of several words is a stranger's."""
    facts: Facts = find_facts(sentence, "en")
    names = [name for name in find_names(facts) if name.kind == "several"]
    if not names:
        return ""
    name = source.choice(names)
    word = source.choice(name.words)
    start = sentence.index(word, name.start)
    return sentence[:start] + source.choice(STRANGERS) + sentence[start + len(word) :]


ALTERATIONS: dict[str, Callable[[str, random.Random], str]] = {
    "number": change_number,
    "date": change_date,
    "quotation": change_quotation,
    "name": change_name,
}
