"""Findings in reports of any tool: each form of marker, link and list, and what is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tertulia.evidence.structure import KINDS, check_structure

LIST = "\n\n## Sources\n\n" + "".join(f"[{n}] Page {n}: https://example.org/{n}\n" for n in range(1, 7))


def found(markdown: str, *kinds: str) -> list[tuple[str, int]]:
    wanted = kinds or tuple(KINDS)
    return [(finding.kind, finding.line) for finding in check_structure(markdown).findings if finding.kind in wanted]


def cited(body: str, sources: str = LIST) -> set[int]:
    """The numbers of the listed sources that `body` cites."""
    report = check_structure(body + sources)
    unused = {finding.message for finding in report.findings if finding.kind == "unused_source"}
    return {n for n in range(1, 7) if f"[{n}] is listed, but never cited" not in unused}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("It grew [1].", {1}),
        ("It grew [1, 4].", {1, 4}),
        ("It grew [1,2;4].", {1, 2, 4}),
        ("It grew [2-5].", {2, 3, 4, 5}),
        ("It grew [2–3, 6].", {2, 3, 6}),
        ("It grew [1][2] [3].", {1, 2, 3}),
        ("It grew [^3].", {3}),
        ("It grew [^1, ^2].", {1, 2}),
        ("增长【1】【2,3】。", {1, 2, 3}),
        ("增长【1、4】。", {1, 4}),
        ("It grew【3†source】.", {3}),
        ("It grew ［2］.", {2}),
        (r"It grew \[2\].", {2}),
        ("It grew.¹ It fell.²,³", {1, 2, 3}),
        ("It grew<sup>1</sup>.", {1}),
        ("It grew [1](https://example.org/1).", {1}),
        ("It grew [[2]](https://example.org/2).", {2}),
        ("It grew ([1](#sources), [2](#sources)).", {1, 2}),
        ("[Page four](https://www.example.org/x) and [this][4] grew.", {4}),
        ("It grew ([Page five](https://example.org/5#figures)).", {5}),
        ("It grew (Source: [Page five](http://EXAMPLE.org/5/)).", set()),
        ("It grew, says https://example.org/6.", {6}),
        ("It grew [3, p. 14].", {3}),
        ("> It grew [3].", {3}),
        ("| a | b |\n|---|---|\n| c | d [3] |", {3}),
        ("## Growth [2]", {2}),
    ],
)
def test_a_marker_cites(body: str, expected: set[int]):
    """Each form names its sources; another scheme is another page."""
    assert cited(body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "Numbers in [2024] or [0, 1] are none.",
        "Let x ∈ [1, 5].",
        "`[1]` is code.",
        "```\nx[1] = y[2]\n```",
        "~~~python\nx[1]\n~~~",
        "<!-- [1] -->",
        "Let $a_i = [1, 2]$ be.",
        r"Let \(x = [1,2]\) be.",
        "An area of 5 km² and 10³ or m².",
        "![1](https://example.org/1)",
        "- [ ] to do",
    ],
)
def test_what_is_no_marker_cites_nothing(body: str):
    """Years, intervals, code, comments, formulas, powers and images."""
    report = check_structure(body + LIST)
    assert report.counts["cited_labels"] == 0
    assert not [finding for finding in report.findings if finding.kind == "dangling_marker"]


@pytest.mark.parametrize(
    "heading",
    [
        *(
            "## Sources",
            "# References",
            "### 7. Bibliography",
            "## Works cited",
            "**Sources**",
            "Sources:",
            "## SOURCES:",
        ),
        *("## Sources and references", "## IV. References (2026)", "Sources\n=======", "References\n----------"),
        *("## Fuentes", "## Referencias bibliográficas", "## Quellen", "## Bibliografia", "## Iturriak", "## Fontes"),
        *(
            "## 参考文献",
            "## 六、参考资料",
            "### 主要参考来源",
            "## 13. 来源",
            "## ### 参考文献",
            "## 九、参考文献与数据源",
        ),
        "",
    ],
)
def test_a_list_stands_under_any_usual_heading_or_none(heading: str):
    """The list is found, whatever announces it."""
    markdown = f"It grew by 5 % [1].\n\n{heading}\n\n[1] One: https://example.org/1\n[2] Two: https://example.org/2\n"
    counts = check_structure(markdown).counts
    assert (counts["sources"], counts["unused_sources"], counts["dangling_labels"]) == (2, 1, 0)


@pytest.mark.parametrize(
    "entries",
    [
        "[1] One: https://example.org/1\n[2] Two: https://example.org/2",
        "[1] One: https://example.org/1 [2] Two: https://example.org/2",
        "[1] One\nhttps://example.org/1\n\n[2] Two\n\nhttps://example.org/2",
        "[1] [One](https://example.org/1)\n[2] [Two](https://example.org/2)",
        "1. [One](https://example.org/1)\n2. [Two](https://example.org/2)",
        "1. One. https://example.org/1\n2. Two. https://example.org/2",
        "1) One\n   - https://example.org/1\n2) Two\n   - https://example.org/2",
        "- [1] One (https://example.org/1)\n- [2] Two (https://example.org/2)",
        "- **[1]** One: https://example.org/1\n- **[2]** Two: https://example.org/2",
        '[1]: https://example.org/1 "One"\n[2]: https://example.org/2 "Two"',
        "[^1]: One, https://example.org/1\n[^2]: Two, https://example.org/2",
        "| No. | Link |\n|---|---|\n| 1 | One, https://example.org/1 |\n| 2 | Two, https://example.org/2 |",
        "【1】One：https://example.org/1\n【2】Two：https://example.org/2",
        "¹ One: https://example.org/1\n² Two: https://example.org/2",
        "### Papers\n\n[1] One: https://example.org/1\n\n### Pages\n\n[2] Two: https://example.org/2",
        '[1] A. "One" [https://example.org/1]\n[2] B. "Two" [https://example.org/2]',
    ],
)
def test_a_list_may_be_written_in_many_ways(entries: str):
    """Two entries, of which the first is cited and the second links to the same page as a link in the text."""
    marker = "[^1]" if "[^1]" in entries else "[1]"
    report = check_structure(f"Five {marker}. Six ([Two](https://example.org/2)).\n\n## Sources\n\n{entries}\n")
    assert report.counts["sources"] == 2
    assert report.findings == []


def test_dangling_markers_are_told_once_with_the_line_and_the_times():
    """A run of numbers in one line is one finding."""
    report = check_structure("Up [8].\nDown [8], and [7].\n\nFlat [11-14]." + LIST)
    dangling = [finding for finding in report.findings if finding.kind == "dangling_marker"]
    assert [(finding.line, finding.message) for finding in dangling] == [
        (1, "[8] is cited 2 times, but not listed"),
        (2, "[7] is cited, but not listed"),
        (4, "[11] to [14] are cited, but not listed"),
    ]
    assert report.counts["dangling_labels"] == 6


def test_markers_without_any_list_all_dangle():
    """A report that lists nothing has nothing to follow a number to; a link needs no list."""
    assert found("Up [1]. Down [2](https://example.org/2).") == [("dangling_marker", 1)]


def test_duplicates_are_told_by_canonical_address():
    """Tracking parameters, capitals and fragments make no new page; another path does."""
    entries = (
        "[1] A: https://example.org/a\n[2] B: https://EXAMPLE.org/a/?utm_source=x#top\n[3] C: https://example.org/a/b\n"
    )
    report = check_structure(f"Up [1][2][3].\n\n## Sources\n\n{entries}")
    assert [(finding.kind, finding.line, finding.message) for finding in report.findings] == [
        ("duplicate_source", 6, "[2] is the same page as [1]: https://EXAMPLE.org/a/?utm_source=x#top")
    ]


def test_gaps_and_repeated_numbers_are_told_where_they_show():
    """The line is that of the entry after the gap, and of the second entry with a number."""
    entries = "[2] B: https://example.org/b\n[3] C: https://example.org/c\n[3] D: https://example.org/d\n[6] E: e\n"
    markdown = f"Up [2][3][6].\n\n## Sources\n\n{entries}"
    assert found(markdown) == [("numbering_gap", 5), ("repeated_number", 7), ("numbering_gap", 8)]


def test_a_list_of_each_part_that_the_last_one_repeats_is_text():
    """Boxes of sources below sections cite, and are listed once."""
    box = "#### Sources:\n- [1] Page: https://example.org/1\n\n"
    markdown = f"# T\n\nUp by 5 % [1].\n\n{box}## More\n\nDown [2].{LIST}"
    assert check_structure(markdown).counts["sources"] == 6


def test_a_list_without_numbers_is_counted_through_and_told():
    """[2] is the second entry; the finding says that a reader must count."""
    entries = "- [One](https://example.org/1)\n- [Two](https://example.org/2)\n- [Three](https://example.org/3)\n"
    markdown = f"Up [1] and [2]; down [5].\n\n## Sources\n\n{entries}"
    assert found(markdown) == [("dangling_marker", 1), ("unnumbered_sources", 5), ("unused_source", 7)]


def test_authors_with_a_year_cite_entries_without_numbers():
    """A bibliography in the manner of scholars: the entry that no bracket names is unused."""
    markdown = (
        "Trade grew by 12 % (Ortiz, 2021; see Lee & Kim, 2019). Ships sank in 1999.\n\n## References\n\n"
        "Lee, A., & Kim, B. (2019). Ships. Boats, 3(2), 1-9.\n\nOrtiz, M. (2021). Ports. https://example.org/p\n\n"
        "Zed, Q. (2010). Alone.\n"
    )
    assert found(markdown) == [("uncited_number", 1), ("unused_source", 9)]


def test_links_beside_a_list_are_held_against_it():
    """A link to a page that is not listed, a bare address, and a marker that leads elsewhere than its source."""
    markdown = (
        "See [elsewhere](https://other.example/x).\n\nOr https://bare.example/y, again https://bare.example/y.\n\n"
        "Up [1](https://example.org/2)." + LIST
    )
    assert found(markdown, "unlisted_link", "bare_address", "mismatched_link") == [
        ("unlisted_link", 1),
        ("bare_address", 3),
        ("mismatched_link", 5),
    ]


def test_links_are_the_citations_of_a_report_without_a_list():
    """Nothing is unlisted where nothing is listed; a bare address still says nothing of its page."""
    text = "Up 5 % ([Office](https://a.example/1)). Down 6 %, see [the other][b].\nSee https://c.example/3.\n\n"
    assert found(f"{text}[b]: https://b.example/2") == [("bare_address", 2)]


@pytest.mark.parametrize(
    ("body", "uncited"),
    [
        ("It grew by 5 %. It fell by 3 % [1].", 1),
        ("It grew by 5 %. [1] It fell by 3 %.[2] Nothing more.", 0),
        ("In the USA (Vol. 3) it grew by 5 % [1].", 0),
        ("Dr. No. 5 paid 1.5 million [1].", 0),
        ("There were 12 ships.\n\n[1][2]", 0),
        ("- 12 ships\n- 13 boats\n\nSources: [1], [2]", 0),
        ("- 12 ships [1]\n- 13 boats", 1),
        ("According to the office [1]:\n\n- 12 ships\n- 13 boats\n\nAnd 14 rafts.", 1),
        ("According to the office:\n\n- 12 ships\n- 13 boats", 2),
        ("| Year | Ships [1] |\n|---|---|\n| 2020 | 12 |", 0),
        ("| Year 2020 | Ships |\n|---|---|\n| a | 12 |\n| b | 13 [1] |", 1),
        ("# 12 ships in 2024\n\n**13 boats**\n\nText.", 0),
        ("## Contents\n\n1. Ships of 2024\n2. Boats of 2025\n\n## Ships\n\nText.", 0),
        ("---\ntitle: 5 ships\nyear: 2024\n---\n\nText.", 0),
        ("```\n5 ships\n```\n\n`x = 5` is set.", 0),
        ("COVID-19, GPT-4.1, CO2, 5G and 3D say nothing; see Section 3 and Table 2.", 0),
        ("(1) first, (2) second.", 0),
        ("1. First\n2. Second", 0),
        ("Mid-2024 came.", 1),
        ("No more than 5g of salt.", 1),
        ("二〇年：增长2.4万公里。其余未变【1】。", 1),
        ("[12 ships](https://example.org/1) sailed. Then 5 sank.", 1),
        ("**Up:** 5 %  \n**Down:** 6 % [1]", 1),
    ],
)
def test_sentences_with_numbers_and_no_citation(body: str, uncited: int):
    """A marker counts for the sentence it stands in or behind, or for what it announces or closes."""
    assert len(found(body + LIST, "uncited_number")) == uncited


def test_lines_are_those_of_the_file():
    """Front matter, code, Windows line ends and wrapped paragraphs move no line."""
    head = "---\ntitle: x\n---\n\n```\n[9]\n```\n"
    text = f"{head}One thing [1]\nand another. Then\n5 ships sank [7].\n5 more.{LIST}"
    assert found(text.replace("\n", "\r\n"), "dangling_marker", "uncited_number") == [
        ("dangling_marker", 10),
        ("uncited_number", 11),
    ]


def test_a_report_wrapped_in_a_fence_is_read():
    """A model that puts its whole report in a code block has still written one."""
    assert cited(f"```markdown\nIt grew [1].\n{LIST}\n```", "") == {1}


def test_a_fence_that_is_never_closed_hides_nothing():
    """What follows is text."""
    assert cited("```\nIt grew [1].") == {1}


def test_plain_data_and_known_kinds():
    """`to_dict` goes through JSON; every finding has a kind that KINDS explains and a message."""
    report = check_structure("Up 5 %. Down [9]." + LIST)
    data = report.to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["findings"][1] == {
        "kind": "uncited_number",
        "line": 1,
        "text": "Up 5 %.",
        "message": "states a number and cites nothing; only other sentences of its paragraph do",
    }
    assert {finding.kind for finding in report.findings} <= set(KINDS)


@pytest.mark.parametrize("text", ["", " ", "\n", "\x00\x01\ufeff", "# ", "|", "[", "---", "---\n", "```", "[1]"])
def test_any_small_text_is_read(text: str):
    """Nothing raises, and nothing but a marker is a finding."""
    assert found(text) == ([("dangling_marker", 1)] if text == "[1]" else [])


PIECES = st.sampled_from(
    [
        *("[", "]", "(", ")", "[1]", "[2-3]", "【1】", "[^a]", "[^a]: ", "[1]: ", "https://a.b/c", "](", "\n", "\n\n"),
        *("# Sources\n", "1. ", "- ", "| a | 5 |\n", "|---|\n", "5 %. ", "Word ", ":", "`", "```\n", "$", "**"),
        *("¹", "。", "<!--", "-->", "\r\n", "---\n", "(A, 2020)"),
    ]
)


@given(st.lists(PIECES, max_size=60).map("".join))
def test_any_text_gives_counts_that_hold_together(text: str):
    """Lines exist, parts are no larger than their whole."""
    report = check_structure(text)
    counts = report.counts
    assert counts["cited_numeric_sentences"] <= counts["numeric_sentences"] <= counts["sentences"]
    assert counts["unused_sources"] <= counts["sources"]
    assert counts["duplicate_sources"] <= counts["sources"]
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(1 <= finding.line <= lines for finding in report.findings)
    assert all(finding.message for finding in report.findings)
