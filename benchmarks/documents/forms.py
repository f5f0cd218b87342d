"""A generated text as the bytes of a file of each form."""

from __future__ import annotations

import csv
import io
import textwrap
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from html import escape

import docx
from prose import Text

_LINE = 88
_LINES_A_PAGE = 42


def markdown(text: Text) -> bytes:
    blocks = [f"# {text.title}"]
    for part in text.parts:
        blocks += [f"## {part.heading}", *(textwrap.fill(paragraph, 100) for paragraph in part.paragraphs)]
    return "\n\n".join(blocks).encode()


def plain(text: Text) -> bytes:
    blocks = [text.title]
    for part in text.parts:
        blocks += [part.heading, *(textwrap.fill(paragraph, 80) for paragraph in part.paragraphs)]
    return "\n\n".join(blocks).encode()


def html(text: Text) -> bytes:
    links = "".join(f'<li><a href="/{place}">Page {place}</a></li>' for place in range(12))
    body = "".join(
        f"<h2>{escape(part.heading)}</h2>" + "".join(f"<p>{escape(paragraph)}</p>\n" for paragraph in part.paragraphs)
        for part in text.parts
    )
    return (
        f'<!DOCTYPE html><html lang="{text.language}"><head><meta charset="utf-8"><title>{escape(text.title)}</title>'
        f"<style>p {{ margin: 1em }}</style></head><body><nav><ul>{links}</ul></nav><main><h1>{escape(text.title)}</h1>"
        f"{body}</main><footer>Made by a program</footer></body></html>"
    ).encode()


def table(text: Text) -> bytes:
    """A row for each paragraph."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["number", "subject", "note"])
    for number, (heading, paragraph) in enumerate((p.heading, text) for p in text.parts for text in p.paragraphs):
        rows.writerow([number, heading, paragraph])
    return out.getvalue().encode()


def word(text: Text) -> bytes:
    """python-docx writes one empty file; only what it says is put into it, since a whole one takes 50 ms."""
    blocks = [_paragraph(text.title, "Heading1")]
    for part in text.parts:
        blocks += [_paragraph(part.heading, "Heading2"), *(_paragraph(paragraph) for paragraph in part.paragraphs)]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in _empty_word().items():
            package.writestr(name, data.replace(b"<w:body>", b"<w:body>" + "".join(blocks).encode()))
    return out.getvalue()


def _paragraph(text: str, style: str = "Normal") -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r><w:t>{escape(text)}</w:t></w:r></w:p>'


@cache
def _empty_word() -> dict[str, bytes]:
    out = io.BytesIO()
    docx.Document().save(out)
    with zipfile.ZipFile(out) as package:
        return {name: package.read(name) for name in package.namelist()}


def pdf(text: Text) -> bytes:
    """By hand (ISO 32000-1, 7.5): Helvetica, one drawing for each line."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica"]
    objects[2] += " /Encoding /WinAnsiEncoding >>"
    pages = []
    lines = list(_lines(text))
    for start in range(0, len(lines), _LINES_A_PAGE):
        drawn = "".join(
            f"BT /F1 {size} Tf 60 {790 - 17 * place} Td ({line}) Tj ET\n"
            for place, (size, line) in enumerate(lines[start : start + _LINES_A_PAGE])
            if line
        )
        pages.append(len(objects) + 1)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects) + 2} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}endstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(f'{page} 0 R' for page in pages)}] /Count {len(pages)} >>"
    return _assembled(objects)


def _lines(text: Text) -> Iterator[tuple[int, str]]:
    yield 20, text.title
    for part in text.parts:
        yield from ((0, ""), (15, part.heading), (0, ""))
        for paragraph in part.paragraphs:
            yield from ((10, line) for line in textwrap.wrap(paragraph, _LINE))
            yield 0, ""


def _assembled(objects: list[str]) -> bytes:
    body, offsets = ["%PDF-1.4\n"], []
    length = len(body[0])
    for number, content in enumerate(objects, 1):
        offsets.append(length)
        body.append(f"{number} 0 obj\n{content}\nendobj\n")
        length += len(body[-1])
    places = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{length}\n%%EOF"
    head = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n"
    # One byte for each letter, as the encoding of the font has it.
    return "".join([*body, head, places, end]).encode("cp1252")


FORMS: dict[str, Callable[[Text], bytes]] = {
    "md": markdown,
    "txt": plain,
    "html": html,
    "csv": table,
    "docx": word,
    "pdf": pdf,
}
