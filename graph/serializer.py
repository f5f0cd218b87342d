"""How progress is written down: as msgpack, packed where that saves room, and read back as plain data only."""

from __future__ import annotations

import zlib
from typing import Any, Final

from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer

from ..storage.rows import PACKED, PROGRESS_KINDS

# Bytes. A small value gains nothing; and no state that a run can have is as large as the second.
_WORTH_PACKING: Final = 256
_LARGEST: Final = 64 * 1024**2
# The state is stored at every step and repeats itself: the quickest level makes it a third to a fifth.
_LEVEL: Final = 1


class StrictSerializer(JsonPlusSerializer):
    """Reads msgpack only: JSON and pickle, which name what to rebuild, are never written here."""

    def dumps_typed(self, obj: Any) -> tuple[str, bytes]:
        """A value with its kind, packed if it is of some size."""
        kind, data = super().dumps_typed(obj)
        if kind != "msgpack" or len(data) < _WORTH_PACKING:
            return kind, data
        return PACKED, zlib.compress(data, _LEVEL)

    def loads_typed(self, data: tuple[str, bytes]) -> Any:
        """What is stored, as data. Raises ValueError for a kind that is not ours, and for what cannot be unpacked."""
        kind, stored = data
        if kind not in PROGRESS_KINDS:
            raise ValueError(f"it is of kind {kind!s:.40}")
        return super().loads_typed(("msgpack", _unpacked(stored)) if kind == PACKED else data)


def strict_serializer() -> JsonPlusSerializer:
    """A serializer that rebuilds only LangGraph's own safe types; a tampered row runs no code (CVE-2026-28277)."""
    return StrictSerializer(pickle_fallback=False, allowed_json_modules=None, allowed_msgpack_modules=None)


def _unpacked(stored: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(stored, _LARGEST)
    except zlib.error as error:
        raise ValueError(f"it cannot be unpacked ({error})") from error
    if unpacking.unconsumed_tail or not unpacking.eof:
        raise ValueError("it is cut, or longer than a state can be")
    return data
