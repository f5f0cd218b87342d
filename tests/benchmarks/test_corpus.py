"""The documents of `make bench-documents`: the same for the same seed, readable in all forms, in their languages."""

from __future__ import annotations

from pathlib import Path

from corpus import Corpus
from forms import FORMS
from prose import Writer

from tertulia.evidence.languages import detect_language
from tertulia.sources.loading import load_document

FILES = 40


def written(folder: Path, seed: int = 1) -> dict[str, bytes]:
    Corpus(folder, seed).write(FILES)
    return contents(folder)


def contents(folder: Path) -> dict[str, bytes]:
    # Word files hold the time at which they were packed.
    return {path.name: path.read_bytes() for path in folder.rglob("*.*") if path.suffix != ".docx"}


def test_a_seed_gives_one_corpus(tmp_path: Path) -> None:
    """In every process and folder; another seed gives another."""
    one, same, other = (written(tmp_path / name, seed) for name, seed in (("a", 1), ("b", 1), ("c", 2)))
    assert one == same
    assert set(one.values()).isdisjoint(other.values())


def test_every_form_is_read(tmp_path: Path) -> None:
    """The words of a text are those that its file is read as, whatever the form."""
    text = Writer(1).text(3)
    words = text.parts[0].paragraphs[0].split()
    for form, write in FORMS.items():
        path = tmp_path / f"text.{form}"
        path.write_bytes(write(text))
        document = load_document(path, url=path.as_posix(), retrieved_at="2026-03-01T12:00:00+00:00")
        assert [word for word in words if word not in document.text] == [], form
        assert document.language == text.language, form


def test_languages_can_be_told() -> None:
    """Most texts are English, some Spanish or Catalan, as they say of themselves."""
    writer = Writer(1)
    texts = [writer.text(number) for number in range(30)]
    told = [detect_language(text.parts[0].paragraphs[0]) for text in texts]
    assert sum(one == text.language for one, text in zip(told, texts, strict=True)) >= 27
    assert {text.language for text in texts} == {"en", "es", "ca"}


def test_changes_are_undone(tmp_path: Path) -> None:
    """One file in ten is rewritten, one removed, one added; then all is as it was, times too."""
    corpus = Corpus(tmp_path)
    before = written(tmp_path)
    times = {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    corpus.change(FILES, 4)
    after = {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")}
    assert (len(after.keys() - times.keys()), len(times.keys() - after.keys())) == (4, 4)
    assert sum(after[name] != times[name] for name in after.keys() & times.keys()) == 4
    corpus.restore(FILES, 4)
    assert contents(tmp_path) == before
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.rglob("*.*")} == times
