"""Make the PDF and Word files of `open-data-in-spain/` from the Markdown beside this script.

Run after an original changed: `.venv/bin/python examples/originals/make_documents.py`. Chromium prints the PDF files;
python-docx writes the Word files.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import docx
import markdown

HERE = Path(__file__).resolve().parent
DOCUMENTS = HERE.parent / "open-data-in-spain"
PDF = {"alia-language-models": "en", "datos-electorales": "es"}
WORD = {"training-public-workers": "en", "datos-sinteticos": "es"}

# Ligatures and hyphens would come back as other characters when the text is extracted.
STYLE = "body { font: 11pt/1.5 serif; margin: 2cm; hyphens: none; font-variant-ligatures: none } h1 { font-size: 15pt }"


def print_pdf(name: str, language: str) -> None:
    """Print one original to PDF."""
    text = (HERE / f"{name}.md").read_text("utf-8")
    title = text.splitlines()[0].removeprefix("# ")
    page = (
        f'<!DOCTYPE html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{STYLE}</style><body>{markdown.markdown(text)}</body></html>"
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / f"{name}.html"
        source.write_text(page, "utf-8")
        target = f"--print-to-pdf={DOCUMENTS / name}.pdf"
        command = ["chromium", "--headless", "--no-sandbox", "--no-pdf-header-footer", target, source.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - our own command


def write_word(name: str, language: str) -> None:
    """Write one original as a Word document."""
    document = docx.Document()
    document.core_properties.language = language
    document.core_properties.author = "tertulia"
    for block in (HERE / f"{name}.md").read_text("utf-8").split("\n\n"):
        marks, _, heading = block.partition(" ")
        if set(marks) == {"#"}:
            document.add_heading(heading.strip(), level=len(marks))
        else:
            document.add_paragraph(block.strip())
        if marks == "#":
            document.core_properties.title = heading.strip()
    document.save(str(DOCUMENTS / f"{name}.docx"))


if __name__ == "__main__":
    for name, language in PDF.items():
        print_pdf(name, language)
    for name, language in WORD.items():
        write_word(name, language)
