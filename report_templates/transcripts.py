"""interviews/<n>-<slug>.md: one interview as it was held.

Sources that the report cites keep the report's numbers; those that only this interview cites get letters of its own,
A, B, C by first appearance. Both are listed at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..errors import UsageError
from .cited_text import cited_markdown, literal, one_line
from .markdown_page import source_label, source_line
from .templates import render_template
from .views import Report, is_verbatim, words_of

# Why an interview ended, where tertulia itself says so; else it is the analyst's own sentence.
_REASONS: Final = {"turn limit": "turn_limit", "cap reached": "cap_reached", "model failed": "model_failed"}


def render_transcript(report: Report, analyst_id: str) -> str:
    """One interview as Markdown: persona, then each question with its searches and its answer, then the sources.

    Raises:
        UsageError: the report holds no interview of this analyst.
    """
    interview = next((held for held in report["interviews"] if held["analyst"] == analyst_id), None)
    analyst = next((member for member in report["panel"] if member["id"] == analyst_id), None)
    if interview is None or analyst is None:
        known = ", ".join(held["analyst"] for held in report["interviews"])
        raise UsageError(f"There is no interview {analyst_id!r}.", hint=f"There are: {known}.")
    words, labels = words_of(report), _Labels(report)
    turns = [_turn(report, turn, labels) for turn in interview["turns"]]
    reason = one_line(interview["reason"])
    view = {
        "label": words.strings["labels"],
        "analyst": {name: literal(str(value)) for name, value in analyst.items()},
        "title": literal(report["title"]),
        "run": literal(report["run"]["id"]),
        "turns": turns,
        "reason": literal(words.text("transcript", _REASONS[reason]) if reason in _REASONS else reason),
        "sources": labels.sources(),
        "explanation": words.text("transcript", "explanation") if labels.letters else "",
    }
    return render_template("transcript.md.j2", view)


def _turn(report: Report, turn: Mapping[str, Any], labels: _Labels) -> dict[str, Any]:
    words = words_of(report)
    answer = cited_markdown(
        turn["answer"], labels.passages, labels.cite, verbatim=is_verbatim(report), alone=source_label(report)
    )
    documents = {labels.passages[key]["document_id"] for key in turn["shown"] if key in labels.passages}
    return {
        "number": turn["number"],
        "question": literal(turn["question"]),
        "searches": [
            {"source": literal(source), "queries": [literal(query) for query in queries]}
            for source, queries in turn["queries"].items()
            if queries
        ],
        "shown": f"{words.count('passages', len(turn['shown']))}, {words.count('documents', len(documents))}",
        "answer": answer.strip(),
    }


class _Labels:
    """The labels of what one interview cites: the report's numbers, and letters for the rest."""

    def __init__(self, report: Report) -> None:
        self._report = report
        numbers = {source["url"]: source["number"] for source in report["sources"]}
        self._numbers = {d["id"]: numbers[d["url"]] for d in report["documents"] if d["url"] in numbers}
        self._documents = {document["id"]: document for document in report["documents"]}
        self._cited: set[str] = set()
        self.passages = {
            passage["key"]: passage for passage in report["passages"] if passage["document_id"] in self._documents
        }
        self.letters: dict[str, str] = {}

    def cite(self, keys: Sequence[str]) -> str:
        """The labels of a run of keys, numbers first, each once."""
        documents = {self.passages[key]["document_id"] for key in keys}
        self._cited |= documents
        numbers = sorted(self._numbers[document] for document in documents if document in self._numbers)
        letters = [self._letter(self.passages[key]["document_id"]) for key in keys]
        return "".join(f"[{label}]" for label in dict.fromkeys([*map(str, numbers), *filter(None, letters)]))

    def sources(self) -> list[dict[str, Any]]:
        """What was cited, as the list prints it: numbers, then letters."""
        cited_numbers = {self._numbers[document]: document for document in self._cited if document in self._numbers}
        numbered = sorted(cited_numbers.items())
        cited = [(str(number), document) for number, document in numbered]
        cited += [(letter, document) for document, letter in self.letters.items()]
        return [source_line({**self._documents[document], "number": label}, self._report) for label, document in cited]

    def _letter(self, document: str) -> str:
        if document in self._numbers:
            return ""
        return self.letters.setdefault(document, _column(len(self.letters)))


def _column(index: int) -> str:
    """A, B, … Z, AA, AB, … as spreadsheets count."""
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
