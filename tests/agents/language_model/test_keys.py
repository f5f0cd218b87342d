"""Keys that were copied with a slip are set right; whatever could mean something else is left alone."""

from __future__ import annotations

import pytest

from tertulia.agents.language_model.keys import mend_keys

VALID = {"y66b8a", "k7qdm4", "m3xz8a"}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("[y66b8]", "[y66b8a]"),
        ("[y66b8aa]", "[y66b8a]"),
        ("[y66b9a]", "[y66b8a]"),
        ("[y66ba8]", "[y66b8a]"),
        ("[Y66b8]", "[y66b8a]"),
        ("[k7qdm4, y66b8; m3xz8]", "[k7qdm4, y66b8a; m3xz8a]"),
    ],
)
def test_one_slip_is_mended(written, meant):
    assert mend_keys(f"A {written}.", VALID) == f"A {meant}."


@pytest.mark.parametrize(
    "written", ["[k7qdm4]", "[K7QDM4]", "[y6b9a]", "[1]", "[2024]", "[sic]", "y66b8", "(y66b8)", "[a1b2c3]"]
)
def test_everything_else_stays(written):
    assert mend_keys(f"A {written}.", VALID) == f"A {written}."


def test_what_could_be_meant_for_two_is_left_alone():
    assert mend_keys("A [y66b8].", {"y66b8a", "y66b8c"}) == "A [y66b8]."
