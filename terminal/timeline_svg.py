"""A run's timeline as a picture: one SVG file without scripts, readable in light and dark, and by those who hear it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from .timeline import FAILED, WAITING, Bar, Lane, Timeline, duration, totals

_WIDTH: Final = 960
_NAMES: Final = 220
_CHART: Final = _WIDTH - _NAMES - 90
_ROW: Final = 28
_TOP: Final = 64
_LONGEST_NAME: Final = 30
_TICKS: Final = 5
# A colour on white, and one on black; who cannot tell them apart has the words on each bar.
_COLOURS: Final = {
    "search": ("#1b6ca8", "#6db3e8"),
    "panel": ("#7a4fa3", "#b793dd"),
    "question": ("#9a6700", "#e3b341"),
    "answer": ("#1a7f37", "#56d364"),
    "writing": ("#a3346b", "#f08bb8"),
    "checking": ("#57606a", "#a9b3bd"),
    "report": ("#0f6f75", "#5cc9cf"),
    WAITING: ("#d0d7de", "#3d444d"),
    FAILED: ("#c1121f", "#ff7b72"),
}


def draw_svg(timeline: Timeline) -> str:
    """The timeline as an SVG document."""
    height = _TOP + _ROW * len(timeline.lanes) + 100
    box = f'viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-labelledby="title description">',
            f'<title id="title">Timeline of run {escape(timeline.run)}: {escape(timeline.topic)}</title>',
            f'<desc id="description">{escape(" ".join([*totals(timeline), *_told(timeline)]))}</desc>',
            f"<style>{_style()}</style>",
            f'<rect class="paper" width="{_WIDTH}" height="{height}"/>',
            f'<text class="heading" x="16" y="28">{escape(_short(timeline.topic, 90))}</text>',
            *_axis(timeline),
            *(line for number, lane in enumerate(timeline.lanes) for line in _lane(lane, number, timeline)),
            *_breaks(timeline),
            *_legend(timeline, _TOP + _ROW * len(timeline.lanes) + 24),
            "</svg>",
        ]
    )


def _style() -> str:
    light = "".join(f".{kind}{{fill:{colour}}}" for kind, (colour, _) in _COLOURS.items())
    dark = "".join(f".{kind}{{fill:{colour}}}" for kind, (_, colour) in _COLOURS.items())
    return (
        "text{font:13px system-ui,sans-serif;fill:#1f2328}.heading{font-size:17px;font-weight:600}"
        ".paper{fill:#fff}.line{stroke:#d0d7de}.break{stroke:#1f2328;stroke-dasharray:4 3}"
        f"{light}@media(prefers-color-scheme:dark){{text{{fill:#e6edf3}}.paper{{fill:#0d1117}}"
        f".line{{stroke:#3d444d}}.break{{stroke:#e6edf3}}{dark}}}"
    )


def _told(timeline: Timeline) -> Iterator[str]:
    """The picture in words: each lane's name and time."""
    for lane in timeline.lanes[1:]:
        begin = min(bar.begin for bar in lane.bars)
        yield f"Interview {lane.name}: from {duration(begin)} to {duration(begin + lane.seconds)}."


def _axis(timeline: Timeline) -> Iterator[str]:
    foot = _TOP + _ROW * len(timeline.lanes)
    for tick in range(_TICKS + 1):
        x = _NAMES + _CHART * tick / _TICKS
        yield f'<line class="line" x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{foot}"/>'
        time = duration(timeline.wall * tick / _TICKS) if tick else "0"
        yield f'<text x="{x:.1f}" y="{_TOP - 12}" text-anchor="middle">{time}</text>'


def _lane(lane: Lane, number: int, timeline: Timeline) -> Iterator[str]:
    y = _TOP + _ROW * number
    yield f'<text x="16" y="{y + 19}">{escape(_short(lane.name, _LONGEST_NAME))}</text>'
    for bar in lane.bars:
        x, end = _place(bar.begin, timeline), _place(bar.end, timeline)
        yield (
            f'<rect class="{bar.kind}" x="{x:.1f}" y="{y + 5}" width="{max(1.0, end - x):.1f}" height="{_ROW - 10}">'
            f"<title>{escape(_label(bar))}</title></rect>"
        )
    if number:
        yield f'<text x="{_WIDTH - 12}" y="{y + 19}" text-anchor="end">{duration(lane.seconds)}</text>'


def _breaks(timeline: Timeline) -> Iterator[str]:
    foot = _TOP + _ROW * len(timeline.lanes)
    for moment in timeline.breaks:
        x = _place(moment, timeline)
        yield f'<line class="break" x1="{x:.1f}" y1="{_TOP - 6}" x2="{x:.1f}" y2="{foot}">'
        yield "<title>The run paused here and went on later.</title></line>"


def _legend(timeline: Timeline, y: int) -> Iterator[str]:
    used = {bar.kind for lane in timeline.lanes for bar in lane.bars}
    x = 16
    for kind in (kind for kind in _COLOURS if kind in used):
        yield f'<rect class="{kind}" x="{x}" y="{y - 11}" width="14" height="14"/>'
        yield f'<text x="{x + 20}" y="{y}">{kind}</text>'
        x += 36 + 8 * len(kind)
    for number, sentence in enumerate(totals(timeline), start=1):
        yield f'<text x="16" y="{y + 4 + 20 * number}">{escape(sentence)}</text>'


def _label(bar: Bar) -> str:
    return f"{bar.kind}{f', turn {bar.turn}' if bar.turn else ''}: {duration(bar.end - bar.begin)}"


def _place(seconds: float, timeline: Timeline) -> float:
    return _NAMES + _CHART * seconds / (timeline.wall or 1.0)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
