"""Reverification: every check of a stored report again, from the report alone.

What code derived is derived again: hashes, ids, keys and spans of the evidence one by one, and then the report itself,
built once more from its texts and its evidence. It is intact when that gives what is stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final

from ..agents.roles import Turn
from .building import build_report
from .citations import citations_in
from .documents import Document, address_id, content_hash, document_id
from .ledger import Ledger
from .passages import KEY_PATTERN, Passage, passage_key, split_passages
from .report import Claim, Report
from .schema import json_path, schema_errors

# What the checks say, in a report of another version: the checks may have learned since.
_CHECKED: Final = frozenset({"claims", "disagreements", "summary", "counts"})
# Compared one by one, or not to be derived again.
_NOT_COMPARED: Final = frozenset({"documents", "passages", "invented"})
# More passages than this never shared a key: `Ledger` salts the key of the later one.
_SALTS: Final = 16
_LONGEST_VALUE: Final = 80


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not hold. `path` is its place in the JSON (`documents[3].text`), or a file and line."""

    path: str
    message: str

    def to_dict(self) -> dict[str, str]:
        """The problem as JSON-ready data."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Reverification:
    """What checking a report again found.

    `problems`: the report is not intact, or says something untrue of a sentence. `notes`: what a report of another
    version says otherwise than today's checks, without being wrong. `failing`: the sentences that do not hold, as
    today's checks see them.
    """

    problems: list[Problem] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    failing: list[Claim] = field(default_factory=list)


def reverify(data: Any, *, version: str) -> Reverification:
    """Check again everything that `evidence.json` says and code can tell. `version` is that of the running tertulia.

    The reading stops where it cannot go on: data that has not the form of a report is only held against the form.
    """
    if errors := schema_errors(data):
        return Reverification([Problem(path, message) for path, message in errors])
    report: Report = data
    problems = [*_documents(report), *_passages(report), *_citations(report), *_analysts(report)]
    rebuilt = _rebuild(report)
    failing = [claim for claim in rebuilt["claims"] if not claim["holds"]]
    if report["summary"]["unsupported"] == "drop" and failing:
        problems.append(Problem("summary.unsupported", "says that failing sentences were dropped, and some are there"))
    differences = [
        (key, Problem(path, message))
        for key in sorted(rebuilt.keys() - _NOT_COMPARED)
        for path, message in _differences(report[key], rebuilt[key], key)  # type: ignore[literal-required]
    ]
    if report["run"]["tertulia_version"] == version:
        return Reverification(problems + [problem for _, problem in differences], [], failing)
    problems += [problem for key, problem in differences if key not in _CHECKED]
    problems += _hidden_failures(report, failing)
    return Reverification(problems, [problem for key, problem in differences if key in _CHECKED], failing)


def _documents(report: Report) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, document in enumerate(report["documents"]):
        here = json_path("documents", index)
        if document["id"] in seen:
            yield Problem(f"{here}.id", f"is the id of another document too: {document['id']}")
        seen.add(document["id"])
        url = document["url"]
        if document["id"] not in {document_id(url, document["source"], document["content_hash"]), address_id(url)}:
            yield Problem(f"{here}.id", f"does not follow from the url {_short(url)}, the source and the text")
        if document["content_hash"] != content_hash(document["text"]):
            yield Problem(f"{here}.text", "is not the text that was retrieved: its SHA-256 is not the content_hash")


def _passages(report: Report) -> Iterator[Problem]:
    texts = {document["id"]: document["text"] for document in report["documents"]}
    split = [passage for data in report["documents"] for passage in split_passages(_document(data))]
    headings = {(passage.document_id, passage.start, passage.end): passage.heading for passage in split}
    seen: set[str] = set()
    for index, passage in enumerate(report["passages"]):
        here = json_path("passages", index)
        key, document, start, end = passage["key"], passage["document_id"], passage["start"], passage["end"]
        if key in seen:
            yield Problem(f"{here}.key", f"is the key of another passage too: {key}")
        seen.add(key)
        if not KEY_PATTERN.fullmatch(key):
            yield Problem(f"{here}.key", f"has not the form of a key: {_short(key)}")
        elif key not in {passage_key(document, start, end, salt) for salt in range(_SALTS)}:
            yield Problem(f"{here}.key", f"does not follow from the passage's document, start and end: {key}")
        if document not in texts:
            yield Problem(f"{here}.document_id", f"is the id of no document: {_short(document)}")
        elif not 0 <= start < end <= len(texts[document]):
            yield Problem(f"{here}.start", f"{start} to {end} is no span of the document's text")
        elif passage["text"] != texts[document][start:end]:
            yield Problem(f"{here}.text", f"is not what the document says from {start} to {end}")
        elif passage["heading"] != headings.get((document, start, end), passage["heading"]):
            yield Problem(f"{here}.heading", "is not the heading above the passage")


def _citations(report: Report) -> Iterator[Problem]:
    """Passages that are named, in a text or as shown to the expert, and are not there."""
    keys = {passage["key"] for passage in report["passages"]}
    for path, text in _cited_texts(report):
        yield from (
            Problem(path, f"cites [{key}], which is no passage") for key in citations_in([text]) if key not in keys
        )
    for path, turn in _turns(report):
        for index, key in enumerate(turn["shown"]):
            if key not in keys:
                yield Problem(f"{path}.shown[{index}]", f"is the key of no passage: {_short(key)}")


def _analysts(report: Report) -> Iterator[Problem]:
    """Analysts that are named and not in the panel, or twice in it; turns that are out of order."""
    analysts = [analyst["id"] for analyst in report["panel"]]
    for index, analyst in enumerate(analysts):
        if analyst in analysts[:index]:
            yield Problem(json_path("panel", index, "id"), f"is the id of another analyst too: {analyst}")
    for path, analyst in _analysts_named(report):
        if analyst not in analysts:
            yield Problem(path, f"is the id of no analyst of the panel: {_short(analyst)}")
    for interview in report["interviews"]:
        numbers = [turn["number"] for turn in interview["turns"]]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Problem("interviews", f"hold turns that do not count from 1: {_short(numbers)}")


def _cited_texts(report: Report) -> Iterator[tuple[str, str]]:
    yield "introduction", report["introduction"]
    for index, section in enumerate(report["sections"]):
        yield json_path("sections", index, "text"), section["text"]
    yield "conclusion", report["conclusion"]
    for path, turn in _turns(report):
        yield f"{path}.answer", turn["answer"]


def _turns(report: Report) -> Iterator[tuple[str, Turn]]:
    for number, interview in enumerate(report["interviews"]):
        for place, turn in enumerate(interview["turns"]):
            yield json_path("interviews", number, "turns", place), turn


def _analysts_named(report: Report) -> Iterator[tuple[str, str]]:
    for index, section in enumerate(report["sections"]):
        yield json_path("sections", index, "analyst"), section["analyst"]
    for index, interview in enumerate(report["interviews"]):
        yield json_path("interviews", index, "analyst"), interview["analyst"]
    for index, gap in enumerate(report["gaps"]):
        if gap["analyst"]:
            yield json_path("gaps", index, "analyst"), gap["analyst"]


def _rebuild(report: Report) -> Report:
    """The report, built from its texts and its evidence as it was built when it was written."""
    judgements: dict[str, dict[str, Any]] = {}
    for claim in report["claims"]:
        if "judgement" in claim:
            judgements.setdefault(claim["place"], {})[claim["sentence"]] = claim["judgement"]
    summary = report["summary"]
    return build_report(
        run=report["run"],
        title=report["title"],
        introduction=report["introduction"],
        sections=report["sections"],
        conclusion=report["conclusion"],
        panel=report["panel"],
        interviews=report["interviews"],
        ledger=_ledger(report),
        gaps=report["gaps"],
        usage=report["usage"],
        invented=report["invented"],
        repaired=summary["repaired"],
        dropped=summary["dropped"],
        unsupported=summary["unsupported"],
        judgements=judgements,
    )


def _ledger(report: Report) -> Ledger:
    """The evidence as the documents have it: a passage says what its span says, whatever is stored as its text."""
    documents = {data["id"]: _document(data) for data in report["documents"]}
    passages = []
    for data in report["passages"]:
        if document := documents.get(data["document_id"]):
            span = document.text[max(0, data["start"]) : max(0, data["end"])]
            passages.append(Passage(data["key"], document.id, data["start"], data["end"], span, data["heading"]))
    return Ledger.of(documents.values(), passages)


def _document(data: Mapping[str, Any]) -> Document:
    return Document(**{name.name: data[name.name] for name in fields(Document)})


def _hidden_failures(report: Report, failing: Sequence[Claim]) -> Iterator[Problem]:
    """Sentences that today's checks fail and the report, of another version, says nothing against."""
    told = {(claim["place"], claim["sentence"]) for claim in report["claims"] if not claim["holds"]}
    for claim in failing:
        if (claim["place"], claim["sentence"]) not in told:
            yield Problem("claims", f"say nothing against a sentence in which today's checks find: {_reasons(claim)}")


