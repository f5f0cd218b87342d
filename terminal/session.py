"""One run at the terminal: somebody watches it, somebody reviews its panel, and its end is told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from .. import report_templates
from ..app import App, Outcome, Reviewer
from ..errors import EngineSettingsError, NoEvidenceError, StorageError, TertuliaError, UsageError
from ..events import Event, PanelApproved, ResultLine, RunStarted
from ..settings import Settings
from ..storage.runs import FINISHED, Run
from .asking import ask_line
from .collector import collecting_rarely
from .consoles import is_interactive, open_console, result, say
from .costs import estimate_line
from .delivery import STDOUT, main_file, print_report, require_writable, short_path
from .foreground import Foreground
from .picture import Limits
from .progress import LiveView, PlainView, QuietView, View
from .review import Reply, ScriptedReviewer, TerminalReviewer
from .stopping import INTERRUPTED, Stopping
from .text import plain_line


class Session:
    """Takes one run from its begin, or from where it stopped, to its end or its next pause; returns exit codes.

    `as_json` writes events and the outcome to standard output; `quiet` leaves only results, questions and errors;
    `force` replaces files that tertulia did not write.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        as_json: bool = False,
        quiet: bool = False,
        force: bool = False,
        verbosity: int = 0,
        log_file: Path | None = None,
    ) -> None:
        if quiet and verbosity:
            raise UsageError("--quiet and --verbose exclude each other.", hint="Leave one of them out.")
        self._settings = settings
        self._force = force
        self._as_json = as_json
        self._quiet = quiet
        self._verbosity = verbosity
        self._log_file = log_file
        self._app = App(settings, notify=self._tell)
        self._view: View = QuietView()
        self._person: TerminalReviewer | None = None
        self._foreground: Foreground | None = None
        self._run = ""
        self._parted = False
        self._unsaid: list[str] | None = None

    def report(
        self, topic: str, *, approve: bool, panel: Sequence[Mapping[str, Any]] = (), replies: Sequence[Reply] = ()
    ) -> int:
        """Start a run. `approve` lets it go on without a review; `replies` are given to the reviews in order."""
        require_writable(self._app, self._settings.output, self._settings.format, force=self._force)
        report_templates.check_template(self._settings.template)
        self._view = self._open_view(self._settings.turns, Limits(self._settings.max_tokens, self._settings.max_cost))

        async def begin() -> str:
            self._view.begin([])
            return (await self._app.start(plain_line(topic), approve=approve, panel=panel)).id

        return self._hold(begin, replies, eager=self._settings.eager)

    def resume(
        self,
        run: str,
        *,
        replies: Sequence[Reply] = (),
        changes: Mapping[str, Any] | None = None,
        retry_failed: bool = False,
    ) -> int:
        """Go on with a run, with other models or caps if `changes` name them. One that is finished is written again.

        `retry_failed` holds its failed interviews again.
        """
        row = self._app.runs.get(run)
        again = retry_failed and row.status == "partial"
        if row.status in FINISHED and not again:
            if retry_failed:
                self._note("Nothing had failed in this run.")
            self._mention_unused(replies)
            if changes:
                self._note("The run is finished: another model or cap changes nothing without --retry-failed.")
            return self._deliver(Outcome(row))
        formats = row.request.get("format") or self._settings.format
        require_writable(self._app, row.request.get("output", ""), formats, force=self._force)
        caps = {**row.request, **(changes or {})}
        limits = Limits(caps.get("max_tokens"), caps.get("max_cost"))
        used = (row.input_tokens + row.output_tokens, row.cost)
        self._view = self._open_view(int(row.request.get("turn_limit", 0)), limits, used)

        async def begin() -> str:
            if changes:
                await self._app.amend(row.id, changes)
            if again:
                await self._app.retry(row.id)
            self._view.begin(await self._app.panel(row.id))
            return row.id

        self._run = row.id
        return self._hold(begin, replies, eager=bool(row.request.get("eager")))

    def _hold(self, begin: Callable[[], Awaitable[str]], replies: Sequence[Reply], *, eager: bool) -> int:
        self._foreground = Foreground() if eager and is_interactive() else None
        reviewer = ScriptedReviewer(replies, then=self._open_reviewer())
        stopping = Stopping(self._interrupted)
        try:
            # Before anything heavy is imported: who comes second is told so at once.
            with stopping, self._app.hold(self._run) if self._run else nullcontext():
                run = asyncio.run if self._foreground is None else self._foreground.run
                outcome = run(self._advance(begin, reviewer, stopping))
        except KeyboardInterrupt:
            self._interrupted()
            return INTERRUPTED
        except TertuliaError as error:
            self._failed(error)
            raise
        except Exception:
            if self._run:
                say(f"Run {self._run} is kept: `tertulia resume {self._run}` goes on from what was finished.")
            raise
        if outcome.run.status in FINISHED:
            self._mention_unused(reviewer.unused)
        return self._conclude(outcome)

    async def _advance(self, begin: Callable[[], Awaitable[str]], reviewer: Reviewer, stopping: Stopping) -> Outcome:
        stopping.watch()
        try:
            with collecting_rarely():
                self._run = await begin()
            outcome = await self._app.advance(self._run, reviewer=reviewer, on_event=self._show)
        except asyncio.CancelledError:
            self._view.close()
            if stopping.asked:
                stopping.leave()
            raise
        else:
            if outcome.run.status == "awaiting_approval" and self._foreground is not None:
                # Python waits for its threads, and a search that was made ahead may hang in one.
                stopping.end_soon(self._exit_code(outcome))
            return outcome
        finally:
            self._say_unsaid()
            self._view.close()

    def _show(self, event: Event) -> None:
        self._say_unsaid()
        if self._as_json:
            _print_json(event.to_dict())
        self._view.show(event)
        if isinstance(event, RunStarted):
            self._view.note(f"Run {event.run}.")
            self._view.note(self._who_plays(event.engine))
        if isinstance(event, PanelApproved) and event.estimate and self._person is None:
            self._view.note(estimate_line(event.estimate))

    def _who_plays(self, engine: str) -> str:
        if engine != "extractive":
            return f"The model is {engine}."
        if self._settings.model:
            return "The extractive engine writes the report from verbatim sentences."
        return (
            "No model configured: the extractive engine writes the report from verbatim sentences; "
            "add --model PROVIDER:MODEL for more."
        )

    def _conclude(self, outcome: Outcome) -> int:
        if outcome.trace:
            self._note(f"Trace: {outcome.trace}")
        if outcome.run.status in FINISHED:
            return self._deliver(outcome)
        code = self._exit_code(outcome)
        if outcome.run.status == "awaiting_approval":
            self._say_how_to_go_on(outcome.run)
        else:
            say(f"Run {outcome.run.id} is {outcome.run.status}. {outcome.run.detail}")
        self._close_json(outcome.run, code, trace=outcome.trace)
        return code

    def _exit_code(self, outcome: Outcome) -> int:
        left = self._person is not None and self._person.interrupted
        return INTERRUPTED if left else outcome.exit_code

    def _deliver(self, outcome: Outcome) -> int:
        """Write a finished run's files and print where they are, or print the report itself."""
        row = outcome.run
        if row.status == "partial":
            say("The report was finished from what there was; it says what is missing.")
        if row.request.get("output") == STDOUT and not self._as_json:
            print_report(self._app, row)
            return outcome.exit_code
        try:
            files = self._app.export(row.id, force=self._force)
        except (StorageError, UsageError) as error:
            force = ", or --force in its place" if isinstance(error, UsageError) else ""
            error.hint = f"The report is kept: tertulia export {row.id} --output FOLDER writes it elsewhere{force}."
            raise
        if self._as_json:
            self._close_json(row, outcome.exit_code, files=files, trace=outcome.trace)
        else:
            result(short_path(main_file(files)))
        return outcome.exit_code

    def _failed(self, error: TertuliaError) -> None:
        if not self._run:
            return
        # What is not there is not found by asking again.
        if "tertulia resume" not in error.hint and not isinstance(error, NoEvidenceError):
            other = " --model PROVIDER:MODEL" if isinstance(error, EngineSettingsError) else ""
            error.hint = f"{error.hint} `tertulia resume {self._run}{other}` goes on from what was finished.".strip()
        self._close_json(self._app.runs.get(self._run), error.exit_code, error=str(error))

    def _interrupted(self) -> None:
        """The last words of an interrupted run, once."""
        self._view.pause()
        if self._run and not self._parted:
            self._parted = True
            say(f"Interrupted. What was finished is kept; go on with: tertulia resume {self._run}")
            if self._as_json:
                self._close_json(self._app.runs.get(self._run), INTERRUPTED)

    def _mention_unused(self, replies: Sequence[Reply]) -> None:
        if any(reply["action"] != "approve" for reply in replies):
            self._note("The panel had been approved before: --feedback and --panel changed nothing.")

    def _say_how_to_go_on(self, row: Run) -> None:
        if self._person is not None:
            say(f"The run is kept. Go on with: tertulia resume {row.id}")
            return
        say(f"Run {row.id} awaits approval of its panel. Approve it with: tertulia resume {row.id} --yes")
        if not self._quiet:
            say(f'Or change it first: tertulia resume {row.id} --feedback "…" --yes')

    def _close_json(self, row: Run, code: int, *, files: Sequence[Path] = (), trace: str = "", error: str = "") -> None:
        if self._as_json:
            line = ResultLine(
                run=row.id,
                status=row.status,
                exit_code=code,
                files=[str(file) for file in files],
                trace=trace,
                error=error,
            )
            _print_json(line.to_dict())

    def _tell(self, text: str) -> None:
        if self._unsaid is None:
            self._view.note(text)
        else:
            self._unsaid.append(text)

    def _leave_screen(self) -> None:
        """A person is asked: until something happens again, nothing is written over what they type."""
        self._view.pause()
        self._unsaid = []

    def _say_unsaid(self) -> None:
        unsaid, self._unsaid = self._unsaid or [], None
        for text in unsaid:
            self._view.note(text)

    def _note(self, text: str) -> None:
        if not self._quiet:
            say(text)

    def _open_view(self, turn_limit: int, limits: Limits, used: tuple[int, float | None] = (0, 0.0)) -> View:
        view = self._open_picture(turn_limit, limits, used)
        if not self._verbosity and self._log_file is None:
            return view
        from .logs import LoggedView  # noqa: PLC0415 - few runs are logged

        return LoggedView(view, self._verbosity, self._log_file)

    def _open_picture(self, turn_limit: int, limits: Limits, used: tuple[int, float | None]) -> View:
        if self._quiet or self._verbosity:
            return QuietView()
        console = open_console()
        moves = console.is_terminal and not console.is_dumb_terminal and not console.legacy_windows
        return LiveView(console, turn_limit, limits, used) if moves and not self._as_json else PlainView(turn_limit)

    def _open_reviewer(self) -> Reviewer | None:
        if is_interactive():
            ask = None if self._foreground is None else self._foreground.ask
            self._person = TerminalReviewer(open_console(), ask_line, self._leave_screen, ask)
        return self._person


def _print_json(line: Mapping[str, Any]) -> None:
    # Who reads the events may leave before the end: the run is finished all the same.
    with suppress(BrokenPipeError):
        result(json.dumps(line))
