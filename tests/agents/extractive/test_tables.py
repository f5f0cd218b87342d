"""Tables of passages in a section: whole rows, whatever their cells hold."""

from __future__ import annotations

from tertulia.agents.extractive.tables import small_table
from tertulia.evidence.documents import make_document
from tertulia.evidence.passages import Excerpt, split_passages


def test_a_cell_with_a_bar_in_it_is_one_cell():
    text = "| Town | Kind | Fires |\n|---|---|---|\n| Lugo | A\\|B | 500 |\n| Vigo | C | 300 |"
    document = make_document(
        url="fires.csv", title="Fires", source="documents", kind="csv", text=text, retrieved_at="2026-01-01T00:00:00Z"
    )
    [passage] = split_passages(document)
    table = small_table(Excerpt(passage, document), {"fire": 1.0}, "en")
    assert "| Lugo | A\\|B | 500 |" in table