def _reasons(claim: Claim) -> str:
    errors = [finding["message"] for finding in claim["findings"] if finding["severity"] == "error"]
    return f"{'; '.join(errors)} (“{_cut(claim['sentence'])}”)"


def _differences(stored: Any, derived: Any, path: str) -> Iterator[tuple[str, str]]:
    """Where what is stored is not what follows: the deepest places, and what each says."""
    if isinstance(stored, Mapping) and isinstance(derived, Mapping):
        for key in (*stored, *(key for key in derived if key not in stored)):
            if key not in derived:
                # A key that the types do not know belongs to somebody else.
                if path == "citations":
                    yield f"{path}.{key}", "is not cited in the texts"
            elif key not in stored:
                yield f"{path}.{key}", f"is missing: the texts and the evidence give {_short(derived[key])}"
            else:
                yield from _differences(stored[key], derived[key], f"{path}.{key}")
    elif isinstance(stored, list) and isinstance(derived, list):
        pairs = enumerate(zip(stored, derived, strict=False))
        found = (list(_differences(one, other, f"{path}[{index}]")) for index, (one, other) in pairs)
        if len(stored) == len(derived):
            yield from (difference for differences in found for difference in differences)
        else:
            yield path, f"has {len(stored)} entries, but the texts and the evidence give {len(derived)}"
            # Behind a missing entry everything is displaced: the first difference says where.
            yield from next((differences for differences in found if differences), [])
    elif stored != derived:
        said, given = contrast(stored, derived)
        yield path, f"is {said}, but the texts and the evidence give {given}"


def contrast(one: Any, other: Any) -> tuple[str, str]:
    """Two values that differ, as a message shows them: long texts from just before the place where they part."""
    if not (isinstance(one, str) and isinstance(other, str)):
        return _short(one), _short(other)
    parting = next((place for place, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, parting - _LONGEST_VALUE // 3) if max(len(one), len(other)) > _LONGEST_VALUE else 0
    said, given = (
        f"“{'…' if start else ''}{_cut(text[start:])}”" if text.strip() else "nothing" for text in (one, other)
    )
    return said, given


def _short(value: Any) -> str:
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"
