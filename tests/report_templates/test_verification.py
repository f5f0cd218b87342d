"""What was not verified is seen at once and says why, and nothing else on the page changes for it."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tertulia.evidence.citations import sentences_with_citations
from tertulia.report_templates import render_html, render_markdown
from tertulia.report_templates.citation_marks import Marks
from tertulia.report_templates.claim_places import place_of
from tertulia.report_templates.highlights import best_window, highlighted, matching_words

Sample = Callable[..., dict]
MODEL = "openai:x"
PIECES = st.lists(
    st.sampled_from(
        [
            "A sentence.",
            "B is 5 * 4 * c",
            " ",
            ". ",
            "KEY",
            "\n",
            "\n\n",
            "- item",
            "1. ",
            "1986. ",
            "> q ",
            "# h",
            "### H",
            "\n| a | b |\n|---|---|\n| c | d |\n",
            "| e | f KEY | g |",
            "|",
            "**bold. Two** ",
            "*a b* ",
            "_c_",
            "`code`",
            "(x)",
            "…",
            "a\\b ",
            "&amp;",
            "<b>",
            "    ",
            "Ends so!”",
        ]
    ),
    max_size=14,
).map("".join)


def claims_about(text: str, place: str, **verdict: Any) -> list[dict]:
    """Every sentence of a text as a claim with one verdict."""
    return [
        {
            "id": str(number),
            "place": place,
            "sentence": cited.sentence,
            "start": cited.start,
            "end": cited.end,
            "citations": cited.citations,
            "sources": [],
            "verdict": "partly",
            "holds": True,
            "findings": [],
            "figure": False,
            "sites": 0,
            **verdict,
        }
        for number, cited in enumerate(sentences_with_citations(text, "en"))
    ]


def page(report: dict) -> BeautifulSoup:
    return BeautifulSoup(render_html(report), "lxml")


def bare_introduction(report: dict) -> str:
    """The introduction without what belongs to verification: its signs, its shading, its cards."""
    introduction = BeautifulSoup(Marks(report).html("introduction", report["introduction"]), "html.parser")
    for extra in introduction.select(".doubt, .single, .passage"):
        extra.decompose()
    for shade in introduction.select(".unverified"):
        shade.unwrap()
    return re.sub(r" (?=</)", "", " ".join(str(introduction).split()))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(text=PIECES, engine=st.sampled_from(["extractive", MODEL]))
@example("| a | b |\n|---|---|\n| c | d KEY |\n| e | f | surplus |\n\nKEY\n\nAfter.", MODEL)
@example("**A sentence. Another** KEY. 1986. Third.", MODEL)
@example("> Quoted KEY.\n\n1. item KEY.\n- item", "extractive")
def test_marks_change_nothing_else(sample_report: Sample, text: str, engine: str):
    """Elements, words and citations are the same with and without marks, whatever the Markdown."""
    report = sample_report("en", engine)
    text = text.replace("KEY", f"[{next(iter(report['citations']))}]")
    plain = report | {"introduction": text, "claims": []}
    for verdict in ({"holds": False}, {"figure": True, "sites": 1}, {}):
        marked = plain | {"claims": claims_about(text, "introduction", **verdict)}
        assert bare_introduction(marked) == bare_introduction(plain)


def test_signs_that_markdown_damages_leave_nothing_behind(sample_report: Sample):
    """Python-Markdown swallows a character beside emphasis that touches; the page shows no rest of a sign."""
    report = sample_report("en", MODEL) | {"introduction": "*a b**a b*"}
    report["claims"] = claims_about("*a b**a b*", "introduction", holds=False)
    shown = BeautifulSoup(Marks(report).html("introduction", "*a b**a b*"), "html.parser").get_text()
    assert re.fullmatch(r"[*ab ]+", shown)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(text=PIECES)
def test_markdown_differs_by_its_signs_alone(sample_report: Sample, text: str):
    """Each sentence that does not hold has one sign; without the signs the text is as it was."""
    report = sample_report("en", MODEL)
    text = text.replace("KEY", f"[{next(iter(report['citations']))}]")
    plain = report | {"introduction": text, "sections": [], "conclusion": "", "claims": []}
    marked = plain | {"claims": claims_about(text, "introduction", holds=False)}
    body = render_markdown(marked).partition("\n## ")[0]
    placed = [claim for claim in marked["claims"] if place_of(claim, text)]
    assert body.count(" ⚠") == len(placed)
    assert body.replace(" ⚠", "").split() == render_markdown(plain).partition("\n## ")[0].split()


def test_a_sentence_that_fails_has_its_sign_after_its_markers(sample_report: Sample):
    """Before the full stop; without markers in the same place; in a row at the end of its last cell."""
    text = render_markdown(sample_report("en", MODEL))
    assert "It lists **12.4 million** data [1][2] ⚠. Soria joined in 2020 ⚠.\n" in text
    assert "| Medina del Campo | 13.75 % | 21 % [3] ⚠ |\n" in text
    assert "| Medina del Campo | 13.75 % | 19.86 % |\n" in text
    assert "- “Soria joined in 2020.” — It states “2020” and cites no passage.\n" in text
    assert "3 sentences were not verified and are marked ⚠." in text


@pytest.mark.parametrize(
    ("unsupported", "said"), [("keep", "printed without a mark"), ("drop", "1 sentence that could not be verified")]
)
def test_kept_and_dropped_sentences_have_no_sign(unsupported: str, said: str, sample_report: Sample):
    """Kept ones are counted, and their reasons stand in evidence.json; dropped ones are gone, and counted too."""
    report = sample_report("en", MODEL)
    if unsupported == "drop":
        report["claims"] = [claim for claim in report["claims"] if claim["holds"] and not claim.get("judgement")]
    report["summary"] |= {"unsupported": unsupported, "dropped": int(unsupported == "drop")}
    text = render_markdown(report)
    soup = page(report)
    assert said in text
    assert not soup.select(".doubt, .unverified, #unverified")
    assert ("⚠" in text, "What was not verified" in text) == (unsupported == "drop", False)


def test_a_sentence_says_why_it_is_marked(sample_report: Sample):
    """To the eye in a card, to a screen reader in the link's name, in full in a list; and back again."""
    soup = page(sample_report("en", MODEL))
    reason = "12.4 million is not in the cited passage; it says more than 180."
    opinion = "A model judged: supported — The passage speaks of it."
    sign = soup.find(id="doubt-1")
    assert sign["aria-label"] == f"Not verified: {reason} {opinion}"
    lines = sign.find_parent(class_="doubt").select(".card .reason")
    assert [line.get_text() for line in lines] == [reason, opinion]
    listed = soup.find(id=sign["href"].removeprefix("#"))
    assert [line.get_text() for line in listed.select(".reason")] == [reason, opinion]
    assert listed.q.get_text() == "It lists 12.4 million data."
    assert listed.select_one(".back a")["href"] == "#doubt-1"


