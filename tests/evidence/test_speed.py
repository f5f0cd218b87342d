"""A long report is checked in a moment: 10,000 words, each sentence with figures, names and dates."""

from __future__ import annotations

import random
import time

import pytest

from tertulia.evidence.building import build_report
from tertulia.evidence.documents import make_document
from tertulia.evidence.ledger import Ledger
from tertulia.evidence.passages import Excerpt, split_passages
from tertulia.evidence.report import RunInfo
from tertulia.evidence.verification import check_text

SUBJECTS = "open data portal public training model language agency document figure report council citizens budget"
THINGS = "school energy water price transport study region health road bridge harbour museum library forest factory"
WORDS = f"{SUBJECTS} {THINGS}".split()
NAMES = ["Barcelona", "Galicia", "INAP", "European Commission", "Juan Pérez", "AEPD", "Basque Country"]
WHEN = ["in March 2024", "by 12.5 %", "with 3.4 million euros"]
RUN: RunInfo = {
    "id": "run1", "topic": "open data", "language": "en", "engine": "x:y", "created_at": "", "finished_at": "",
    "tertulia_version": "0",
}  # fmt: skip


def sentence(chance: random.Random) -> str:
    words = chance.choices(WORDS, k=18)
    words[5:5] = [str(chance.randint(13, 90_000))]
    words[9:9] = [chance.choice(NAMES)]
    words[12:12] = [chance.choice(WHEN)]
    return " ".join(words).capitalize() + "."


async def long_report(chance: random.Random) -> tuple[Ledger, list[str]]:
    """A ledger of 60 documents, and texts of 10,000 words that quote them."""
    excerpts = []
    for number in range(60):
        text = "\n\n".join(" ".join(sentence(chance) for _ in range(5)) for _ in range(6))
        page = make_document(
            url=f"https://site{number}.example/", title=f"Page {number}", source="web", kind="page", text=text,
            retrieved_at="2026-01-01T00:00:00Z", language="en",
        )  # fmt: skip
        excerpts += [Excerpt(passage, page) for passage in split_passages(page)]
    ledger = Ledger()
    kept = await ledger.add(excerpts)
    texts: list[str] = []
    while sum(len(text.split()) for text in texts) < 10_000:
        quoted = []
        for excerpt in chance.sample(kept, 20):
            said = excerpt.text.replace("\n\n", " ").split(". ")[0].removesuffix(".")
            quoted.append(f"{said} [{excerpt.key}].")
        texts.append(" ".join(quoted))
    return ledger, texts


@pytest.mark.long
async def test_ten_thousand_words_are_checked_in_seconds():
    """Processor time, with a wide margin: machines differ; and building the report is bounded, too."""
    ledger, texts = await long_report(random.Random(3))
    started = time.process_time()
    checked = [one for text in texts for one in check_text(text, ledger, language="en", topic="open data")]
    checking = time.process_time() - started
    assert len(checked) > 400
    assert all(one.holds for one in checked)
    assert checking < 8

    sections = [{"analyst": f"a{n}", "title": "T", "text": text} for n, text in enumerate(texts, start=1)]
    started = time.process_time()
    report = build_report(
        run=RUN, title="T", introduction="", sections=sections, conclusion="", panel=[], interviews=[], ledger=ledger,
        gaps=[], usage=[], invented=0,
    )  # fmt: skip
    assert report["summary"]["verified"] == len(checked)
    assert time.process_time() - started < 30
