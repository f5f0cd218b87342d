"""SECURITY.md names real files: a defence whose code or test is gone is none."""

from __future__ import annotations

import re

from house.tree import ROOT


def test_every_file_that_security_names_is_there():
    named = re.findall(r"`([a-z_]+(?:/[A-Za-z0-9_.-]+)+/?|[a-z_]+\.py)`", (ROOT / "SECURITY.md").read_text("utf-8"))
    assert len(named) > 30
    assert [name for name in named if not (ROOT / name).exists()] == []
