"""report.md: valid front matter, honest text, safe for whoever renders it, and open to the user's own template."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import markdown
import pytest
import yaml
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st

from tertulia.errors import UsageError
from tertulia.report_templates import render_markdown
from tertulia.report_templates.cited_text import cited_markdown, literal

Sample = Callable[..., dict]
TRICKY = st.text(alphabet="ab *_`[]()<>#|~&;:!\\-+.1/=\"'é\n", max_size=60)


def shown(text: str) -> str:
    """What Markdown displays: its text, white space folded."""
    return " ".join(BeautifulSoup(markdown.markdown(text, extensions=["tables"]), "lxml").get_text().split())


@given(TRICKY)
@example("*a* **b** _c_ __d__ `e` <b>f</b> [g](h) ![i](j) &lt; \\* ~~k~~ # l | m")
@example("[a]: http://b")
def test_literal_text_displays_as_it_is(text: str):
    """Whatever a title holds, Markdown shows it letter for letter."""
    assert shown("x " + literal(text)) == " ".join(["x", *text.split()])


@given(TRICKY)
@example("# a\n> b\n---\nc\n===")
def test_verbatim_text_displays_as_it_is(text: str):
    """A quoted paragraph keeps every letter, whatever its lines begin with; lists and tables are structure."""
    lines = [line for line in text.split("\n") if not re.match(r"\s*(#{3,6} |[-*+] |\d+[.)] |\|)", line)]
    joined = " ".join(" ".join(lines).split())
    printed = shown(cited_markdown("\n".join(lines), {}, "".join, verbatim=True))
    assert printed.replace(" ", "") == joined.replace(" ", "")


@pytest.mark.parametrize(
    "title",
    [
        "",
        "---",
        "a: b",
        "'\"",
        "- x",
        "{}",
        "# t",
        "yes",
        "1.0",
        "ñ 😀",
        "\x00\x07\ud800",
        "a\nb",
        "x" * 10_000,
        "\u2028",
    ],
)
def test_front_matter_is_valid_yaml_for_any_title(title: str, sample_report: Sample):
    text = render_markdown(sample_report(title="t") | {"title": title})
    front, body = re.fullmatch(r"---\n(.*?)\n---\n\n(.*)", text, re.DOTALL).groups()
    facts = yaml.safe_load(front)
    assert isinstance(facts["title"], str)
    assert facts["title"] == " ".join(re.sub(r"[\x00-\x08\ud800]|\u2028", "", title).split())
    assert (facts["analysts"], facts["sources"], facts["citations"], facts["run"]) == (2, 3, 4, "r7k2")
    assert body.startswith("# ")
    text.encode("utf-8")


def test_keys_of_one_source_merge_and_numbers_are_sorted(sample_report: Sample):
    """Two passages of one document are one number; neighbours stand in order."""
    report = sample_report()
    first, second, third, _ = report["citations"]
    report = report | {"conclusion": f"Something [{third}][{second}][{first}]."}
    assert "Something [1][2]." in render_markdown(report)


def test_no_key_is_left_in_any_page(sample_report: Sample):
    report = sample_report()
    assert not [key for key in report["citations"] if f"[{key}]" in render_markdown(report)]


def test_a_model_cannot_write_html_or_links_into_the_page(sample_report: Sample):
    """Even in a report that was stored by somebody else."""
    text = "A <script>alert(1)</script> [x](javascript:alert(1)) ![y](http://e.org/z)\n\n[x]: http://e.org"
    report = sample_report("en", "openai:x") | {"introduction": text}
    page = BeautifulSoup(markdown.markdown(render_markdown(report).partition("\n\n## ")[0]), "lxml")
    assert not page.find_all(["script", "img", "a"])


def test_own_template(tmp_path: Path, sample_report: Sample):
    """A file is a template; it gets the names that `markdown_view` documents."""
    path = tmp_path / "mine.md.j2"
    path.write_text("{{ title }}: {{ sources | length }}{% for s in sections %} {{ s.title }}{% endfor %}", "utf-8")
    assert render_markdown(sample_report(), str(path)) == (
        "Open data in Spain: “training” & elections: 3 Training for \\*everybody\\* Elections"
    )


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{{ title }}\n{% for x in %}", "line 2"),
        ("a\n\n{{ nothing_such }}", "fails in line 3: 'nothing_such' is undefined"),
        ("a\n{{ 1 / 0 }}", "fails in line 2: division by zero"),
        ("{{ title.__class__.__mro__ }}", "unsafe"),
        ("{% set _ = report.sections.append(1) %}", "fails in line 1"),
        ("{% include '/etc/passwd' %}", "fails in line 1"),
    ],
)
def test_a_wrong_template_is_named_with_its_line(source: str, message: str, tmp_path: Path, sample_report: Sample):
    path = tmp_path / "mine.md.j2"
    path.write_text(source, "utf-8")
    with pytest.raises(UsageError) as caught:
        render_markdown(sample_report(), str(path))
    assert "mine.md.j2" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize("name", ["nothing", "", "no/such/file.j2", "\x00"])
def test_an_unknown_template_names_the_known_ones(name: str, sample_report: Sample):
    with pytest.raises(UsageError) as caught:
        render_markdown(sample_report(), name)
    assert "report, brief" in caught.value.hint
