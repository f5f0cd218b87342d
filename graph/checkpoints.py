"""Checkpoints in SQLite: plain data only, no type is ever rebuilt from what is stored."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.serde.types import ERROR
from langgraph.checkpoint.sqlite import SqliteSaver
from pydantic import TypeAdapter

from ..errors import StorageError
from ..redaction import redact
from ..storage.database import BUSY_SECONDS, COMMIT_QUICKLY, LEAVE_THE_LOG, MOVE_THE_LOG, in_use
from ..storage.failures import damaged, storage_error
from ..storage.rows import misfit
from ..storage.turns import turn
from ..storage.writing import Refused, at_once, patiently
from .serializer import strict_serializer
from .state import InterviewState, ReportState

Result = TypeVar("Result")

# What decoding raises for what was cut, changed or put in by somebody else.
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, RuntimeError, EOFError)
_LATEST: Final = "SELECT checkpoint_id FROM checkpoints WHERE thread_id = ? AND checkpoint_ns = ? ORDER BY rowid DESC"
_IS_SET_UP: Final = "SELECT 1 FROM pragma_table_info('writes') WHERE name = 'task_path'"
_NOT_ITS_FAULT = (asyncio.CancelledError, StorageError)


class InterruptibleSaver(SqliteSaver):
    """Keeps nothing of a step that was cancelled or could not be stored whole: it runs again when the run goes on.

    LangGraph keeps what such a step had written so far, which may be its result without the tasks that should follow;
    a run that is gone on with then takes the step for finished, sends nothing out, and stops before its end. Or it
    keeps that the step failed, and a full disk would cost an interview after there is space again.

    Each read or write is done in one go, at once or in a thread (`storage.writing`): LangGraph's asynchronous saver
    comes back to the event loop between a write and its commit, and keeps all other runs from writing until then. One
    after the other has the connection; what waits in its thread is not overtaken.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        super().__init__(connection, serde=strict_serializer())
        self.jsonplus_serde = strict_serializer()
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="checkpoints")
        self._in_thread: set[Future[Any]] = set()
        self._wait = BUSY_SECONDS

    async def aget_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The latest checkpoint of a run, or the one that is named."""
        # Who reads waits for nobody, but two cannot use the connection at once.
        if self._in_thread:
            return await self._do(self._read, config)
        with _explained(self._path):
            return self._read(config)

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a checkpoint."""
        return await self._write(self.put, config, checkpoint, metadata, new_versions)

    async def aput_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep what a step wrote, unless it was cancelled or failed for want of a place to keep it."""
        if not any(channel == ERROR and isinstance(value, _NOT_ITS_FAULT) for channel, value in writes):
            await self._write(self.put_writes, config, [_without_secrets(w) for w in writes], task_id, task_path)

    def get_next_version(self, current: Any, channel: None) -> Any:
        """The version of a channel after `current`: a whole number, which takes little room in every checkpoint.

        A run that began with the longer ones of LangGraph's own goes on with these: they are compared with each other.
        """
        return super().get_next_version(current, channel) if isinstance(current, str) else (current or 0) + 1

    @contextmanager
    def cursor(self, transaction: bool = True) -> Iterator[sqlite3.Cursor]:
        """A cursor for one read or write. Half of a write that fails is never committed, not even with the next."""
        with closing(self.conn.cursor()) as cursor:
            if not transaction:
                yield cursor
                return
            with turn(self._path), self.conn:
                yield cursor

    async def prepare(self) -> None:
        """Make the tables where there are none."""
        await self._do(self._prepare)

    async def close(self) -> None:
        """Let a write that is under way end, and close the connection: else it would keep the database locked."""
        await asyncio.to_thread(self._thread.shutdown)
        self.conn.close()

    async def _do(self, work: Callable[..., Result], *arguments: Any) -> Result:
        """Something that may take longer, in the thread. Who is cancelled meanwhile does not end it."""
        future = self._thread.submit(work, *arguments)
        self._in_thread.add(future)
        future.add_done_callback(self._in_thread.discard)
        with _explained(self._path):
            return await asyncio.wrap_future(future)

    async def _write(self, work: Callable[..., Result], *arguments: Any) -> Result:
        def within(wait: float) -> Result:
            with turn(self._path):
                if wait != self._wait:
                    self.conn.execute(f"PRAGMA busy_timeout={1000 * wait:.0f}")
                    self.conn.execute(MOVE_THE_LOG if wait else LEAVE_THE_LOG)
                    self._wait = wait
                return work(*arguments)

        if not self._in_thread:
            with suppress(Refused), _explained(self._path):
                return at_once(self._path, within)
        return await self._do(patiently, self._path, within)

    def _prepare(self) -> None:
        # Who only reads must not wait for its turn to write. The column is the last thing that `setup` makes.
        self.is_setup = self.conn.execute(_IS_SET_UP).fetchone() is not None
        if not self.is_setup:
            with turn(self._path):
                self.setup()

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The checkpoint that is named, else the one that was written last.

        Not the one with the largest id, which LangGraph makes from the clock of the machine: where that was put back,
        a run would go on from what it had left behind, for ever, and pay again each time.
        """
        if config["configurable"].get("checkpoint_id"):
            return super().get_tuple(config)
        thread, namespace = str(config["configurable"]["thread_id"]), config["configurable"].get("checkpoint_ns", "")
        with self.cursor(transaction=False) as cursor:
            latest = cursor.execute(_LATEST, (thread, namespace)).fetchone()
        if latest is None:
            return None
        return super().get_tuple(
            {"configurable": {"thread_id": thread, "checkpoint_ns": namespace, "checkpoint_id": latest[0]}}
        )

    def _read(self, config: RunnableConfig) -> CheckpointTuple | None:
        try:
            found = self.get_tuple(config)
            if found is not None:
                _require_form(found)
        except _UNREADABLE as error:
            raise damaged(f"the progress of run {config['configurable']['thread_id']}", error) from error
        return found


def _require_form(found: CheckpointTuple) -> None:
    """Hold what is stored against the types of the state, so that no node meets a value that it cannot use.

    Raises:
        ValueError: a value has another type.
    """
    values = found.checkpoint["channel_values"]
    writes = [{channel: value} for _, channel, value in found.pending_writes or ()]
    state = InterviewState if found.config["configurable"].get("checkpoint_ns") else ReportState
    for part in (values, *writes):
        known = {name: value for name, value in part.items() if name in state.__annotations__}
        if problem := misfit(_adapter(state), known):
            raise ValueError(problem)


@cache
def _adapter(state: type) -> TypeAdapter[Any]:
    return TypeAdapter(state)


def _without_secrets(write: tuple[str, Any]) -> tuple[str, Any]:
    """What a step wrote; of an error, which may quote what a client was given, its text without secrets."""
    channel, value = write
    return channel, redact(repr(value)) if channel == ERROR and isinstance(value, BaseException) else value


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Raises StorageError for what SQLite reports."""
    try:
        yield
    except sqlite3.Error as error:
        raise storage_error(path, error) from error


@asynccontextmanager
async def open_checkpointer(path: Path) -> AsyncIterator[InterruptibleSaver]:
    """The checkpointer of a database that `storage.database.prepare_database` made.

    Raises:
        StorageError: the database cannot be read or written, now or by the checkpointer later.
    """
    with in_use(path):
        with _explained(path):
            connection = sqlite3.connect(path, timeout=BUSY_SECONDS, check_same_thread=False)
            connection.execute(COMMIT_QUICKLY)
        saver = InterruptibleSaver(connection, path)
        try:
            await saver.prepare()
            yield saver
        finally:
            await saver.close()
