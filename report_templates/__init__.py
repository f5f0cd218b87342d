"""How a report looks: Jinja2 templates and locale catalogues. A report comes in as plain data, text goes out."""

from __future__ import annotations

from .html_page import render_html
from .markdown_page import TEMPLATES, check_template, render_markdown
from .slugs import slugify
from .transcripts import render_transcript

__all__ = ["TEMPLATES", "check_template", "render_html", "render_markdown", "render_transcript", "slugify"]
