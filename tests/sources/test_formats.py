"""What the readers of each form make of files, written here with the real libraries or by hand."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress
from copy import deepcopy
from datetime import UTC, datetime

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from tertulia.errors import DocumentError
from tertulia.evidence.checks.claim import check_claim
from tertulia.evidence.documents import make_document
from tertulia.evidence.passages import split_passages
from tertulia.sources.formats import Content, read_content
from tertulia.sources.formats.content import iso_date, sensible_title
from tertulia.sources.formats.lines import paragraphs

PAGE = """<!DOCTYPE html><html lang="es"><head><title>La presa — Diario</title>
<meta property="article:published_time" content="2024-05-06T08:00:00Z"><style>p {color: red}</style></head><body>
<nav><a href="/">Inicio</a> <a href="/a">Agua</a></nav>
<div class="breadcrumbs"><a href="/">Inicio</a> &gt; Agua</div>
<main><h1>La presa de Orvania</h1><p>La presa
<b>vieja</b> se<br>cerró en <code>1932</code>.<sup><a href="#n1">[1]</a></sup></p>
<h2>Obras <a class="headerlink" href="#obras">¶</a></h2><ul><li>Un muro</li><li><p>Dos <em>torres</em></p></li></ul>
<p style="display:none">Texto oculto.</p><script>alert("x")</script>
<table><caption>Coste</caption><tr><th>Año</th><th>Euros</th></tr><tr><td rowspan="2">1930</td><td>10</td></tr>
<tr><td>20</td></tr></table><pre># orden
ls -l</pre><p>Fin &amp; final.</p></main>
<aside><a href="/x">Más leído</a></aside><footer>© Diario</footer></body></html>"""


def read(kind: str, text: str | bytes) -> Content:
    return read_content(kind, text.encode() if isinstance(text, str) else text)


def test_html_gives_the_text_and_nothing_around_it() -> None:
    """Headings, lists, tables and preformatted text stay in order; navigation, scripts and hidden text go."""
    content = read("html", PAGE)
    assert content.text == (
        "# La presa de Orvania\n\nLa presa vieja se\ncerró en 1932.\n\n## Obras\n\n- Un muro\n- Dos torres\n\nCoste\n\n"
        "| Año | Euros |\n|---|---|\n| 1930 | 10 |\n| 1930 | 20 |\n\norden\nls -l\n\nFin & final."
    )
    assert (content.title, content.published, content.language) == ("La presa de Orvania", "2024-05-06", "es")


def test_html_manual_pages_keep_sentences_whole() -> None:
    """DocBook marks paragraphs with div and commands with code: no word in front of a command may be lost."""
    page = (
        '<html><head><title>6.3. La orden</title></head><body><ul class="docnav"><li><a href="a">Anterior</a></li></ul>'
        '<div class="section"><h2 class="title"><a id="x"></a>6.3. La orden <code>apt-cache</code></h2>'
        '<div class="para">La orden <code class="command">apt-cache</code> muestra la caché.</div>'
        '<div class="sidebar"><p class="title"><strong>Caché</strong></p>'
        '<div class="para">Una caché guarda datos.</div></div>'
        '</div><ul class="docnav"><li><a href="b">Siguiente</a>6.4. Otra</li></ul></body></html>'
    )
    content = read("html", page)
    assert (
        content.text
        == "## 6.3. La orden apt-cache\n\nLa orden apt-cache muestra la caché.\n\nCaché\n\nUna caché guarda datos."
    )
    assert content.title == "6.3. La orden"


def test_html_layout_tables_are_read_as_text() -> None:
    """A table that only places things on the page is no table of data."""
    first = "<tr><td><p>One thing.</p><p>Another.</p></td><td><p>Third.</p></td></tr>"
    assert (
        read("html", f"<table>{first}<tr><td>A</td><td>B</td></tr></table>").text
        == "One thing.\n\nAnother.\n\nThird.\n\nA\n\nB"
    )


def test_html_notes_in_tables_are_text() -> None:
    """DocBook puts a note and its icon into a table; and no space is put where the page has none."""
    note = '<tr><td rowspan="2"><img src="tip.png"></td><th>Tip</th></tr><tr><td><b>man</b>(1) helps.</td></tr>'
    assert read("html", f"<table>{note}</table>").text == "Tip\n\nman(1) helps."
    cells = "<tr><th>A</th><th>B</th></tr><tr><td><code>ls</code>(1)</td><td>one<br>two</td></tr>"
    assert read("html", f"<table>{cells}</table>").text == "| A | B |\n|---|---|\n| ls(1) | one two |"


def test_html_lists_of_links_are_not_text() -> None:
    """A page of nothing but links says nothing."""
    links = "".join(f'<li><a href="{n}">Chapter {n}</a></li>' for n in range(9))
    assert read("html", f"<h1>Contents</h1><ul>{links}</ul>").text == "# Contents"


def test_html_part_named_like_navigation_may_be_the_text() -> None:
    """A body inside `class="content comments"` or the like is not thrown away."""
    page = (
        '<div class="main menu"><p>All the text of this page stands here, and it is long enough.</p></div><p>Short.</p>'
    )
    assert "All the text" in read("html", page).text


@pytest.mark.parametrize(
    ("names", "is_text"),
    [
        ("market-share", True),
        ("social-policy", True),
        ("comments_analysis", True),
        ("share market-2020", False),
        ("share-buttons", False),
        ("wp-block-social-links", False),
        ("menu-item-12", False),
        ("main-nav", False),
        ("market-footer", False),
        ("Related Posts", False),
    ],
)
def test_html_subjects_are_not_taken_for_navigation(names: str, is_text: bool) -> None:
    """A word that navigation is called by may name a subject in a longer name."""
    long = "The rest of the page is long and has many words about the market. " * 2
    for attribute in ("id", "class"):
        page = f"<p>{long}</p><section {attribute}='{names}'><p>It is 7 %.</p></section>"
        assert ("7 %" in read("html", page).text) is is_text


RAISED = {
    "10<sup>6</sup> people": "10⁶ people",
    "3×10<sup>−6</sup> g and 1.5·10<sup>9</sup> t": "3×10⁻⁶ g and 1.5·10⁹ t",
    "3 × 10 <sup>6</sup>, 5 km <sup>2</sup>, 10 <sup>6</sup>": "3 × 10⁶, 5 km², 10",
    "5 m<sup>2</sup> of 20 km<sup>2</sup> and 300 Km.<sup>2</sup>": "5 m² of 20 km² and 300 Km.²",
    "(a + b)<sup>2</sup> and 1.05<sup>10</sup> = 1.63": "(a + b)² and 1.05¹⁰ = 1.63",
    "<sup>14</sup>C and 10<sup>6.5</sup>": "¹⁴C and 10^6.5",
    "1<sup>1</sup>/<sub>2</sub> cups, <sup>3</sup>⁄<sub>4</sub> full": "1 1/2 cups, 3/4 full",
    "The 5<sup>th</sup>, the 1<sup>a</sup>, H<sub>2</sub>O": "The 5th, the 1a, H2O",
    "It had 5,000<sup>1</sup> or 5 000<sup>2,3</sup> in 2020<sup>2</sup>.": "It had 5,000 or 5 000 in 2020.",
    "It had 54<sup>1</sup>, 12.5<sup>2</sup>, 1,234<sup>a</sup>, 20 °C<sup>1</sup>": "It had 54, 12.5, 1,234, 20 °C",
    "The town<sup>1</sup> grew 5 %<sup>[2]</sup>.<sup>3</sup> Then (INE)<sup>2</sup>": "The town grew 5 %. Then (INE)",
    "<sup>1</sup>Source: INE.": "Source: INE.",
    'It rose<sup><a href="#x">1</a></sup> to 54<a href="n.html#fn2"><sup>2</sup></a>.': "It rose to 54.",
}


@pytest.mark.parametrize("markup", RAISED)
def test_html_raised_text_changes_no_number(markup: str) -> None:
    """An exponent stays one, and the mark of a note is left out, in sentences and in cells."""
    assert read("html", f"<p>{markup}</p>").text == RAISED[markup]
    row = f"<tr><td>A</td><td>{markup}</td></tr>"
    assert read("html", f"<table><tr><th>a</th><th>b</th></tr>{row}</table>").text.endswith(f"| A | {RAISED[markup]} |")


FORMULAS = {
    "<mfrac><mn>1</mn><mn>2</mn></mfrac>": "1/2",
    "<mrow><mn>1</mn><mstyle><mfrac><mn>1</mn><mn>2</mn></mfrac></mstyle></mrow>": "1 1/2",
    "<mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><msqrt><mn>2.5</mn></msqrt></mfrac>": "(a+1)/(√2.5)",
    " <mn>5</mn>\n <mo>+</mo>\n <mn>6</mn> ": "5+6",
    "<mn>3</mn><mo>×</mo><msup><mn>10</mn><mrow><mo>−</mo><mn>6</mn></mrow></msup>": "3×10⁻⁶",
    "<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup><mn>3</mn>": "x_1²3",
    "<msub><mi>log</mi><mn>10</mn></msub><mn>2</mn>": "log_10 2",
    "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mi>i</mi>": "∑_(i=1)ⁿi",
    "<mi>x</mi><mspace></mspace><mtext>if y </mtext><msup><mi>y</mi><mo>′</mo></msup>": "x if y y′",
    "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr></mtable><mo>!</mo>": "1 2 !",
    "<semantics><mn>7</mn><annotation>\\frac{1}{2}</annotation></semantics>": "7",
}


@pytest.mark.parametrize("markup", FORMULAS)
def test_html_formulas_stay_in_their_sentence(markup: str) -> None:
    """A fraction is no two paragraphs of one number each, and no number runs into another."""
    sentence = f"It was <math>{markup}</math> of it."
    expected = f"It was {FORMULAS[markup]} of it."
    assert read("html", f"<p>{sentence}</p>").text == expected
    row = f"<tr><td>A</td><td>{sentence}</td></tr>"
    assert read("html", f"<table><tr><th>a</th><th>b</th></tr>{row}</table>").text.endswith(f"| A | {expected} |")


def test_html_formula_without_end_swallows_no_paragraphs() -> None:
    """What is not closed holds the rest of the page, which is no formula."""
    assert read("html", "<p>It was <math><mn>5</mn>.</p><p>Then <b>more</b>.</p>").text.endswith("Then more.")


STRUCK = {
    "Price: <del>50</del><ins>40</ins> euros": "Price: 40 euros",
    "Price: <s>50</s> 400 <strike>pesetas</strike> euros": "Price: 400 euros",
    'Price: <span style="color: red; text-decoration: line-through">50</span> 40 euros': "Price: 40 euros",
}


@pytest.mark.parametrize("markup", STRUCK)
def test_html_what_is_struck_out_is_not_said(markup: str) -> None:
    """The old figure goes, and does not run into the new one; in cells and preformatted text too."""
    assert read("html", f"<p>{markup}</p>").text == STRUCK[markup]
    assert read("html", f"<pre>{markup}</pre>").text.replace("  ", " ") == STRUCK[markup]
    row = f"<tr><td>A</td><td>{markup}</td></tr>"
    assert read("html", f"<table><tr><th>a</th><th>b</th></tr>{row}</table>").text.endswith(f"| A | {STRUCK[markup]} |")


def test_html_foot_of_a_table_stands_last() -> None:
    """Older pages have it before the body; the first row is the header all the same."""
    foot, head, body = (
        f"<{name}><tr><td>{a}</td><td>{b}</td></tr></{name}>"
        for name, a, b in [("tfoot", "All", 7), ("thead", "Town", "Men"), ("tbody", "Olm", 7)]
    )
    text = "| Town | Men |\n|---|---|\n| Olm | 7 |\n| All | 7 |"
    assert read("html", f"<table>{foot}{head}{body}</table>").text == text
    assert read("html", f"<table>{head}{foot}{body}</table>").text == text


def test_html_captions_are_read_whole() -> None:
    """A caption often says the unit, in an element of its own."""
    rows = "<tr><th>a</th><th>b</th></tr><tr><td>1</td><td>2</td></tr>"
    page = f"<table><caption>Budget (<i>millions of euros</i>)<sup>1</sup></caption>{rows}</table>"
    assert read("html", page).text == "Budget (millions of euros)\n\n| a | b |\n|---|---|\n| 1 | 2 |"


def test_html_title_is_the_heading_as_it_is_shown() -> None:
    """Without note marks, and with its exponents."""
    page = '<h1>The last <s>10</s> 10<sup>6</sup> years<sup><a href="#fn1">1</a></sup></h1><p>Text.</p>'
    content = read("html", page)
    assert content.text.splitlines()[0] == "# The last 10⁶ years"
    assert content.title == "The last 10⁶ years"


def test_exponents_are_no_plain_number_to_the_checks() -> None:
    """What the page says of a million supports no sentence about a hundred and six."""
    passage = read("html", "<p>The virus infected 10<sup>6</sup> people in 2020.</p>").text
    for number in ("106", "10", "6"):
        assert (
            check_claim(f"The virus infected {number} people in 2020.", [passage], language="en").status != "supported"
        )


@pytest.mark.parametrize(
    ("link", "text"),
    [
        ('<a href="#t">120</a>', "It rose to 120 in 2020."),
        ('<a href="#reform">5</a>', "It rose to 5 in 2020."),
        ('<a href="#t">[3]</a>', "It rose to in 2020."),
        ('<a href="#cite_note-3">3</a>', "It rose to in 2020."),
        ('<a href="#_ftnref3">3</a>', "It rose to in 2020."),
        ('<a href="#t" role="doc-noteref">3</a>', "It rose to in 2020."),
    ],
)
def test_html_links_within_the_page_keep_their_numbers(link: str, text: str) -> None:
    """A figure that leads to its table is part of the sentence; the mark of a note is not."""
    assert read("html", f"<p>It rose to {link} in 2020.</p>").text == text


@pytest.mark.parametrize("depth", [10, 1_500])
def test_html_of_any_depth(depth: int) -> None:
    """Deep nesting neither fails nor hides text."""
    assert read("html", "<div>" * depth + "Deep down." + "</div>" * depth).text == "Deep down."


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16", "iso-8859-15"])
def test_html_in_its_encoding(encoding: str) -> None:
    """A declared or marked encoding is used."""
    page = f'<html><head><meta charset="{encoding}"></head><body><p>Coste: 5 año</p></body></html>'
    assert read("html", page.encode(encoding)).text == "Coste: 5 año"


@pytest.mark.parametrize("name", ["iso-8859-1", "Latin-1", "us-ascii", "windows-1252", "no-such-encoding", "idna"])
def test_html_declared_western_is_windows_1252(name: str) -> None:
    """As browsers read it: the euro and typographic quotes are there, whatever was declared."""
    page = f'<html><head><meta charset="{name}"></head><body><p>Coste: “5 €” al año\x81</p></body></html>'
    data = page.replace("\x81", "").encode("cp1252").replace(b"</p>", b"\x81</p>")
    assert read("html", data).text == "Coste: “5 €” al año"


@pytest.mark.parametrize("data", [b"<>", b"<!-- only -->", b"\x00\x01\x02"])
def test_html_of_nothing(data: bytes) -> None:
    """No text, or a DocumentError; never anything else."""
    with suppress(DocumentError):
        assert read("html", data).text in {"", "<>"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-32"])
def test_txt_in_any_usual_encoding(encoding: str) -> None:
    """With a mark, as UTF-8, or as Windows-1252; what is no text is said to be none."""
    data = "Año: «diez» — señal".encode(encoding)
    if encoding == "utf-16-le":
        with pytest.raises(DocumentError, match="not text"):
            read("txt", data)
    else:
        assert read("txt", data).text == "Año: «diez» — señal"


def test_txt_with_broken_bytes_is_still_utf_8() -> None:
    """One broken byte costs one character, not all accents of the file."""
    text = "El niño y la ñandú — 5 €"
    assert read("txt", text.encode() + b" \xff fin").text == f"{text} \ufffd fin"
    assert read("txt", b"El ni\xf1o \xc3\xb1 y la \xf1and\xfa").text == "El niño Ã± y la ñandú"


def test_txt_underlined_titles_are_headings() -> None:
    """As in reStructuredText and old README files."""
    assert (
        read("txt", "The title\n=========\nText.\n\nPart\n----\nMore.").text
        == "# The title\n\nText.\n\n## Part\n\nMore."
    )


def test_csv_is_a_table_with_its_header() -> None:
    """Any usual delimiter; quoted cells, pipes and uneven rows survive."""
    expected = "| Año | Nota |\n|---|---|\n| 2019 | a, b |\n| 2020 | c\\|d |\n| 2021 |  |"
    for delimiter in ",;\t":
        rows = [["Año", "Nota"], ["2019", '"a, b"'], ["2020", "c|d"], ["2021"]]
        assert read("csv", "\n".join(delimiter.join(row) for row in rows)).text == expected


@pytest.mark.parametrize("first", ["sep=;\n", '"sep=;"\r\n', "SEP=; \n"])
def test_csv_may_name_its_delimiter(first: str) -> None:
    """The line that Excel puts first is no header."""
    assert read("csv", f"{first}town;people, in all\nOlm;1,5\n").text == (
        "| town | people, in all |\n|---|---|\n| Olm | 1,5 |"
    )


def test_csv_rows_never_part_from_their_header() -> None:
    """A long table becomes blocks that fit into passages, each with the header."""
    rows = "\n".join(f"town {n},{n * 7},{n * 3}" for n in range(400))
    text = read("csv", f"town,people,houses\n{rows}\n").text
    document = make_document(url="t.csv", title="t", source="documents", kind="csv", text=text, retrieved_at="")
    passages = split_passages(document)
    assert all(passage.text.startswith("| town | people | houses |\n|---|---|---|\n| town ") for passage in passages)
    assert sum(passage.text.count("\n| town ") for passage in passages) == 400


def test_csv_that_is_very_long_says_so() -> None:
    """After 3,000 rows an ellipsis stands for the rest."""
    text = read("csv", "a,b\n" + "1,2\n" * 5_000).text
    assert text.endswith("| … | … |")


def test_csv_with_a_cell_like_a_book_is_a_list() -> None:
    """A row too long for a table line is read cell by cell, each with its name."""
    assert read("csv", f"name,text\nA,{'word ' * 500}").text.startswith("- name: A\n- text: word word")


@pytest.mark.parametrize("data", ["", "\n\n", ",,\n"])
def test_csv_of_nothing(data: str) -> None:
    """No cell with text is no text."""
    assert read("csv", data).text == ""


def test_csv_of_odd_forms() -> None:
    """One column is a table too; a cell without end is a reason."""
    assert read("csv", "town\nOlm\n").text == "| town |\n|---|\n| Olm |"
    with pytest.raises(DocumentError, match="rows cannot be read"):
        read("csv", "a" * 200_000)


def word_document() -> bytes:
    document = docx.Document()
    document.core_properties.title = "Las torres"
    document.core_properties.created = datetime(2025, 2, 3, tzinfo=UTC)
    document.add_heading("Las torres", 0)
    document.add_paragraph("Antes de la tabla.")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip((cell for row in table.rows for cell in row.cells), ["A", "B", "1", "2"], strict=True):
        cell.text = text
    document.add_heading("Partes", 2)
    document.add_paragraph("Primera", style="List Bullet")
    document.add_paragraph("Segunda", style="List Bullet")
    document.add_paragraph("").add_run("Negrita").bold = True
    return saved(document)


def saved(document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_docx_in_order() -> None:
    """Headings, paragraphs, tables and lists as they follow each other."""
    content = read("docx", word_document())
    assert content.text == (
        "# Las torres\n\nAntes de la tabla.\n\n| A | B |\n|---|---|\n| 1 | 2 |\n\n## Partes\n\n"
        "- Primera\n- Segunda\n\nNegrita"
    )
    assert (content.title, content.published) == ("Las torres", "")


def test_docx_without_properties() -> None:
    """The first heading is the title."""
    document = docx.Document()
    document.core_properties.title = "Untitled"
    document.add_heading("The towers", 1)
    document.add_paragraph("Text.")
    content = read("docx", saved(document))
    assert (content.title, content.published) == ("The towers", "")


def word_xml(markup: str) -> object:
    """An element of a Word document (ISO/IEC 29500-1, 17), where `w:` is its namespace."""
    opening, closing, rest = markup.partition(">")
    return parse_xml(f"{opening} {nsdecls('w')}{closing}{rest}")


def word_run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


NOT = word_run("not ")
DOCX_INLINE = {
    f'<w:ins w:id="1" w:author="x">{NOT}</w:ins>': "Deaths were not 54.",
    f'<w:moveTo w:id="1" w:author="x"><w:ins w:id="2">{NOT}</w:ins></w:moveTo>': "Deaths were not 54.",
    '<w:del w:id="1"><w:r><w:delText>not </w:delText></w:r></w:del>': "Deaths were 54.",
    f'<w:moveFrom w:id="1">{NOT}</w:moveFrom>': "Deaths were 54.",
    f"<w:sdt><w:sdtPr/><w:sdtContent>{NOT}</w:sdtContent></w:sdt>": "Deaths were not 54.",
    f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{NOT}</w:sdtContent></w:sdt>": "Deaths were 54.",
    f'<w:fldSimple w:instr="REF x">{NOT}</w:fldSimple>': "Deaths were not 54.",
    f'<w:smartTag w:element="x">{NOT}</w:smartTag>': "Deaths were not 54.",
    f'<w:hyperlink w:anchor="x"><w:smartTag>{NOT}</w:smartTag></w:hyperlink>': "Deaths were not 54.",
    word_run("not ", "<w:strike/>"): "Deaths were 54.",
    word_run("not ", "<w:vanish/>"): "Deaths were 54.",
    word_run("not ", '<w:strike w:val="0"/>'): "Deaths were not 54.",
}


@pytest.mark.parametrize("markup", DOCX_INLINE)
def test_docx_sentences_are_read_as_they_are_shown(markup: str) -> None:
    """A word may stand in a tracked change, a control, a field or a link; the sentence must not turn round."""
    document = docx.Document()
    sentence = document.add_paragraph("Deaths were ")
    sentence._p.append(word_xml(markup))
    sentence.add_run("54.")
    table = document.add_table(rows=2, cols=2)
    table.cell(0, 0).text = "A"
    table.cell(1, 1)._tc.append(deepcopy(sentence._p))
    expected = DOCX_INLINE[markup]
    assert read("docx", saved(document)).text == f"{expected}\n\n| A |  |\n|---|---|\n|  | {expected} |"


def test_docx_blocks_inside_controls_and_tables() -> None:
    """Paragraphs and rows inside content controls, and tables inside tables; not the table of contents."""
    document = docx.Document()
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip((cell for row in table.rows for cell in row.cells), ["A", "B", "1", "2"], strict=True):
        cell.text = text
    control = word_xml("<w:sdt><w:sdtContent/></w:sdt>")
    table._tbl.append(control)
    control[0].append(deepcopy(table.rows[1]._tr))
    deleted = deepcopy(table.rows[1]._tr)
    deleted.insert(0, word_xml('<w:trPr><w:del w:id="3"/></w:trPr>'))
    table._tbl.append(deleted)
    document.add_paragraph("Between.")
    paragraph = f"<w:p>{word_run('It had 7 men.')}</w:p>"
    contents = '<w:docPartObj><w:docPartGallery w:val="Table of Contents"/></w:docPartObj>'
    for properties in (contents, ""):
        markup = f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{paragraph}</w:sdtContent></w:sdt>"
        document.element.body.insert(1, word_xml(markup))
    outer = document.add_table(1, 2)
    outer.cell(0, 0).text = "Out"
    inner = outer.cell(0, 1).add_table(2, 2)
    for cell, text in zip((cell for row in inner.rows for cell in row.cells), ["C", "D", "3", "4"], strict=True):
        cell.text = text
    assert read("docx", saved(document)).text == (
        "| A | B |\n|---|---|\n| 1 | 2 |\n| 1 | 2 |\n\nIt had 7 men.\n\nBetween.\n\nOut\n\n"
        "| C | D |\n|---|---|\n| 3 | 4 |"
    )


@pytest.mark.parametrize("styled", [False, True])
def test_docx_raised_runs_change_no_number(styled: bool) -> None:
    """An exponent stays one and a note mark goes, whether the run or its style raises it."""
    document = docx.Document()
    document.styles.add_style("Raised", WD_STYLE_TYPE.CHARACTER).font.superscript = True
    paragraph = document.add_paragraph()
    for text, raised in [("It had 10", "6"), (" or 5,000", "1"), (" or 10", "−"), ("", "7"), (" men.", "2")]:
        paragraph.add_run(text)
        run = paragraph.add_run(raised, style="Raised" if styled else None)
        run.font.superscript = None if styled else True
    assert read("docx", saved(document)).text == "It had 10⁶ or 5,000 or 10⁻⁷ men."


def test_docx_bombs_and_others() -> None:
    """What is no Word file, is encrypted, or unpacks to far too much is named as such."""
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as package:
        for number in range(3):
            package.writestr(f"word/{number}.xml", bytes(80_000_000))
    plain_zip = io.BytesIO()
    with zipfile.ZipFile(plain_zip, "w") as package:
        package.writestr("hello.txt", "hello")
    for data, reason in [
        (b"hello", "not a Word document"),
        (b"\xd0\xcf\x11\xe0rest", "encrypted"),
        (bomb.getvalue(), "unpacks to 228 MB"),
        (plain_zip.getvalue(), "not a readable Word document"),
        (word_document()[:-200], "not a Word document"),
    ]:
        with pytest.raises(DocumentError, match=reason):
            read("docx", data)


def pdf(*pages: list[tuple[int, str]], information: str = "", trailer: str = "") -> bytes:
    """A PDF by hand (ISO 32000-1, 7.5): each page a list of lines with their sizes, from the top."""
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    numbers = []
    for lines in pages:
        drawn = "".join(
            f"BT /F1 {size} Tf 72 {780 - 18 * place} Td ({text}) Tj ET\n"
            for place, (size, text) in enumerate(lines)
            if text
        )
        numbers.append(len(objects) + 1)
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects) + 2} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(drawn)} >>\nstream\n{drawn}endstream")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(f'{n} 0 R' for n in numbers)}] /Count {len(numbers)} >>"
    objects.append(f"<< {information} >>")
    body = "%PDF-1.4\n"
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    end = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {len(objects)} 0 R {trailer} >>"
    return (
        f"{body}xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{end}\nstartxref\n{len(body)}\n%%EOF".encode()
    )


FULL = "This line of the report is as long as the width of its page allows it to be,"


def test_pdf_paragraphs_and_headings() -> None:
    """Lines are joined to paragraphs; larger type is a heading; properties give title and date."""
    data = pdf(
        [
            (20, "The old mill"),
            (11, FULL),
            (11, FULL),
            (11, "and here it ends."),
            (11, FULL),
            (11, "and so on."),
            (15, "Its wheel"),
            (11, "- a bullet"),
            (11, "- another"),
            (11, FULL),
        ],
        information="/Title (The old mill) /CreationDate (D:20240229120000Z)",
    )
    content = read("pdf", data)
    assert content.text == (
        f"# The old mill\n\n{FULL} {FULL} and here it ends.\n\n{FULL} and so on.\n\n## Its wheel\n\n"
        f"- a bullet\n\n- another {FULL}"
    )
    assert (content.title, content.published) == ("The old mill", "")


def test_pdf_running_heads_and_page_numbers_go() -> None:
    """What stands on each page is not text; a title that a program gave is no title."""
    names = ["ash", "birch", "cedar", "elm", "fir"]
    pages = [
        [(9, f"The Journal of Mills, page {number}"), (11, f"{FULL} {name}"), (11, f"ends {name}."), (9, str(number))]
        for number, name in enumerate(names, 1)
    ]
    content = read("pdf", pdf(*pages, information="/Title (Microsoft Word - final2.doc)"))
    assert "Journal" not in content.text
    assert content.text.splitlines()[0] == f"{FULL} ash ends ash."
    assert content.title == ""


def test_pdf_raised_digits_change_no_number() -> None:
    """A smaller digit that stands higher is an exponent or a note mark; other small digits are neither."""

    def set_apart(digits: str, *, size: int, rise: int) -> str:
        return f") Tj /F1 {size} Tf {rise} Ts ({digits}) Tj 0 Ts /F1 11 Tf ("

    up, even, down = set_apart("6", size=6, rise=4), set_apart("6", size=6, rise=0), set_apart("2", size=6, rise=-2)
    large, twelve = set_apart("6", size=11, rise=4), set_apart("-12", size=6, rise=4)
    line = f"10{up} or 5,000{up} grew{up} by 10{even} and 10{large} of CO{down} and 10{twelve} of it."
    assert read("pdf", pdf([(11, line)])).text == "10⁶ or 5,000 grew by 106 and 106 of CO2 and 10⁻¹² of it."


@pytest.mark.parametrize(
    ("figures", "kept"),
    [
        (["2020"], ["2020"]),
        (["1"], []),
        (["54", "7", "2020", "1,234", "1,235"], ["54", "7", "2020", "1,234", "1,235"]),
        (["2019", "2020"], ["2019", "2020"]),
        (["2", "3", "4", "9", "6"], ["9"]),
        (["i", "ii", "1", "2", "3"], ["i", "ii"]),
        (["1203", "1204", "1205"], []),
        (["9" * 5_000, "54", "54"], ["9" * 5_000, "54", "54"]),
    ],
)
def test_pdf_figures_alone_on_a_line_are_no_page_numbers(figures: list[str], kept: list[str]) -> None:
    """Only numbers that go on from page to page, or are those of their pages, are left out."""
    names = ["ash", "birch", "cedar", "elm", "fir"]
    pages = [[(11, f"{FULL} {name}."), (11, figure)] for name, figure in zip(names, figures, strict=False)]
    words = read("pdf", pdf(*pages)).text.split()
    assert [figure for figure in figures if figure in words] == kept


def test_pdf_that_cannot_be_read() -> None:
    """Empty, cut, encrypted and other files are named with their reason."""
    with pytest.raises(DocumentError, match="no text"):
        read("pdf", pdf([]))
    with pytest.raises(DocumentError, match="not a readable PDF"):
        read("pdf", b"hello")
    keys = f"/Encrypt << /Filter /Standard /V 1 /R 2 /O <{'41' * 32}> /U <{'42' * 32}> /P -4 >> /ID [<00> <00>]"
    with pytest.raises(DocumentError, match="encrypted"):
        read("pdf", pdf([(11, "Secret.")], trailer=keys))


def test_lines_become_paragraphs() -> None:
    """A short line with a full stop ends a paragraph; a short line without one does not."""
    lines = [FULL, "and it ends.", FULL, "no stop yet", "but here.", "", "1) first", "2) second"]
    assert paragraphs(lines) == [f"{FULL} and it ends.", f"{FULL} no stop yet but here.", "1) first", "2) second"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2025-03-01", "2025-03-01"),
        ("2025-03-01T10:00:00+01:00", "2025-03-01"),
        ("2025-03", "2025-03"),
        (None, ""),
        ("Tue, 06 Jun 2023 10:00:00 GMT", "2023-06-06"),
        ("2025-02-30", ""),
        ("yesterday", ""),
        (20250301, ""),
        ("", ""),
        (datetime(2024, 1, 2, 3, tzinfo=UTC), "2024-01-02"),
        (datetime(1, 1, 1, tzinfo=UTC), ""),
    ],
)
def test_dates(value: object, expected: str) -> None:
    """ISO 8601 and e-mail dates; anything else tells nothing."""
    assert iso_date(value) == expected


def test_titles_that_no_person_gave() -> None:
    """Names of programs and files are no titles."""
    assert [sensible_title(title) for title in ["Untitled", "report.docx", "Document1", "x", None, 3]] == [""] * 6
    assert sensible_title("  The\nold  mill ") == "The old mill"
    long = sensible_title("word " * 200)
    assert len(long) <= 300
    assert long.endswith(" word…")