def test_what_fails_is_shaded_up_to_its_sign(sample_report: Sample):
    """Text by text, across emphasis and cells."""
    soup = page(sample_report("en", MODEL))
    shaded = [piece.get_text() for piece in soup.select(".unverified")]
    assert shaded[:4] == ["It lists ", "12.4 million", " data", "Soria joined in 2020"]
    assert shaded[4:] == ["Medina del Campo", "13.75 %", "21 %"]


def test_a_models_opinion_is_kept_apart(sample_report: Sample):
    """A sentence that holds and that a model doubts is not shaded: it has a question mark and the model's words."""
    soup = page(sample_report("en", MODEL))
    doubt = soup.find(id="doubt-4")
    assert doubt.get_text() == "?"
    assert doubt["aria-label"] == "A model judged: partly supported — The passage gives one year only."
    assert "Training grew" not in {piece.get_text() for piece in soup.select(".unverified")}
    text = render_markdown(sample_report("en", MODEL))
    assert "Training grew [2]. Data" in text
    assert "- “Training grew.” — A model judged: partly supported — The passage gives one year only.\n" in text
    assert "of 2 sentences it judged 1 supported, 1 partly supported and 0 not supported." in text


def test_the_box_says_how_much_was_checked(sample_report: Sample):
    report = sample_report("en", MODEL)
    report["summary"] |= {"repaired": 4}
    box = page(report).find(class_="checks")
    figures = {term.get_text(): int(term.find_next("dd").get_text()) for term in box.find_all("dt")}
    assert figures == {
        "sentences": 12,
        "cite a source": 10,
        "verified": 8,
        "not verified, marked ⚠": 3,
        "corrected before printing": 4,
        "figure from one source only ◦": 3,
    }
    assert "It is not proof" in box.get_text()


def test_a_figure_of_one_source_has_a_ring_and_one_of_two_has_none(sample_report: Sample):
    """A table's rows have none, since a ring in each line says nothing; Markdown counts them only."""
    report = sample_report()
    (ring,) = page(report).select("#section-1 ~ p .single")
    assert ring["aria-label"] == ring["title"] == "This figure was found in one source only."
    assert not page(report).select("table .single")
    assert "◦" not in render_markdown(report)
    for claim in report["claims"]:
        claim["sites"] = min(claim["sites"] * 2, 2)
    assert not page(report).select(".single")


