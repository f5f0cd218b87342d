"""The counts of `check_structure` are those of a person and of a second, simpler program."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

from tertulia.evidence.structure import check_structure

HERE = Path(__file__).parent
BY_HAND = json.loads((HERE / "samples" / "expected.json").read_text("utf-8"))
count = runpy.run_path(str(HERE / "count_citations.py"))["count"]


def test_every_sample_was_counted_by_hand():
    """No sample is without figures, and no figures without a sample."""
    assert sorted(path.name for path in (HERE / "samples").glob("*.md")) == sorted(BY_HAND)


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_counts_are_those_made_by_hand_and_by_the_second_program(name: str):
    """Sources, labels, dangling, unused, duplicate and missing ones, and sentences with numbers."""
    markdown = (HERE / "samples" / name).read_text("utf-8")
    counts = check_structure(markdown).counts
    assert {key: counts[key] for key in BY_HAND[name]} == BY_HAND[name]
    assert count(markdown) == BY_HAND[name]


@pytest.mark.parametrize("name", sorted(BY_HAND))
def test_findings_add_up_to_the_counts(name: str):
    """Each unused source, duplicate and uncited number is a finding of its own."""
    report = check_structure((HERE / "samples" / name).read_text("utf-8"))
    kinds = [finding.kind for finding in report.findings]
    counts = report.counts
    assert kinds.count("unused_source") == counts["unused_sources"]
    assert kinds.count("duplicate_source") == counts["duplicate_sources"]
    assert kinds.count("uncited_number") == counts["numeric_sentences"] - counts["cited_numeric_sentences"]
    assert [finding.line for finding in report.findings] == sorted(finding.line for finding in report.findings)
