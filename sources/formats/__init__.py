"""What files say: one module per form, each a pure function from bytes to light Markdown."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final

from .content import Content

__all__ = ["KINDS", "Content", "read_content"]

# The form of a file by the end of its name.
KINDS: Final = {
    ".md": "md",
    ".markdown": "md",
    ".txt": "txt",
    ".text": "txt",
    ".rst": "txt",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".pdf": "pdf",
    ".docx": "docx",
    ".csv": "csv",
    ".tsv": "csv",
}


def read_content(kind: str, data: bytes) -> Content:
    """What a file of one of the `KINDS` says.

    Raises:
        DocumentError: the bytes are not what the kind promises, or are encrypted.
    """
    # Imported on first use: the parsers are heavy and most runs need one or two of them.
    module = import_module(f".{kind}", __name__)
    read: Callable[[bytes], Content] = module.read
    return read(data)
