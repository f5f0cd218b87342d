"""The runs table: what there is, in which state, and the finished reports."""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, get_args

from ..errors import UnknownRunError
from .asked import require_request, unpacked_reply
from .database import connect, prepare_database, reading
from .failures import damaged

Status = Literal[
    "created", "running", "awaiting_approval", "interrupted", "failed", "no_evidence", "cancelled", "partial", "done"
]
FINISHED: Final[frozenset[Status]] = frozenset({"partial", "done"})

RUN_COLUMNS = (
    "id, topic, status, created_at, updated_at, request, engine, title, output, detail, "
    "input_tokens, output_tokens, trace, cost"
)


@dataclass(frozen=True, slots=True)
class Run:
    """One row: `request` is what the run was asked for, without secrets; `detail` says why it failed or stopped.

    `trace` holds the links to its traces, a line for each part of the run. `cost` is what its model calls cost so far,
    in USD; None when a price is not known.
    """

    id: str
    topic: str
    status: Status
    created_at: str
    updated_at: str
    request: dict[str, Any]
    engine: str
    title: str
    output: str
    detail: str
    input_tokens: int
    output_tokens: int
    trace: str
    cost: float | None

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON-ready data."""
        return {name: getattr(self, name) for name in self.__slots__}


def new_run_id() -> str:
    """Eight letters and digits that are easy to type: no vowels, so no words; no 0, 1 or l."""
    import secrets  # noqa: PLC0415 - nothing that is only read needs it

    return "".join(secrets.choice("bcdfghjkmnpqrstvwxz23456789") for _ in range(8))


class Runs:
    """The runs of one home folder."""

    def __init__(self, home: Path) -> None:
        self.path = prepare_database(home)

    def create(self, run: str, *, topic: str, request: Mapping[str, Any], now: str) -> None:
        """Note a run before anything is done for it."""
        with connect(self.path) as connection:
            connection.execute(
                "INSERT INTO runs (id, topic, status, created_at, updated_at, request) VALUES (?,?,?,?,?,?)",
                (run, topic, "created", now, now, _json(dict(request))),
            )

    def update(self, run: str, *, now: str, status: Status, **fields: str | float | None) -> None:
        """Note what became of a run. `fields` are columns: engine, title, output, detail."""
        unknown = set(fields) - set(Run.__slots__)
        if unknown or status not in get_args(Status):
            raise ValueError(f"not a column or status: {sorted(unknown)} {status}")
        values: dict[str, str | float | None] = {"status": status, "updated_at": now, **fields}
        assignments = ", ".join(f"{name} = :{name}" for name in values)
        with connect(self.path) as connection:
            connection.execute(f"UPDATE runs SET {assignments} WHERE id = :id", {**values, "id": run})  # noqa: S608 - checked above

    def save_output(self, run: str, output: str, *, now: str) -> None:
        """Note where a run was written, and nothing else: it may have gone on while its files were made."""
        with connect(self.path) as connection:
            connection.execute("UPDATE runs SET output = ?, updated_at = ? WHERE id = ?", (output, now, run))

    def save_request(self, run: str, request: Mapping[str, Any]) -> None:
        """Exchange what a run is asked for, before it goes on."""
        data = _json(dict(request))
        with connect(self.path) as connection:
            connection.execute("UPDATE runs SET request = ? WHERE id = ?", (data, run))

    def get(self, run: str) -> Run:
        """A run by its id, or by the beginning of it when only one run begins so.

        Raises:
            UnknownRunError: no run, or several, have this id.
        """
        prefix = run.strip().lower()
        with reading(self.path) as connection:
            rows = connection.execute(
                f"SELECT {RUN_COLUMNS} FROM runs WHERE substr(id, 1, ?) = ? ORDER BY id",  # noqa: S608 - constant columns
                (len(prefix), prefix),
            ).fetchall()
        exact = [row for row in rows if row["id"] == prefix]
        if prefix and (exact or len(rows) == 1):
            return read_run((exact or rows)[0])
        what = f"Several runs begin with {run!r}." if prefix and rows else f"There is no run {run!r}."
        raise UnknownRunError(what, hint="`tertulia runs` lists the runs there are.")

    def list(self) -> list[Run]:
        """All runs, newest first."""
        with reading(self.path) as connection:
            rows = connection.execute(f"SELECT {RUN_COLUMNS} FROM runs ORDER BY created_at DESC, id").fetchall()  # noqa: S608
        return [read_run(row) for row in rows]

    def add_trace(self, run: str, link: str) -> None:
        """Keep the link to the trace of one more part of the run."""
        with connect(self.path) as connection:
            connection.execute(
                "UPDATE runs SET trace = ltrim(trace || char(10) || ?, char(10)) WHERE id = ?", (link, run)
            )

    def save_usage(self, run: str, *, input_tokens: int, output_tokens: int, cost: float | None) -> None:
        """Note what the run's model calls used so far."""
        with connect(self.path) as connection:
            connection.execute(
                "UPDATE runs SET input_tokens = ?, output_tokens = ?, cost = ? WHERE id = ?",
                (input_tokens, output_tokens, cost, run),
            )

    def save_reply(self, run: str, question: str, reply: Mapping[str, Any]) -> None:
        """Keep a person's reply before the graph gets it. `question` is the id of what it answers."""
        # Half of a character, which JSON and a command line can hold, cannot be stored.
        data = _json({"question": question, "reply": dict(reply)}).encode("utf-8", "replace").decode("utf-8")
        with connect(self.path) as connection:
            connection.execute("UPDATE runs SET reply = ? WHERE id = ?", (data, run))

    def load_reply(self, run: str, question: str) -> dict[str, Any] | None:
        """The reply to this question, if one was kept: a reply that was used already answers an older question."""
        with reading(self.path) as connection:
            row = connection.execute("SELECT reply FROM runs WHERE id = ?", (run,)).fetchone()
        kept = unpacked_reply(run, row["reply"]) if row is not None and row["reply"] else {}
        reply: dict[str, Any] | None = kept["reply"] if kept.get("question") == question else None
        return reply

    def save_report(self, run: str, report: Mapping[str, Any]) -> None:
        """Keep the finished report, compressed: it holds the texts of all documents."""
        # A little longer than with the usual level, in about half the time.
        packing = zlib.compressobj(4)
        data = b"".join([*(packing.compress(piece.encode()) for piece in _pieces(report)), packing.flush()])
        with connect(self.path) as connection:
            connection.execute("UPDATE runs SET report = ? WHERE id = ?", (data, run))

    def load_report(self, run: str) -> dict[str, Any] | None:
        """The finished report, or None when the run has none yet.

        Raises:
            StorageError: what is stored cannot be read.
        """
        with reading(self.path) as connection:
            row = connection.execute("SELECT report FROM runs WHERE id = ?", (run,)).fetchone()
        if row is None or row["report"] is None:
            return None
        from .rows import unpacked_report  # noqa: PLC0415 - imports the report's form, which a list of runs never needs

        return unpacked_report(run, row["report"])

    def delete(self, run: str) -> None:
        """Forget a run: its row, its evidence, its checkpoints, and what was written for it."""
        with connect(self.path) as connection:
            connection.execute("DELETE FROM runs WHERE id = ?", (run,))
            connection.execute("DELETE FROM documents WHERE run = ?", (run,))
            connection.execute("DELETE FROM passages WHERE run = ?", (run,))
            connection.execute("DELETE FROM files WHERE run = ?", (run,))
            connection.execute("DELETE FROM usage WHERE run = ?", (run,))
            connection.execute("DELETE FROM events WHERE run = ?", (run,))
            for table in ("checkpoints", "writes"):
                if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
                    connection.execute(f"DELETE FROM {table} WHERE thread_id = ?", (run,))  # noqa: S608 - two constants


