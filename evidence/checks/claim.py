"""One claim against its passages: all checks together."""

from __future__ import annotations

from collections.abc import Sequence

from .absence import states_absence
from .dates import check_dates
from .facts import Facts, find_facts
from .names import check_names, find_names
from .numbers import check_numbers, is_small_count, states_number
from .overlap import check_overlap
from .quotations import check_quotations, find_quotations
from .verdict import Finding, Verdict

_FEWEST_QUOTED_WORDS = 3


def check_claim(
    sentence: str,
    passages: Sequence[str],
    *,
    language: str,
    passage_languages: Sequence[str] | None = None,
    titles: Sequence[str] = (),
    topic: str = "",
) -> Verdict:
    """Whether the numbers, dates, quotations and names of a sentence stand in the passages that it cites.

    `sentence` carries no citation markers. `passage_languages` are the codes of the passages' languages; the sentence's
    where they are not given. `titles` of the cited documents, and headings above the passages, may hold names with
    their numbers, quotations, years and dates. Words of `topic` are not asked for as names. The same input gives the
    same verdict; nothing is read, asked or guessed.

    Raises:
        ValueError: there are more or fewer languages than passages.
    """
    claim = find_facts(sentence, language)
    if not passages:
        return _uncited(claim, topic)
    languages = passage_languages or [language] * len(passages)
    cited = [find_facts(text, code or language) for text, code in zip(passages, languages, strict=True)]
    # A heading is in the language of its passage, a title often in another one.
    codes = dict.fromkeys((language, *(code or language for code in languages)))
    named = [*cited, *(find_facts(title, code) for title in titles for code in codes)]
    results = (
        check_numbers(claim, cited, named[len(cited) :]),
        check_dates(claim, named),
        check_quotations(claim, named),
        check_names(claim, named, topic),
        check_overlap(claim, cited),
    )
    findings = sorted((f for result in results for f in result.findings), key=lambda f: (f.start, f.end, f.check))
    held = sum(result.held for result in results)
    if not any(finding.severity == "error" for finding in findings):
        return Verdict("supported", findings, held)
    return Verdict("partly" if held else "unsupported", findings, held)


def needs_citation(sentence: str, language: str, topic: str = "") -> bool:
    """Whether a sentence states a number, a date, a quotation or a fact about something named, so that it must cite.

    A question states nothing. A single capitalised word is no reason by itself, nor are the words of the topic.
    """
    return bool(_reason_to_cite(find_facts(sentence, language), topic))


def states_figures(text: str, language: str) -> bool:
    """Whether a text has a number, a date or a quotation in it, so that these could be wrong."""
    facts = find_facts(text, language)
    return bool(facts.quantities or facts.dates or find_quotations(text))


def _uncited(claim: Facts, topic: str) -> Verdict:
    reason = _reason_to_cite(claim, topic)
    if not reason:
        return Verdict("uncited")
    text, start, end = reason
    return Verdict("uncited", [Finding("citation", "error", text, start, end, "citation_missing", {"value": text})])


def _reason_to_cite(claim: Facts, topic: str) -> tuple[str, int, int] | None:
    """The first thing in a sentence that asks for a citation: its text and span."""
    if claim.text.rstrip(" *_\"'”»)").endswith("?"):
        return None
    quotations = [found for found in find_quotations(claim.text) if len(found.words) >= _FEWEST_QUOTED_WORDS]
    # `Two remedies are known` counts what follows; no passage needs to have counted it.
    numbers = [q for q in claim.quantities if states_number(q, claim) and not is_small_count(q)]
    # Nothing can be cited for what the sources do not say about a name.
    absent = states_absence(claim.text, claim.language.code)
    names = [] if absent else [name for name in find_names(claim, topic) if name.kind != "one"]
    reasons = [
        *((found.text, found.start, found.end) for found in quotations),
        *((found.text, found.start, found.end) for found in numbers),
        *((found.text, found.start, found.end) for found in claim.dates),
        *((found.text, found.start, found.end) for found in names),
    ]
    return min(reasons, key=lambda reason: reason[1], default=None)
