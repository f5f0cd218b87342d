"""Files that were built to do harm, written here from what is publicly known of each form."""

from __future__ import annotations

import io
import zipfile
import zlib
from pathlib import Path

MEGABYTE = 1024 * 1024
_CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/word/document.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>'
)
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_WORD = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def docx(body: str, *, doctype: str = "", parts: int = 0, repeat: int = 1) -> bytes:
    """A Word file whose body is `body`, `repeat` times; `parts` adds empty parts."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", _CONTENT_TYPES)
        package.writestr("_rels/.rels", _RELATIONS)
        with package.open("word/document.xml", "w") as part:
            part.write(f"{doctype}<w:document {_WORD}><w:body>".encode())
            for _ in range(repeat):
                part.write(body.encode())
            part.write(b"</w:body></w:document>")
        for number in range(parts):
            package.writestr(f"word/{number}.xml", b"")
    return packed.getvalue()


def paragraph(text: str) -> str:
    """A paragraph of a Word file."""
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


def entities(levels: int = 30) -> str:
    """Billion laughs: each entity is ten times the one before."""
    lines = ['<!ENTITY a0 "ha">'] + [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, levels)]
    return f"<!DOCTYPE laughs [{''.join(lines)}]>"


def pdf(*objects: bytes, root: str = "1 0 R", more: str = "") -> bytes:
    """A PDF of the given objects, numbered from 1."""
    data, places = b"%PDF-1.7\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = f"trailer\n<< /Root {root} /Size {len(objects) + 1} {more} >>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer.encode()


def stream(data: bytes, rounds: int = 1) -> bytes:
    """A PDF stream that is packed so many times over."""
    for _ in range(rounds):
        data = zlib.compress(data, 9)
    return b"<< /Length %d /Filter [%s] >>\nstream\n%s\nendstream" % (len(data), b" /FlateDecode" * rounds, data)


# Three thousand rows, each filled up to two hundred thousand cells: minutes.
COLUMNS = b"name\n" + b"," * 200_000 + b"x\n" + b"a\n" * 3_000
_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
_CATALOG = b"<< /Type /Catalog /Pages 2 0 R >>"


def pdf_page(content: bytes) -> bytes:
    """A PDF of one page with this content stream."""
    return pdf(_CATALOG, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", _PAGE, content, _FONT)


def zeros(megabytes: int, head: bytes = b"") -> bytes:
    """Packed zeros, a thousand times smaller than what they unpack to."""
    packer = zlib.compressobj(9)
    block = bytes(MEGABYTE)
    return packer.compress(head) + b"".join(packer.compress(block) for _ in range(megabytes)) + packer.flush()


def write_entities(folder: Path) -> None:
    """Files whose entities grow without end, or name a file of this machine."""
    secret = folder.parent / "secret.txt"
    secret.write_text("The canary sings at midnight.")
    external = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    files = {
        "outside.docx": docx(paragraph("A word of Orvania: &x;"), doctype=external),
        "laughs.docx": docx(paragraph("A word of Orvania: &a29;"), doctype=entities()),
        "laughs.html": f"{entities()}<p>The page of Orvania: &a29;</p>".encode(),
        "outside.xhtml": f"<?xml version='1.0'?>{external}<html><p>The sheet of Orvania: &x;</p></html>".encode(),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)


def write_bombs(folder: Path) -> None:
    """Files that fill memory or time, and broken ones, beside two that are what they seem."""
    endless = b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>"
    flate = zeros(250, b"BT /F 9 Tf (Bomb) Tj ET ")
    lock = f"/O <{'00' * 32}> /U <{'00' * 32}>"
    merges = b"".join(b"a%d: &a%d {<<: [%s]}\n" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 12))
    files: dict[str, bytes] = {
        "good.md": b"# Mills\n\nThe mills of Orvania ground barley until 1932.\n",
        "zebra.txt": b"Zebras were seen near the mills of Orvania.",
        # Word
        "packed.docx": docx(paragraph(" " * MEGABYTE), repeat=110),
        "parts.docx": docx(paragraph("Many parts."), parts=10_001),
        "tree.docx": docx(paragraph("a") * 10_000, repeat=140),
        # Web pages
        "deep.html": b"<p>Deep down in Orvania.</p>" + b"<div>" * 300_000 + b"Bottom.",
        "wide.html": b"<b>a</b>" * 2_000_000,
        # PDF
        "count.pdf": pdf(_CATALOG, b"<< /Type /Pages /Kids [] /Count 2147483647 >>"),
        "loop.pdf": pdf(_CATALOG, endless),
        "self.pdf": pdf(b"1 0 R"),
        "flate.pdf": pdf_page(b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(flate), flate)),
        "form.pdf": pdf_page(stream(b"BT /F 9 Tf " + b"(a) Tj " * 2_000_000 + b"ET", 2)),
        "locked.pdf": pdf(_CATALOG, more=f"/Encrypt << /Filter /Standard /V 1 /R 2 {lock} /P -4 >> /ID [<00> <00>]"),
        # Tables and text
        "line.csv": b"ab," * (4 * MEGABYTE),
        "columns.csv": COLUMNS,
        "packed.txt": zeros(100),
        "merge.md": b"---\na0: &a0 {k: v}\n" + merges + b"---\n\nFront matter.\n",
        "half.txt": "Zwölf Boxkämpfer".encode("utf-16")[:-1] + b"\xff",
        "bytes.txt": bytes(range(1, 256)),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    for name, size in (("sparse.csv", 1024), ("sparse.pdf", 3 * 1024), ("zeros.txt", 40)):
        with (folder / name).open("wb") as file:
            file.truncate(size * MEGABYTE)
