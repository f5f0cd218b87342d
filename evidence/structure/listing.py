"""The list of sources of a report: where it stands, and what each entry names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from .addresses import addresses_in, is_web, page
from .blocks import PSEUDO_LEVEL, Block, is_table_rule
from .masking import blank

HIGHEST: Final = 999
"""The highest number that a source has; beyond it a number in brackets is a year."""

_TITLE = re.compile(
    r"""(?ix)
    (?:(?:main|key|primary|selected|list[ ]of|cited|works|full|principales|listado?[ ]de|lista[ ]de)[ ])*
    (?:sources?|references?|reference[ ]list|bibliograph(?:y|ie)|citations?|works[ ]cited|literature[ ]cited
      |endnotes?|footnotes?
      |fuentes?|referencias?|bibliograf[ií]a|obras[ ]citadas|citas|fonts?|referències|iturriak?|erreferentziak?
      |fontes?|referências|fonti|riferimenti|références|quellen|quellenverzeichnis|literatur(?:verzeichnis)?
      |einzelnachweise|bibliografi[ae]|출처|참고[ ]?문헌|出典)
    (?:[ ](?:cited|consulted|used|list|citad[ao]s|consultad[ao]s|bibliogr[aá]ficas))*
    (?:[ ](?:and|&|y|i|eta|e|et|und)[ ]
      (?:links|further[ ]reading|references|sources|citations|bibliography|notes|referencias|fuentes|enlaces))?
    | (?:主要|相关|全部|部分|引用|信息|資料|资料|数据)*(?:来源|來源)(?:列表|与.*|及.*|和.*)?
    | .{0,12}(?:参考|參考|引用)(?:文献|文獻|资料|資料|来源|來源|链接|连接|连结).{0,24}
    """
)
_TITLE_NUMBER = re.compile(
    r"[\s#*_>]*(?:\d{1,2}(?:\.\d{1,2})*[.)、．]?\s+|[一二三四五六七八九十]{1,3}[、.．]\s*|[IVX]{1,5}[.)]\s+)?"
)
_NUMBERED = re.compile(
    r"""(?x)
    (?P<indent>[ \t]*)(?:[-*+•][ \t]+)?(?:\*\*)?
    (?: \\?[\[［【]\^?(?P<bracket>\d{1,3})\\?[\]］】]
      | (?P<plain>\d{1,3})(?:[.)．、]|[ ]?[:：](?!//))(?![0-9])
      | [(（](?P<round>\d{1,3})[)）]
      | (?P<raised>[⁰¹²³⁴-⁹]{1,3})(?=[ \t\[(\w]) )
    (?:\*\*)?[ \t]*(?:[:.：、][ \t]*)?(?P<rest>.*)
    """
)
_BULLET = re.compile(r"(?P<indent>[ \t]*)[-*+•‣◦–][ \t]+(?P<rest>.+)")
_FOOTNOTE = re.compile(r"^[ \t]{0,3}\[\^(?P<name>[^\]\s]{1,60})\]:[ \t]*(?P<rest>.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_DEFINITION = re.compile(r"^[ \t]{0,3}\[(?P<name>[^\]\^\n]{1,100})\]:[ \t]*<?(?P<url>[^\s<>]+)>?.*", re.MULTILINE)
_CELL_NUMBER = re.compile(r"\\?[\[【(]?\^?(\d{1,3})[\]】).]?")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_CITES = re.compile(r"[\[［【]\^?\d{1,3}[\]］】,，;–-]")
_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LINE = re.compile(r"[^\n]*\n?")
_RULE = re.compile(r"[ \t]*(?:-{3,}|\*{3,}|_{3,}|={3,})[ \t]*")
_AFTER_TITLE = re.compile(r"[ \t]*[(（][^()（）]*[)）][ \t]*:?$")
_LONGEST_TITLE: Final = 100
_MOST_LINES_AFTER: Final = 3


@dataclass(frozen=True, slots=True)
class ListedSource:
    """An entry of a list of sources. `label` is what a marker calls it by: a number, `^name` of a footnote, or ""."""

    label: str
    text: str
    addresses: tuple[str, ...]
    start: int

    @property
    def number(self) -> int:
        """The entry's number; 0 when it has none."""
        return int(self.label) if self.label.isdigit() else 0

    @property
    def pages(self) -> frozenset[str]:
        """The canonical addresses of all the pages that the entry gives."""
        return frozenset(map(page, self.addresses))


@dataclass(frozen=True)
class Listing:
    """The sources that a report lists, the text without them, and the addresses that its link definitions name."""

    sources: list[ListedSource]
    body: str
    definitions: dict[str, str]

    @cached_property
    def labels(self) -> frozenset[str]:
        """What markers may cite."""
        return frozenset(source.label for source in self.sources if source.label)

    @cached_property
    def footnotes(self) -> bool:
        """Whether any source is a footnote."""
        return any(source.label.startswith("^") for source in self.sources)


@dataclass(slots=True)
class _Entry:
    """An entry while it is read: `start` is where its words begin, `line` where its line does."""

    kind: str
    label: str
    start: int
    end: int
    line: int
    indent: int
    words: str


@dataclass(frozen=True, slots=True)
class _Region:
    sources: list[ListedSource]
    start: int
    end: int

    @property
    def labels(self) -> set[str]:
        return {source.label for source in self.sources if source.label}


def read_listing(text: str, blocks: list[Block]) -> Listing:
    """Find the sources of a masked text: under a heading that says so, at the end, in footnotes, in link definitions.

    There may be one list, or one per part; a list whose numbers all come again in the last one is text that cites.
    """
    footnotes = [_source(f"^{match['name']}", match["rest"], match.start()) for match in _FOOTNOTE.finditer(text)]
    text = _FOOTNOTE.sub(lambda match: blank(match[0]), text)
    regions = _headed_regions(text, blocks) or _last_region(text)
    regions = [
        region
        for region in regions
        if region is regions[-1] or not region.labels or not region.labels <= regions[-1].labels
    ]
    pieces, done = [], 0
    for region in regions:
        pieces += [text[done : region.start], blank(text[region.start : region.end])]
        done = region.end
    sources = [*footnotes, *(source for region in regions for source in region.sources)]
    return _with_definitions(sources, "".join([*pieces, text[done:]]))


def _headed_regions(text: str, blocks: list[Block]) -> list[_Region]:
    found: list[_Region] = []
    for index, block in enumerate(blocks):
        if (found and block.start < found[-1].end) or not _is_title(text, block):
            continue
        level = block.level or PSEUDO_LEVEL
        later = (blocks[place] for place in range(index + 1, len(blocks)))
        following = next((after for after in later if after.kind == "heading" and after.level <= level), None)
        end = text.rfind("\n", 0, following.start) + 1 if following else len(text)
        region = _region(text, block.start, min(_line_end(text, block.start) + 1, end), end)
        if region:
            found.append(region)
    return [region for region in found if region.labels] or found


def _is_title(text: str, block: Block) -> bool:
    """Whether a heading, or the first line of a paragraph, announces a list of sources."""
    end = min(block.end, _line_end(text, block.start))
    if block.kind not in {"heading", "paragraph"} or end - block.start > _LONGEST_TITLE:
        return False
    line = text[block.start : end]
    number = _TITLE_NUMBER.match(line)
    title = _AFTER_TITLE.sub("", line[number.end() :] if number else line).strip(" \t*_#:：.")
    return _TITLE.fullmatch(title) is not None


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _last_region(text: str) -> list[_Region]:
    """The entries at the very end of a text, when no heading announces them."""
    first, entries, after = -1, 0, 0
    for match in reversed([match for match in _LINE.finditer(text) if match[0].strip()]):
        line = match[0].strip()
        entry = _NUMBERED.fullmatch(line)
        if entry and entry["rest"] and (entry["bracket"] or addresses_in(entry["rest"])):
            first, entries = match.start(), entries + 1
        elif first < 0:
            after += 1
            if after > _MOST_LINES_AFTER:
                break
        elif not is_web(line):
            break
    if first < 0 or not _CITES.search(text, 0, first):
        return []
    region = _region(text, first, first, len(text))
    return [region] if region and (entries > 1 or region.sources[0].addresses) else []


def _region(text: str, start: int, first: int, end: int) -> _Region | None:
    """The entries between `first` and `end`; None when there is none."""
    entries = _entries(text, first, end)
    labelled = any(entry.label for entry in entries)
    kept = [entry for entry in entries if entry.label or _stands_alone(entry, labelled=labelled)]
    if not kept:
        return None
    sources = [_source(entry.label, text[entry.start : entry.end], entry.line) for entry in kept]
    return _Region(sources, start, max(entry.end for entry in kept))


def _stands_alone(entry: _Entry, *, labelled: bool) -> bool:
    """Whether an entry without a number names a source."""
    if labelled and entry.kind == "paragraph":
        return False
    if _CITES.search(entry.words):
        return False
    return bool(addresses_in(entry.words)) or (not labelled and _YEAR.search(entry.words) is not None)


def _entries(text: str, start: int, end: int) -> list[_Entry]:
    entries: list[_Entry] = []
    gap = True
    lines = [match for match in _LINE.finditer(text, start, end) if match[0]]
    for index, match in enumerate(lines):
        line = match[0].rstrip()
        following = lines[index + 1][0].strip() if index + 1 < len(lines) else ""
        current = entries[-1] if entries else None
        if not line or line.startswith("#") or is_table_rule(line.strip()) or _RULE.fullmatch(line):
            gap = True
            continue
        if is_table_rule(following):
            continue
        entry = _entry(match, line)
        if current and _continues(current, entry, gap=gap):
            current.end = match.start() + len(line)
            current.words += " " + line.strip()
        else:
            entries.extend(_split(entry))
        gap = False
    return entries


def _entry(match: re.Match[str], line: str) -> _Entry:
    begin, end = match.start(), match.start() + len(line)
    if numbered := _NUMBERED.fullmatch(line):
        number = numbered["bracket"] or numbered["plain"] or numbered["round"] or numbered["raised"]
        label = str(int(number.translate(_RAISED)))
        return _Entry(
            "item", label, begin + numbered.start("rest"), end, begin, len(numbered["indent"]), numbered["rest"]
        )
    if bullet := _BULLET.fullmatch(line):
        indent = len(bullet["indent"])
        return _Entry("item", "", begin + bullet.start("rest"), end, begin, indent, bullet["rest"])
    if line.lstrip().startswith("|"):
        cell = _CELL_NUMBER.fullmatch(line.strip().strip("|").split("|", 1)[0].strip())
        return _Entry("row", str(int(cell[1])) if cell else "", begin, end, begin, 0, line)
    return _Entry("paragraph", "", begin, end, begin, len(line) - len(line.lstrip()), line)


def _continues(current: _Entry, entry: _Entry, *, gap: bool) -> bool:
    """Whether a line goes on with the entry before it."""
    if entry.kind == "paragraph":
        alone = is_web(entry.words.strip().strip("<>")) and not addresses_in(current.words)
        return not gap or alone or entry.indent > current.indent
    return entry.kind == "item" and current.label != "" and entry.indent > current.indent + 1


def _split(entry: _Entry) -> Iterator[_Entry]:
    """An entry, and those that follow it on the same line: `[1] … https://… [2] …`."""
    while entry.label and entry.kind == "item":
        following = re.search(rf"(?<=\s)[\[【]{int(entry.label) + 1}[\]】]\s*", entry.words)
        if following is None or not addresses_in(entry.words[: following.start()]):
            break
        start = entry.start
        yield replace(entry, end=start + following.start(), words=entry.words[: following.start()])
        begin = start + following.end()
        words = entry.words[following.end() :]
        entry = _Entry("item", str(int(entry.label) + 1), begin, entry.end, entry.line, entry.indent, words)
    yield entry


def _source(label: str, text: str, start: int) -> ListedSource:
    words = " ".join(text.split())
    return ListedSource(label, words, tuple(addresses_in(text)), start)


def _with_definitions(sources: list[ListedSource], body: str) -> Listing:
    """Add `[1]: address` definitions as sources, or as the address of a source with that number."""
    numbered = {source.label: index for index, source in enumerate(sources) if source.label}
    definitions: dict[str, str] = {}
    for match in _DEFINITION.finditer(body):
        name, address = match["name"].strip(), match["url"]
        if not is_web(address):
            continue
        label = str(int(name)) if name.isdecimal() and int(name) <= HIGHEST else ""
        if not label:
            definitions.setdefault(name.casefold(), address)
        elif label not in numbered:
            numbered[label] = len(sources)
            sources.append(ListedSource(label, " ".join(match[0].split()), (address,), match.start()))
        elif not sources[numbered[label]].addresses:
            index = numbered[label]
            sources[index] = replace(sources[index], addresses=(address,))
    body = _DEFINITION.sub(lambda match: blank(match[0]) if is_web(match["url"]) else match[0], body)
    return Listing(sorted(sources, key=lambda source: source.start), body, definitions)
