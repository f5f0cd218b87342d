"""The use cases: start a run, advance it, read it, export it, delete it. Opens effects and closes them.

Nothing here imports LangGraph or LangChain until a run advances, so that everything else starts fast.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import RunBusyError, TertuliaError, UsageError
from .events import Event, RunStarted
from .exporting import export_files
from .recording import EXIT_CODES, recorded
from .requesting import amended, request_of, settings_of
from .reviewing import reviewed
from .settings import Format, Settings
from .storage.locks import forget_lock, run_lock
from .storage.runs import FINISHED, Run, Runs
from .tracing import Trace, finish_tracing, traced_as

if TYPE_CHECKING:
    from .graph.backend import Backend, Progress
    from .graph.effects import Effects

Reviewer = Callable[[Mapping[str, Any]], Awaitable[Mapping[str, Any] | None]]
"""Who reviews a panel: gets the payload (`graph.panel.review_payload`), returns a reply or None to decide later."""


# Which runs, of which home, the current task or thread holds.
_held: ContextVar[frozenset[tuple[Path, str]]] = ContextVar("tertulia_held", default=frozenset())


@dataclass(frozen=True, slots=True)
class Outcome:
    """How far a run came: its status, the files that were written, and the link to its trace, if any."""

    run: Run
    files: Sequence[Path] = field(default=())
    trace: str = ""

    @property
    def exit_code(self) -> int:
        """The exit code of the contract (DESIGN.md, "The command line")."""
        return EXIT_CODES.get(self.run.status, 1)


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


class App:
    """What the command line, the web page and the Python API do, over one home folder.

    `notify` gets sentences for a person: documents loaded, files skipped.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        notify: Callable[[str], None] = lambda _: None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.settings = settings
        self.runs = Runs(settings.home)
        self._notify = notify
        self._clock = clock
        self._opened: dict[str, Effects] = {}
        self._at_work: set[str] = set()

    async def start(self, topic: str, *, approve: bool = False, panel: Sequence[Mapping[str, Any]] = ()) -> Run:
        """Note a new run after checking that it can begin. `panel` is used as it is, without a proposal.

        Raises:
            UsageError: the topic, a source, a document or the model cannot be used.
        """
        request = request_of(self.settings, topic, approve=approve, panel=panel)
        effects = await asyncio.to_thread(self._open, request)
        try:
            await self._load_documents(effects)
            run = await self._backend().submit(request)
        except BaseException:
            await effects.close()
            raise
        self._opened[run] = effects
        return self.runs.get(run)

    @contextmanager
    def hold(self, run: str) -> Iterator[None]:
        """Keep other processes from working on a run while the block lasts. `advance` does so by itself.

        Whoever holds it may hold it again inside, also in what it calls and in tasks that it starts.

        Raises:
            RunBusyError: another process, or another task or thread of this one, works on it.
        """
        held = (self.settings.home, run)
        if held in _held.get():
            yield
            return
        with run_lock(self.settings.home, run):
            _held.set(_held.get() | {held})
            try:
                yield
            finally:
                _held.set(_held.get() - {held})

    @contextmanager
    def _work(self, run: str) -> Iterator[None]:
        """Hold a run, and do one thing with it at a time: not even its holder deletes a run that it advances.

        Raises:
            RunBusyError: another process, another task or thread of this one, or its holder works on it.
        """
        with self.hold(run):
            if run in self._at_work:
                raise RunBusyError(f"Run {run} is being worked on by this process.", hint="Wait for it, or stop it.")
            self._at_work.add(run)
            try:
                yield
            finally:
                self._at_work.discard(run)

    async def retry(self, run: str) -> Run:
        """Get a run that was finished without some of its parts ready to try these again; `advance` does it.

        Its report stays what it is until there is a new one.

        Raises:
            UnknownRunError: there is no such run.
            UsageError: nothing failed in it.
        """
        row = self.runs.get(run)
        with self._work(row.id):
            await self._backend().retry(row.id)
        return self.runs.get(row.id)

    async def amend(self, run: str, changes: Mapping[str, Any]) -> None:
        """Have a run go on with other models, another server or other caps. `changes` are fields of `Settings`.

        A base URL stays with its provider: a model of another one is looked for at its usual address.

        Raises:
            UnknownRunError: there is no such run.
            RunBusyError: somebody works on it, in this process or another.
            EngineSettingsError: a model cannot be used; the run stays as it was.
        """
        row = self.runs.get(run)
        with self._work(row.id):
            request = amended(row.request, changes)
            effects = await asyncio.to_thread(self._open, request)
            await asyncio.to_thread(self.runs.save_request, row.id, request)
            await self._close_unused(row.id)
            self._opened[row.id] = effects

    async def advance(
        self, run: str, *, reviewer: Reviewer, on_event: Callable[[Event], None] = lambda _: None
    ) -> Outcome:
        """Go on with a run until it is finished or waits for a reviewer who decides later.

        Raises:
            UnknownRunError: there is no such run.
            RunBusyError: somebody works on it, in this process or another.
            TertuliaError: why the run failed; what was finished is kept.
        """
        row = self.runs.get(run)
        roots: list[str] = []

        def listen(event: Event) -> None:
            if isinstance(event, RunStarted):
                roots.append(event.trace)
            on_event(event)

        trace = Trace()
        with self._work(row.id), traced_as(self.settings.trace, self.settings.trace_project):
            try:
                async with recorded(self.runs, row.id, self._clock, listen) as (tell, keep):
                    await self._drive(self._backend(), row.id, reviewer, tell, keep)
            finally:
                if any(roots):
                    trace = await asyncio.to_thread(finish_tracing, roots[-1], self._scores(row.id))
                    await asyncio.to_thread(self._note_trace, row.id, trace)
                await self._close_unused(row.id)
            return Outcome(self.runs.get(row.id), trace=trace.link)

    def report(self, run: str) -> dict[str, Any]:
        """The finished report of a run with its evidence (`evidence.report.Report`).

        Raises:
            UnknownRunError: there is no such run.
            UsageError: it has no report yet.
        """
        row = self.runs.get(run)
        report = self.runs.load_report(row.id)
        if report is None:
            raise UsageError(f"Run {row.id} has no report: it is {row.status}.", hint=_next_step(row))
        return report

    def export(
        self,
        run: str,
        *,
        formats: Sequence[Format] = (),
        output: str = "",
        template: str = "",
        force: bool = False,
    ) -> list[Path]:
        """Write a finished run's files into a folder, without a model or the network.

        What is not given is as the run was asked for; `output` defaults to where the run was written before, else
        `reports/<slug>-<run>`. `force` replaces files that tertulia did not write.

        Raises:
            UsageError: a file is in the way that tertulia did not write, or that was changed since.
        """
        row = self.runs.get(run)
        report = self.report(row.id)
        formats = formats or row.request.get("format") or self.settings.format
        template = template or row.request.get("template") or self.settings.template
        folder, files = export_files(
            self.runs, row, report, formats=formats, template=template, output=output, force=force
        )
        self.runs.save_output(row.id, str(folder), now=self._now())
        return files

    def delete(self, run: str) -> Run:
        """Forget a run; the files that were written stay.

        Raises:
            UnknownRunError: there is no such run.
            RunBusyError: somebody works on it, in this process or another.
        """
        row = self.runs.get(run)
        with self._work(row.id):
            self.runs.delete(row.id)
        # What was opened for it and never used holds nothing open.
        self._opened.pop(row.id, None)
        forget_lock(self.settings.home, row.id)
        return row

    async def review_payload(self, run: str) -> Mapping[str, Any]:
        """What waits for a person, or an empty mapping."""
        progress: Progress = await self._backend().status(run)
        return progress.review

    async def panel(self, run: str) -> Sequence[Mapping[str, Any]]:
        """The panel of a run, finished or not; empty before one is proposed.

        Raises:
            UnknownRunError: there is no such run.
        """
        row = self.runs.get(run)
        if row.status in FINISHED:
            panel: Sequence[Mapping[str, Any]] = self.report(row.id)["panel"]
            return panel
        progress: Progress = await self._backend().status(row.id)
        return progress.panel

    async def _drive(
        self,
        backend: Backend,
        run: str,
        reviewer: Reviewer,
        tell: Callable[[Event], None],
        keep: Callable[[Event], None],
    ) -> None:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(backend.release, run)
            while True:
                try:
                    async with aclosing(backend.events(run)) as events:
                        async for event in events:
                            tell(event)
                finally:
                    # Where the listener raised: the steps that said so are kept as done, and not done again.
                    for event in backend.unheard(run):
                        keep(event)
                progress = await backend.status(run)
                if progress.status != "awaiting_approval":
                    return
                reply = await reviewed(backend, run, reviewer(progress.review))
                if reply is None:
                    return
                await backend.review(run, reply)

    def _backend(self) -> Backend:
        from .graph.local import LocalBackend  # noqa: PLC0415 - imports LangGraph

        return LocalBackend(self.runs, self._take_effects, clock=self._clock, concurrency=self.settings.concurrency)

    def _take_effects(self, run: str, request: Mapping[str, Any]) -> Effects:
        """The effects that `start` opened for this run, or new ones."""
        return self._opened.pop(run, None) or self._open(request)

    def _open(self, request: Mapping[str, Any]) -> Effects:
        from .agents import open_engine, open_reviewer  # noqa: PLC0415 - imports LangChain when a model plays
        from .graph.effects import Effects  # noqa: PLC0415
        from .sources import default_names, open_sources  # noqa: PLC0415

        settings = settings_of(self.settings, request)
        names = list(settings.sources) or default_names(settings)
        engine = open_engine(settings)
        judge = open_reviewer(settings, settings.check_model) if settings.check_model else None
        return Effects(engine, open_sources(settings, names, clock=self._clock, notify=self._notify), judge)

    async def _load_documents(self, effects: Effects) -> None:
        """Read the user's documents before anything is paid for, and say what was loaded and what was skipped."""
        if "documents" not in effects.sources:
            return
        from .sources.documents import DocumentsSource  # noqa: PLC0415 - only runs with documents need it

        for source in effects.sources.values():
            if isinstance(source, DocumentsSource):
                self._notify((await source.load()).summary())

    async def _close_unused(self, run: str) -> None:
        """Close what was opened for a run that did not come to use it."""
        if (effects := self._opened.pop(run, None)) is not None:
            await effects.close()

    def _scores(self, run: str) -> dict[str, float]:
        """What is said of a finished report beside its trace: how much of it cites, and how much was verified."""
        report = self.runs.load_report(run) if self.runs.get(run).status in FINISHED else None
        sentences = report["summary"]["sentences"] if report is not None else 0
        if report is None or not sentences:
            return {}
        summary = report["summary"]
        return {
            "citation_coverage": round(summary["cited"] / sentences, 4),
            "verified_share": round(summary["verified"] / sentences, 4),
        }

    def _note_trace(self, run: str, trace: Trace) -> None:
        if trace.problem:
            self._notify(f"The trace could not be sent whole: {trace.problem}")
        if trace.link:
            self.runs.add_trace(run, trace.link)

    def _now(self) -> str:
        return self._clock().isoformat(timespec="seconds")


def _next_step(row: Run) -> str:
    return "" if row.status in FINISHED else f"Go on with `tertulia resume {row.id}`."


__all__ = ["EXIT_CODES", "App", "Outcome", "Reviewer", "TertuliaError", "utc_now"]