def test_points_of_disagreement(sample_report: Sample):
    """Each statement is a quotation with its source; what looks like Markdown in it is text."""
    report = sample_report("en", MODEL)
    text = render_markdown(report)
    assert "- “The catalogue \\*of 2025\\* has 140 activities.” [1]\n" in text
    items = page(report).select(".disagreements li")
    assert [item.q.get_text() for item in items] == [
        "The catalogue has more than 180 activities.",
        "The catalogue *of 2025* has 140 activities.",
    ]
    assert [item.strong.get_text() for item in items] == ["180", "140"]
    assert [item.select_one(".mark sup a")["href"] for item in items] == ["#source-2", "#source-1"]
    assert "disagreement" not in render_markdown(report | {"disagreements": []})
    assert not page(report | {"disagreements": []}).select(".disagreements, [href='#disagreements']")


def test_the_brief_prefers_sentences_that_hold(sample_report: Sample):
    """It lists what was not verified only of what it prints."""
    report = sample_report("en", MODEL)
    brief = render_markdown(report, "brief")
    assert "⚠" not in brief.partition("## Points")[0]
    assert "12.4 million" not in brief
    assert re.findall(r"^- “(.*?)”", brief, re.MULTILINE) == ["Training grew."]
    for claim in report["claims"]:
        claim["holds"] = not claim["citations"]
    brief = render_markdown(report, "brief")
    assert "The training catalogue of 2025 has more than 180 activities [2] ⚠." in brief
    assert "It lists 12.4 million data." in brief


def test_a_report_from_before_there_were_checks(sample_report: Sample):
    """It is printed as it was, and says that nothing was verified."""
    report = sample_report("en", MODEL)
    del report["summary"], report["disagreements"]
    old = {"place", "sentence", "citations", "sources"}
    report["claims"] = [{name: claim[name] for name in old} for claim in report["claims"]]
    text = render_markdown(report)
    assert "has not been verified" in text
    assert "10 of 12 sentences cite a source." in text
    assert "⚠" not in text
    assert not page(report).select(".checks, .doubt, .single, .unverified")


@pytest.mark.parametrize(("start", "end"), [(-5, 3), (5, 5), (9, 2), (0, 10_000), (3, 12)])
def test_a_wrong_span_spoils_nothing(start: int, end: int, sample_report: Sample):
    """A span that is no sentence may shade the wrong words, but the words stay."""
    report = sample_report("en", MODEL)
    plain = bare_introduction(report | {"claims": []})
    report["claims"] = [copy.copy(report["claims"][0]) | {"start": start, "end": end, "holds": False}]
    assert bare_introduction(report) == plain


@pytest.mark.parametrize(
    ("text", "sentences", "shown"),
    [
        ("The portal has 1,234 data sets.", ["portals with 1.234 records"], "The [portal] has [1,234] data sets."),
        ("La información llegó.", ["INFORMACION que llego"], "La [información llegó]."),
        ("An API for us; api", ["The API of us"], "An [API] for us; api"),
        ("with their data", ["with their data"], "with their [data]"),
        ("12 and 120", ["120"], "12 and [120]"),
        ("nothing", [], "nothing"),
    ],
)
def test_words_that_a_sentence_shares(text: str, sentences: list[str], shown: str):
    """Numbers, longer words and capitals; neither case, accents, a plural s nor separators count."""
    spans = matching_words(text, sentences, frozenset({"with", "their"}))
    assert highlighted(text, spans).replace("<mark>", "[").replace("</mark>", "]") == shown


@given(st.text(alphabet='ab <&>"cd5.', max_size=60), st.text(alphabet="abcd5. ", max_size=30))
def test_highlighted_text_is_the_text(text: str, sentence: str):
    """Nothing is lost, nothing becomes mark-up."""
    marked = highlighted(text, matching_words(text, [sentence], frozenset()))
    # The parser folds text that is nothing but white space; between two letters it is kept as it is.
    assert BeautifulSoup(f"<p>x{marked}x</p>", "html.parser").p.get_text() == f"x{text}x"
    assert {tag.name for tag in BeautifulSoup(marked, "html.parser").find_all()} <= {"mark"}


def test_a_long_passage_is_shown_where_it_matches():
    """From the beginning of the sentence, not from that of the passage."""
    text = "Many words before it. " * 30 + "The figure is 4711 here. " + "Many words after it. " * 30
    start, end = best_window(text, matching_words(text, ["It is 4711."], frozenset()), 100)
    assert text[start:].startswith("Many words before it. ")
    assert "4711" in text[start:end]
    assert end - start <= 100
    assert best_window(text, [], 100)[0] == 0
    assert best_window("short", [], 100) == (0, 5)
