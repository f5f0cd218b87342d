"""The marks of an HTML page: each citation with its passages at hand, each doubtful sentence with the reason."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from .cited_text import cited_markdown, one_line, shortened
from .claim_places import is_row, place_of
from .highlights import best_window, highlighted, matching_words
from .html_text import begin_sign, cited_sign, dress, end_sign, mark_sign, to_html
from .verification import UNVERIFIED_SIGN, Claim, Remark, claims_of, remarks, rests_on_one_source
from .views import Report, is_verbatim, language_tag, readable, words_of

_QUOTE_LIMIT: Final = 420
_HEADING_LIMIT: Final = 160
# The selector after it asks for the plain sign, not the coloured picture that some systems would show.
_SIGN: Final = UNVERIFIED_SIGN + "\ufe0e"


class Marks:
    """The marks of a page in reading order."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._verbatim = is_verbatim(report)
        self._words = words_of(report)
        self._function_words = self._words.function_words()
        self._numbers: Mapping[str, int] = report["citations"]
        self._sources = {source["number"]: source for source in report["sources"]}
        self.remarks = remarks(report, self._words, verbatim=self._verbatim)
        self.passages = {passage["key"]: passage for passage in report["passages"]}
        self.languages = {document["id"]: language_tag(document["language"]) for document in report["documents"]}
        self._titles = {document["id"]: one_line(document["title"]) for document in report["documents"]}
        self.places: dict[int, list[str]] = defaultdict(list)
        """For each source the ids of the marks that cite it."""
        self.marked: set[int] = set()
        """The numbers of the remarks whose marks are on the page."""

    def html(self, place: str, text: str) -> str:
        """The cited Markdown of a place as safe HTML with its marks."""
        runs: list[Sequence[str]] = []

        def hold(keys: Sequence[str]) -> str:
            runs.append(keys)
            return cited_sign(len(runs) - 1)

        claims = dict(claims_of(self._report, place))
        signs = [sign for index, claim in claims.items() for sign in self._signs(index, claim, text)]
        safe = cited_markdown(
            text,
            self._numbers,
            hold,
            verbatim=self._verbatim,
            alone=self._words.text("labels", "source") + ": ",
            insertions=sorted(signs, key=lambda sign: sign[0]),
        )

        def cite(run: int, index: int | None) -> str:
            near = list(claims.values()) if index is None else [claims[index]]
            return self.cite(runs[run], near)

        shaded = {index for index in claims if index in self.remarks and self.remarks[index].failing}
        return dress(to_html(safe), cite=cite, mark=lambda index: self._mark(index, claims[index]), shaded=shaded)

    def cite(self, keys: Sequence[str], claims: Sequence[Claim]) -> str:
        """One run of citations, a mark per source; what the passages share with the claims that cite them is shown."""
        by_number: dict[int, list[str]] = defaultdict(list)
        for key in dict.fromkeys(keys):
            by_number[self._numbers[key]].append(key)
        marks = "".join(self._citation(number, by_number[number], claims) for number in sorted(by_number))
        return f'<span class="marks">{marks}</span>'

    def _signs(self, index: int, claim: Claim, text: str) -> list[tuple[int, str]]:
        place = place_of(claim, text)
        if place is None:
            return []
        single = rests_on_one_source(claim) and not is_row(claim, text)
        mark = [(place.mark, mark_sign(index))] if single or index in self.remarks else []
        return [(place.start, begin_sign(index)), *mark, (place.end, end_sign(index))]

    def _citation(self, number: int, keys: Sequence[str], claims: Sequence[Claim]) -> str:
        place = f"mark-{number}-{len(self.places[number]) + 1}"
        self.places[number].append(place)
        source = self._sources.get(number, {"title": ""})
        title = html.escape(one_line(source["title"]))
        label = f"{html.escape(self._words.text('labels', 'source'))} {number}: {title}"
        quotes = "".join(self._quote(key, [c for c in claims if key in c["citations"]]) for key in keys)
        return (
            f'<span class="mark"><sup><a href="#source-{number}" id="{place}" aria-label="{label}"'
            f' aria-describedby="{place}-passage">{number}</a></sup>'
            f'<span class="passage" id="{place}-passage"><span class="card">{quotes}'
            f'<span class="from">{title}</span></span></span></span>'
        )

    def _quote(self, key: str, claims: Sequence[Claim]) -> str:
        passage = self.passages.get(key)
        if passage is None:
            return ""
        text = one_line(readable(passage["text"]))
        spans = matching_words(text, [claim["sentence"] for claim in claims], self._function_words)
        start, end = best_window(text, spans, _QUOTE_LIMIT)
        inside = [(first - start, last - start) for first, last in spans if start <= first and last <= end]
        quote = "… " * (start > 0) + highlighted(text[start:end], inside) + " …" * (end < len(text))
        heading, language = self.heading(passage), lang_attribute(self.languages.get(passage["document_id"], ""))
        under = f'<span class="under"{language}>{html.escape(heading)}</span>' if heading else ""
        return f"{under}<q{language}>{quote}</q>"

    def heading(self, passage: Mapping[str, Any]) -> str:
        """What a passage stands under, where that is not the title of its document; else ""."""
        heading = shortened(one_line(readable(passage["heading"])), _HEADING_LIMIT)
        return "" if heading == self._titles.get(passage["document_id"]) else heading

    def _mark(self, index: int, claim: Claim) -> str:
        """What follows a sentence: the sign of what was not verified, or that its figure rests on one source."""
        remark = self.remarks.get(index)
        if remark:
            self.marked.add(remark.number)
            return self._doubt(remark)
        return self._ring() if rests_on_one_source(claim) else ""

    def _doubt(self, remark: Remark) -> str:
        name = self._words.text("checks", "not_verified" if remark.failing else "opinion")
        said = " ".join(remark.lines())
        label = html.escape(f"{name}: {said}" if remark.failing else said)
        lines = "".join(f'<span class="reason">{html.escape(line)}</span>' for line in remark.lines())
        sign = _SIGN if remark.failing else "?"
        return (
            f'<span class="doubt"><sup><a href="#unverified-{remark.number}" id="doubt-{remark.number}"'
            f' aria-label="{label}">{sign}</a></sup><span class="passage"><span class="card">'
            f"<strong>{html.escape(name)}</strong>{lines}</span></span></span>"
        )

    def _ring(self) -> str:
        label = html.escape(self._words.text("checks", "single"))
        return f'<span class="single" role="img" aria-label="{label}" title="{label}">◦</span>'


def lang_attribute(language: str) -> str:
    """A `lang` attribute with a leading space, or nothing."""
    return f' lang="{language}"' if language else ""


def statement_html(statement: Mapping[str, Any], marks: Marks, known: Mapping[str, int]) -> str:
    """One side of a disagreement as HTML: the quotation with its value in bold, and its mark."""
    sentence, value, key = statement["sentence"], statement["value"], statement["key"]
    place = sentence.find(value) if value else -1
    quoted = html.escape(sentence)
    if place >= 0:
        before, after = sentence[:place], sentence[place + len(value) :]
        quoted = f"{html.escape(before)}<strong>{html.escape(value)}</strong>{html.escape(after)}"
    if key not in known:
        return f"<q>{quoted}</q>"
    language = marks.languages.get(marks.passages.get(key, {}).get("document_id", ""), "")
    mark = marks.cite([key], [{"sentence": statement["sentence"], "citations": [key]}])
    return f"<q{lang_attribute(language)}>{quoted}</q>{mark}"
