"""The longest chain of needed requests, on logs that were made by hand: the figures are exact."""

from __future__ import annotations

from typing import Any

import pytest
from bench import figures
from critical_path import critical_path, seconds

ANA, BEN = "Watcher ana", "Watcher ben"


def line(kind: str, begun: float, took: float, analyst: str = "", turn: int = 0, **more: Any) -> dict[str, Any]:
    """A request that was answered on time."""
    who = {"kind": kind, "report": "Bigton", "analyst": analyst, "turn": turn}
    return {**who, "begun": begun, "ended": begun + took, "seconds": took, **more}


def model(role: str, begun: float, took: float, analyst: str = "", turn: int = 0, **more: Any) -> dict[str, Any]:
    return line("model", begun, took, analyst, turn, role=role, tokens_in=10, tokens_out=20, **more)


def found(begun: float, titles: list[str], analyst: str = "", turn: int = 0, **more: Any) -> dict[str, Any]:
    return line("wiki", begun, 0.4, analyst, turn, query="q", found=titles, again=False, **more)


def interview(analyst: str, begun: float, answer: float, section: float) -> list[dict[str, Any]]:
    """One turn, whose web search takes 0.8 s and is followed by its answer at once."""
    return [
        model("question", begun, 0.5, analyst, 1),
        line("web", begun + 0.5, 0.8, analyst, 1, query="q"),
        model("answer", begun + 1.3, answer, analyst, 1),
        model("section", begun + 1.3 + answer, section, analyst),
    ]


def report(panel: dict[str, Any], *interviews: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A survey and a panel, these interviews, an introduction and a conclusion."""
    end = [model("introduction", 20.0, 1.1), model("conclusion", 20.0, 0.9)]
    return [line("web", 0.0, 0.8, query="q"), panel, *(each for lines in interviews for each in lines), *end]


def test_an_interview_waits_for_the_end_of_a_panel_that_is_not_streamed() -> None:
    """Survey 0.8, panel 2, question 0.5, search 0.8, answer 1.4, section 2.4, introduction 1.1."""
    log = report(model("panel", 0.8, 2.0), interview(ANA, 2.8, 1.2, 2.2), interview(BEN, 2.8, 1.4, 2.4))
    assert critical_path(log) == [
        ("survey", 0.8),
        ("panel", 2.0),
        ("question 1", 0.5),
        ("sources 1", 0.8),
        ("answer 1", 1.4),
        ("section", 2.4),
        ("introduction", 1.1),
    ]
    assert seconds(critical_path(log)) == pytest.approx(9.0)


def test_an_interview_waits_for_its_own_persona_of_a_streamed_panel() -> None:
    """Ana is there after 0.9 s and needs 5.0 s more, Ben after 1.6 s and needs 4.2 s: hers is the longest."""
    came = {ANA: {"seconds": 0.9, "arrived": 1.72}, BEN: {"seconds": 1.6, "arrived": 2.41}}
    panel = model("panel", 0.8, 2.0, analysts=came)
    log = report(panel, interview(ANA, 1.7, 1.4, 2.3), interview(BEN, 2.4, 1.1, 1.8))
    assert critical_path(log)[1:] == [
        ("panel", 0.9),
        ("question 1", 0.5),
        ("sources 1", 0.8),
        ("answer 1", 1.4),
        ("section", 2.3),
        ("introduction", 1.1),
    ]
    assert seconds(critical_path(log)) == pytest.approx(7.8)


def test_a_panel_that_was_asked_for_again_comes_after_the_first() -> None:
    came = {ANA: {"seconds": 0.9, "arrived": 3.71}}
    log = report(model("panel", 0.8, 2.0), interview(ANA, 3.7, 1.2, 2.2))
    assert dict(critical_path([*log, model("panel", 2.8, 2.0, analysts=came)]))["panel"] == pytest.approx(2.9)


@pytest.mark.parametrize(
    ("texts", "sources"),
    [
        ([], 0.8),
        # Found by the search and asked for after it: 0.4 and 0.6 s.
        ([("Bridge", 3.8, 0.6)], 1.0),
        # Two at once, and one of them waited for a connection, which is not needed.
        ([("Bridge", 3.8, 0.6), ("Mill", 3.9, 0.7)], 1.1),
        # Under way when the search found it.
        ([("Bridge", 3.7, 0.6)], 0.8),
        # Of another search.
        ([("Tower", 3.8, 0.6)], 0.8),
        # Asked for again when the answer was already being written.
        ([("Bridge", 5.5, 0.6)], 0.8),
    ],
)
def test_a_text_counts_where_it_had_still_to_be_asked_for(
    texts: list[tuple[str, float, float]], sources: float
) -> None:
    """The slower one of the web, 0.8 s, and the wiki: its search and then the texts, all at once."""
    asked = [line("wiki", begun, took, titles=[title]) for title, begun, took in texts]
    held = [
        model("question", 2.8, 0.5, ANA, 1),
        line("web", 3.3, 0.8, ANA, 1, query="q"),
        found(3.35, ["Mill", "Bridge"], ANA, 1),
        model("answer", 5.4, 1.2, ANA, 1),
    ]
    chain = critical_path(report(model("panel", 0.8, 2.0), held, asked))
    assert dict(chain)["sources 1"] == pytest.approx(sources)


def test_the_texts_of_the_survey_and_its_repeated_search_count() -> None:
    """0.4 s for the search, 0.4 for the one with other words, 0.4 for the text that the panel waited for."""
    wiki = [found(0.0, []), {**found(0.4, ["Mill"]), "again": True}, line("wiki", 0.8, 0.4, titles=["Mill"])]
    log = report(model("panel", 1.2, 2.0), wiki, interview(ANA, 3.2, 1.2, 2.2))
    assert critical_path(log)[0] == ("survey", pytest.approx(1.2))


def test_repairs_come_after_what_they_repair() -> None:
    log = report(model("panel", 0.8, 2.0), interview(ANA, 2.8, 1.2, 2.2))
    repaired = [model("repair of section", 7.5, 0.7, ANA), model("repair of conclusion", 21.0, 0.6)]
    assert critical_path([*log, *repaired])[-2:] == [("repair", 0.7), ("conclusion", 1.5)]


def test_each_report_is_held_against_its_own_path() -> None:
    """Two reports at once, one of them a second late: the median and the worst ratio, and what they did together."""
    one = report(model("panel", 0.8, 2.0), interview(ANA, 2.8, 1.2, 2.2))
    other = [{**each, "report": "Mid" + "ton", "begun": each["begun"], "ended": each["ended"] + 1.0} for each in one]
    told = figures([*one, *other])
    assert told["critical"] == pytest.approx(8.6)
    assert told["span"] == pytest.approx(22.1)
    assert (told["ratio"], told["worst"]) == (pytest.approx((21.1 + 22.1) / 2 / 8.6, abs=0.001), 2.57)
    assert (told["calls"], told["tokens_in"], told["tokens_out"]) == (12, 120, 240)
    assert (told["searches"], told["requests"], told["peak"]) == (4, 16, 4)


def test_a_report_that_failed_has_no_path() -> None:
    """Its requests count, but there is no end to hold its span against."""
    told = figures([line("web", 0.0, 0.8, query="q")])
    assert (told["requests"], told["critical"], told["ratio"], told["worst"]) == (1, None, None, None)