def _pieces(report: Mapping[str, Any]) -> Iterator[str]:
    """A report's JSON in pieces: as one text it would take more memory than the report itself."""
    yield "{"
    for place, (name, value) in enumerate(report.items()):
        yield f"{',' if place else ''}{json.dumps(name)}:"
        yield from _list_pieces(value) if isinstance(value, list) else [_json(value)]
    yield "}"


def _list_pieces(values: Sequence[Any]) -> Iterator[str]:
    yield "["
    for place, value in enumerate(values):
        yield f"{',' if place else ''}{_json(value)}"
    yield "]"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def read_run(row: sqlite3.Row) -> Run:
    """A row of the table as a run.

    Raises:
        StorageError: it cannot be understood.
    """
    values = dict(row)
    texts = ("id", "topic", "created_at", "updated_at", "engine", "title", "output", "detail", "trace")
    try:
        if values["status"] not in get_args(Status) or not all(isinstance(values[name], str) for name in texts):
            raise ValueError("a value has the wrong form")
        datetime.fromisoformat(values["created_at"])
        datetime.fromisoformat(values["updated_at"])
    except (ValueError, TypeError) as error:
        raise damaged(f"the row of run {row['id']!s:.40}", error) from error
    try:
        values["request"] = require_request(values["request"])
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(f"the request of run {row['id']}", error) from error
    return Run(**values)
