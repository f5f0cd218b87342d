"""Nothing wrong gets into a report unmarked: the graph with a model that writes wrong sentences on purpose."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from graph_runs import Held
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted import ScriptedEngine, ShelfSource

from tertulia.agents.roles import Judgement, Opening, ReviewBrief, Section, SectionBrief
from tertulia.errors import EngineUnavailableError
from tertulia.graph.compose import assemble_report

CASES = Path(__file__).parents[1] / "evidence" / "checks" / "cases"
LANGUAGES = ("en", "es", "ca", "eu", "gl")


def cases(language: str) -> list[dict[str, str]]:
    return tomllib.loads((CASES / f"{language}.toml").read_text("utf-8"))["cases"]


class Writer(ScriptedEngine):
    """Writes the given sentences as its section, each citing the passage it was made from; repairs as it is told.

    `repairs` maps what a sentence begins with to its correction; everything else is sent back as it came.
    """

    def __init__(self, pairs: list[tuple[str, str]], repairs: dict[str, str] | None = None, **frame: str) -> None:
        super().__init__()
        self.pairs = pairs
        self.repairs = repairs or {}
        self.frame = frame

    def engine(self, name: str = "scripted:1"):
        engine = super().engine(name)
        return type(engine)(name, self, self, self, self, self)

    async def answer(self, brief):
        await self._note("answer", brief)
        return f"Noted [{brief.excerpts[0].key}]."

    async def write_section(self, brief: SectionBrief) -> Section:
        await self._note("section", brief)
        keys = {excerpt.text: excerpt.key for excerpt in brief.excerpts}
        lines = []
        for sentence, passage in self.pairs:
            key = next((key for text, key in keys.items() if passage and passage in text), "")
            marker = f" [{key}]" if key else ""
            stop = sentence[-1] if sentence[-1] in ".!?" else ""
            lines.append(f"{sentence.removesuffix(stop)}{marker}{stop}" if stop else f"{sentence}{marker}")
        title = self.frame.get("section_title", "What was found")
        return {"analyst": brief.analyst["id"], "title": title, "text": "\n\n".join(lines)}

    async def write_introduction(self, brief) -> Opening:
        opening = await super().write_introduction(brief)
        key = brief.excerpts[0].key
        text = self.frame.get("introduction", "")
        return {
            "title": self.frame.get("title", opening["title"]),
            "text": f"{text.removesuffix('.')} [{key}]." if text else "",
        }

    async def write_conclusion(self, brief) -> str:
        await super().write_conclusion(brief)
        return ""

    async def repair(self, brief: ReviewBrief) -> list[str]:
        await self._note("repair", brief)
        return [
            next((new for start, new in self.repairs.items() if claim.sentence.startswith(start)), claim.sentence)
            for claim in brief.claims
        ]

    async def judge(self, brief: ReviewBrief) -> list[Judgement]:
        await self._note("judge", brief)
        return [{"status": "supported", "reason": "It says so."} for _ in brief.claims]


async def written(writer: Writer, passages: list[str], **request: Any) -> tuple[Held, dict[str, Any]]:
    """A run of one analyst and one turn over these passages, and its report as data."""
    language = request.get("language", "en")
    run = Held(writer, [ShelfSource("shelf", list(dict.fromkeys(passages)), language=language)])
    request = {"topic": "a b c", "language": "en", "size": 1, "turn_limit": 1, "approve": True, **request}
    state = await run.start(**request)
    assert state.get("report"), (state.get("failure"), state.get("failed"), state.get("gaps"))
    return run, assemble_report(state, run.ledger, "run1")


def chunks(items: list[Any], size: int) -> list[list[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unsupported", ["mark", "drop"])
async def test_no_wrong_sentence_gets_in_unmarked(language: str, unsupported: str):
    """All cases of the fixture list (over 120 in five languages), written by a model that insists on its errors."""
    for part in chunks(cases(language), 6):
        pairs = [(case["wrong"], case["passage"]) for case in part]
        right = [(case["right"], case["passage"]) for case in part]
        writer = Writer([*pairs, right[0]])
        _, report = await written(writer, [passage for _, passage in pairs], language=language, unsupported=unsupported)
        assert len(writer.calls("repair")) == 1
        printed = {claim["sentence"]: claim for claim in report["claims"]}
        assert printed[" ".join(right[0][0].split())]["holds"]
        assert (report["summary"]["failing"] == 0) is (unsupported == "drop")
        for sentence, _ in pairs:
            claim = printed.get(" ".join(sentence.split()))
            if unsupported == "drop":
                assert claim is None, sentence
            else:
                assert claim is not None, sentence
                assert not claim["holds"], sentence
                assert any(finding["message"] for finding in claim["findings"])


def test_the_fixture_list_is_long_enough():
    assert sum(len(cases(language)) for language in LANGUAGES) >= 120


async def test_a_correction_that_holds_takes_the_sentences_place():
    passage = "The portal had 12.1 million visits in 2024."
    other = "The council runs the portal with 14 people."
    wrong = "The portal had 12.4 million visits in 2024."
    run_key = {}

    class Mender(Writer):
        async def repair(self, brief):
            await self._note("repair", brief)
            (claim,) = brief.claims
            run_key["reasons"] = list(claim.reasons)
            return [f"The portal had 12.1 million visits in 2024 [{claim.excerpts[0].key}]."]

    writer = Mender([(wrong, passage), (other, other)])
    _, report = await written(writer, [passage, other])
    assert "12.4 million" not in report["sections"][0]["text"]
    assert report["sections"][0]["text"].startswith("The portal had 12.1 million visits in 2024 [")
    assert report["summary"]["repaired"] == 1
    assert report["summary"]["failing"] == 0
    (reason,) = run_key["reasons"]
    assert "12.4 million" in reason
    assert "12.1 million" in reason


async def test_a_correction_that_does_not_hold_changes_nothing():
    """A repair that invents another number or key leaves the sentence as it was, marked."""
    passage = "The portal had 12.1 million visits in 2024."
    wrong = "The portal had 12.4 million visits in 2024."
    writer = Writer([(wrong, passage)], repairs={"The portal": "The portal had 99 million visits [z9zzzz]."})
    _, report = await written(writer, [passage])
    (claim,) = report["claims"]
    assert (claim["sentence"], claim["holds"]) == (wrong, False)
    assert report["summary"]["repaired"] == 0


async def test_a_number_without_a_citation_is_repaired_or_marked_the_same_way():
    """The reviewer gets the passages that fit best, and what it cites counts."""
    passage = "The portal had 12.1 million visits in 2024."

    class Citer(Writer):
        async def repair(self, brief):
            await self._note("repair", brief)
            return [f"The portal had 12.1 million visits in 2024 [{brief.claims[0].excerpts[0].key}]."]

    cited = ("The portal is well known.", passage)
    for writer, holds in ((Citer([cited, ("The portal had 12.1 million visits in 2024.", "")]), True),
                          (Writer([cited, ("The portal had 12.1 million visits in 2024.", "")]), False)):  # fmt: skip
        _, report = await written(writer, [passage])
        (claim,) = [claim for claim in report["claims"] if "12.1" in claim["sentence"]]
        assert claim["holds"] is holds


async def test_introduction_and_titles_are_checked_like_sections():
    """A wrong number in the introduction is marked; a title with one falls back to the topic or the role."""
    passage = "The portal had 12.1 million visits in 2024."
    writer = Writer(
        [(passage, passage)],
        title="Visits to the portal passed 15 million",
        section_title="Visits rose to 16 million",
        introduction="The portal had 17 million visits in 2024.",
    )
    _, report = await written(writer, [passage])
    assert report["title"] == "a b c"
    assert report["sections"][0]["title"].startswith("Role 1")
    assert [claim["holds"] for claim in report["claims"] if claim["place"] == "introduction"] == [False]


async def test_invented_keys_and_addresses_never_arrive():
    """Markers of passages that do not exist, links, bare addresses and reference lists are gone."""
    passage = "The portal had 12.1 million visits in 2024."
    pairs = [
        ("See [the report](https://evil.example/a) or https://evil.example/b or www.evil.example.", passage),
        ("The portal had 12.1 million visits in 2024 [q7zzzz] [1] (Smith, 2020).", passage),
        ("## Sources\n\n1. https://evil.example/c", ""),
    ]
    run, report = await written(Writer(pairs), [passage])
    markdown = run.snapshot.values["report"]
    assert "evil.example" not in markdown
    assert "q7zzzz" not in markdown
    assert report["invented"] >= 2


async def test_a_repair_that_fails_costs_only_itself():
    passage = "The portal had 12.1 million visits in 2024."

    class Away(Writer):
        async def repair(self, brief):
            raise EngineUnavailableError("The model is away.")

    run, report = await written(Away([("The portal had 13 visits.", passage), (passage, passage)]), [passage])
    assert [claim["holds"] for claim in report["claims"]] == [False, True]
    assert [event["what"] for event in run.events if event["type"] == "gap_found"] == ["repair"]


async def test_nothing_is_asked_when_nothing_fails():
    passage = "The portal had 12.1 million visits in 2024."
    writer = Writer([(passage, passage)])
    await written(writer, [passage])
    assert not writer.calls("repair")
    assert not writer.calls("judge")


NUMBERS = st.integers(min_value=2, max_value=999_999)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(true=NUMBERS, false=NUMBERS, language=st.sampled_from(LANGUAGES))
def test_a_wrong_number_of_any_size_is_never_unmarked(true: int, false: int, language: str):
    """Generated numbers: the sentence holds exactly when its number is the passage's."""
    import asyncio

    templates = {
        "en": "The portal counted {} visits.",
        "es": "El portal contó {} visitas.",
        "ca": "El portal va comptar {} visites.",
        "eu": "Atariak {} bisita zenbatu zituen.",
        "gl": "O portal contou {} visitas.",
    }
    passage, sentence = templates[language].format(true), templates[language].format(false)
    _, report = asyncio.run(written(Writer([(sentence, passage)]), [passage], language=language))
    (claim,) = report["claims"]
    assert claim["holds"] is (true == false)


