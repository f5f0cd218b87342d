"""The writer: turns an interview into a section, and the sections into introduction and conclusion."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from ..roles import ComposeBrief, Opening, Section, SectionBrief
from .bearing import Bearing
from .composing import compose_conclusion, compose_introduction
from .sections import compose_section


class ExtractiveWriter:
    """Arranges quoted sentences; it adds no word of its own but titles."""

    async def write_section(self, brief: SectionBrief) -> Section:
        """The section of one interview: 150 to 300 words when the evidence has them."""
        return await asyncio.to_thread(_compose_section, brief)

    async def write_introduction(self, brief: ComposeBrief) -> Opening:
        """The title, and what the cited documents say first about the topic."""
        return await asyncio.to_thread(compose_introduction, brief)

    async def write_conclusion(self, brief: ComposeBrief) -> str:
        """The most central sentences of the cited passages that were not used yet."""
        return await asyncio.to_thread(compose_conclusion, brief)


def _compose_section(brief: SectionBrief) -> Section:
    """The section, from those excerpts that have to do with the topic."""
    nearest = Bearing(brief.topic, brief.excerpts, brief.language).nearest(brief.excerpts)
    return compose_section(replace(brief, excerpts=nearest))
