"""A second, simple way to count how a Markdown report cites: `python count_citations.py REPORT.md…`.

Line by line, with a few regular expressions, and nothing of the package: its counts are compared with those of
`check_structure`, so neither may learn from the other. It knows the common forms only.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

MARKER = re.compile(r"[\[【](\^?[\w^,\s–-]*?\d*\w*)[\]】](\([^)]*\))?")
ENTRY = re.compile(r"^(?:\[(\^?\w+)\]:?|(\d+)\.)\s+(.*)")
URL = re.compile(r"https?://[^\s)\]>]+")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-ZÀ-Ý])|(?<=。)")


def count(markdown: str) -> dict[str, int]:
    body, tail = split(markdown)
    entries = [(a or b, rest, number) for number, rest, a, b in listed(tail)]
    labels = {label for label, _, _ in entries}
    pages = [bare(urls[0]) for _, rest, _ in entries if (urls := URL.findall(rest))]
    sentences = list(statements(body))
    cited = {label for sentence in sentences for label in markers(sentence)}
    linked = {bare(url) for line in body for url in URL.findall(line)}
    numbers = sorted(int(label) for label in labels if label.isdigit())
    numeric = [sentence for sentence in sentences if re.search(r"(?<![A-Za-z\d-])\d", plain(sentence))]
    return {
        "sources": len(entries),
        "cited_labels": len(cited),
        "dangling_labels": len(cited - labels),
        "unused_sources": sum(
            label not in cited and not any(bare(url) in linked for url in URL.findall(rest))
            for label, rest, _ in entries
        ),
        "duplicate_sources": len(pages) - len(set(pages)),
        "missing_numbers": (numbers[-1] - len(set(numbers))) if numbers else 0,
        "numeric_sentences": len(numeric),
        "cited_numeric_sentences": sum(bool(markers(sentence) or URL.search(sentence)) for sentence in numeric),
    }


def split(markdown: str) -> tuple[list[str], list[str]]:
    """The lines of the body and those of the list, without front matter and code."""
    text = re.sub(r"\A---\n.*?\n---\n", "", markdown, flags=re.DOTALL)
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    text = re.sub(r"`[^`]*`", "", text)
    lines = re.sub(r"\n {2,}(?=\S)", " ", text).split("\n")
    heads = [i for i, line in enumerate(lines) if re.fullmatch(r"#+ (Sources|.*参考文献)", line)]
    if not heads:
        heads = [i - 1 for i, line in enumerate(lines) if re.match(r"\[\^?\w+\]:? ", line)]
    first = heads[0] if heads else len(lines)
    return lines[: first + 1], lines[first + 1 :]


def listed(lines: list[str]) -> list[tuple[int, str, str | None, str | None]]:
    found = [(number, ENTRY.match(line)) for number, line in enumerate(lines)]
    return [(number, match[3], match[1], match[2]) for number, match in found if match]


def statements(lines: list[str]):
    """Sentences with their markers; what a line announces with a colon and a marker counts for the list below it."""
    announced = ""
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if not line.strip() or line.startswith(("#", "![")) or re.fullmatch(r"[|\s:-]+", line):
            continue
        if line.startswith("|"):
            if not re.fullmatch(r"[|\s:-]+", following):
                yield line
            continue
        item = re.match(r"(?:[-*]|\d+\.) ", line)
        if not item:
            announced = (
                " ".join(MARKER.search(line)[0] for _ in [0] if MARKER.search(line)) if line.endswith(":") else ""
            )
        # A marker behind the full stop goes before it.
        words = re.sub(r"([.。])((?:[\[【][^\]】]*[\]】])+)", r"\2\1", line[item.end() if item else 0 :])
        for sentence in SENTENCE.split(words):
            if sentence and not sentence.rstrip("* ").endswith((":", "：")):
                yield f"{sentence} {announced}"


def markers(sentence: str) -> list[str]:
    found = []
    for match in MARKER.finditer(sentence):
        for part in re.split(r"[,\s]+", match[1]):
            ends = re.split(r"[–-]", part)
            if len(ends) == 2 and all(end.isdigit() for end in ends):
                found += map(str, range(int(ends[0]), int(ends[1]) + 1))
            elif part.isdigit() or part.startswith("^"):
                found.append(part)
    return found


def plain(sentence: str) -> str:
    return URL.sub("", re.sub(r"\[[^\]]*\]\([^)]*\)|[\[【][^\]】]*[\]】]", "", sentence))


def bare(url: str) -> str:
    return re.sub(r"[?#].*", "", url.lower()).rstrip("/.")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        print(name, json.dumps(count(Path(name).read_text("utf-8"))))  # noqa: T201