@pytest.mark.parametrize(("language", "labelled"), [("en", "es"), ("es", "en"), ("es", "es")])
async def test_a_sentence_quoted_from_another_language_holds(language: str, labelled: str):
    """An untranslated page of a Spanish manual, whatever its document is said to be: an English date stands in it."""
    passage = "The feature was introduced in April 2010 and has been the default of the whole system since then."
    run = Held(Writer([(passage, passage)]), [ShelfSource("shelf", [passage], language=labelled)])
    state = await run.start(topic="a b c", language=language, size=1, turn_limit=1, approve=True)
    report = assemble_report(state, run.ledger, "run1")
    assert [claim["holds"] for claim in report["claims"] if claim["place"] == "a1"] == [True]


async def test_a_model_that_judges_is_asked_once_per_section_and_kept_apart():
    """One call for all cited sentences of a section; its opinion stands beside the verdict and does not change it."""
    passage = "The portal had 12.1 million visits in 2024."
    wrong = "The portal had 12.4 million visits in 2024."
    writer = Writer([(passage, passage), (wrong, passage)])
    run = Held(writer, [ShelfSource("shelf", [passage])])
    run.judge = writer
    state = await run.start(topic="a b c", language="en", size=1, turn_limit=1, approve=True)
    report = assemble_report(state, run.ledger, "run1")
    claims = [claim for claim in report["claims"] if claim["place"] == "a1"]
    assert len(writer.calls("judge")) == 1
    assert [claim["holds"] for claim in claims] == [True, False]
    assert [claim["judgement"]["status"] for claim in claims] == ["supported", "supported"]


async def test_a_judge_that_is_away_costs_nothing_but_its_opinion():
    passage = "The portal had 12.1 million visits in 2024."

    class Away(Writer):
        async def judge(self, brief):
            raise EngineUnavailableError("The judge is away.")

    writer = Away([(passage, passage)])
    run = Held(writer, [ShelfSource("shelf", [passage])])
    run.judge = writer
    state = await run.start(topic="a b c", language="en", size=1, turn_limit=1, approve=True)
    assert state["report"]
    assert all("judgement" not in claim for claim in assemble_report(state, run.ledger, "run1")["claims"])
    assert [event["what"] for event in run.events if event["type"] == "gap_found"] == ["judgement"]
