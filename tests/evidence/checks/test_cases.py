"""In five languages: a sentence that its passage supports passes, and with one thing changed it does not."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tertulia.evidence.checks import check_claim

FOLDER = Path(__file__).parent / "cases"
CASES = [
    pytest.param(path.stem, case, id=f"{path.stem}-{number}-{case['check']}")
    for path in sorted(FOLDER.glob("*.toml"))
    for number, case in enumerate(tomllib.loads(path.read_text("utf-8"))["cases"], start=1)
]


def test_there_are_enough_cases() -> None:
    """At least 120 cases, at least twenty in each of the five languages."""
    languages = [case.values[0] for case in CASES]
    assert len(CASES) >= 120
    assert set(languages) == {"en", "es", "ca", "eu", "gl"}
    assert min(languages.count(language) for language in set(languages)) >= 20


@pytest.mark.parametrize(("language", "case"), CASES)
def test_what_the_passage_says_passes(language: str, case: dict[str, str]) -> None:
    """No false alarm: the sentence holds, and no check but the overlap has anything to say."""
    verdict = check_claim(case["right"], [case["passage"]], language=language)
    assert [finding.message() for finding in verdict.findings if finding.check != "overlap"] == []
    assert verdict.status == "supported"
    assert verdict.held > 0


@pytest.mark.parametrize(("language", "case"), CASES)
def test_what_was_changed_is_found(language: str, case: dict[str, str]) -> None:
    """The check named in the case finds an error, and says so in the sentence's language."""
    verdict = check_claim(case["wrong"], [case["passage"]], language=language)
    found = [finding for finding in verdict.findings if finding.severity == "error" and finding.check == case["check"]]
    assert found
    assert not verdict.holds
    for finding in verdict.findings:
        assert case["wrong"][finding.start : finding.end] == finding.text
        assert finding.values["value"] in finding.message(language)
