"""The door: thin commands that read flags, call the use cases and print."""

# Flags reach the settings through the context, by their names: the arguments look unused, and there are many.
# Imports wait for the command that needs them, so that `--help` is quick.
# ruff: noqa: A002, ARG001, PLC0415, PLR0917

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from .errors import UsageError
from .terminal import examples
from .terminal.commands import Command, Commands
from .terminal.consoles import result, say
from .terminal.edge import run_command
from .terminal.options import (
    Analysts,
    BaseUrl,
    Cache,
    CheckModel,
    Concurrency,
    ContextWindow,
    Docs,
    Eager,
    Fallback,
    Feedback,
    Force,
    Formats,
    Json,
    JsonLines,
    Language,
    LogFile,
    MaxCost,
    MaxTokens,
    Model,
    Output,
    PanelFile,
    PlannerModel,
    Quiet,
    RetryFailed,
    ReviewerModel,
    Run,
    Sources,
    Template,
    Topic,
    TraceSwitch,
    Turns,
    Unsupported,
    Verbose,
    WriterModel,
    Yes,
)

if TYPE_CHECKING:
    from .app import App
    from .settings import Settings

# What `resume` can change about a run.
_AMENDABLE: Final = ("model", "planner_model", "writer_model", "reviewer_model", "base_url", "max_cost", "max_tokens")

app = typer.Typer(
    name="tertulia",
    cls=Commands,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=examples.TERTULIA,
)


def main() -> None:
    """Run the command line and leave with the exit code of the contract (DESIGN.md)."""
    for stream in (sys.stdin, sys.stdout):
        # What a terminal cannot show, or what is not its encoding, is replaced rather than fatal.
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    code = run_command(app)
    try:
        sys.stdout.flush()
    except (BrokenPipeError, AttributeError):
        # Who read the result has enough; the interpreter must not complain when it flushes once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = code or 1
    sys.exit(code)


@app.callback(invoke_without_command=True)
def tertulia(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and leave.")] = False,
) -> None:
    """A topic becomes a cited report: a panel of analysts interviews the evidence."""
    if version:
        from .version import VERSION

        result(f"tertulia {VERSION}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        result(context.get_help())


@app.command(cls=Command, epilog=examples.REPORT)
def report(
    context: typer.Context,
    topic: Topic,
    analysts: Analysts = None,
    turns: Turns = None,
    sources: Sources = None,
    docs: Docs = None,
    model: Model = None,
    planner_model: PlannerModel = None,
    writer_model: WriterModel = None,
    reviewer_model: ReviewerModel = None,
    base_url: BaseUrl = None,
    context_window: ContextWindow = None,
    language: Language = None,
    yes: Yes = False,
    feedback: Feedback = None,
    panel: PanelFile = None,
    concurrency: Concurrency = None,
    fallback: Fallback = None,
    cache: Cache = None,
    eager: Eager = None,
    unsupported: Unsupported = None,
    check_model: CheckModel = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    template: Template = None,
    format: Formats = None,
    output: Output = None,
    force: Force = False,
    trace: TraceSwitch = None,
    json_lines: JsonLines = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
    quiet: Quiet = False,
) -> None:
    """Write a report on a topic.

    The panel of analysts is shown first, to be approved or changed. Without a terminal the run stops there, unless
    --yes or --panel is given.
    """
    from .terminal.session import Session

    settings = _settings(context)
    if json_lines and settings.output == "-":
        raise UsageError("--json and --output - both want standard output.", hint="Leave one of them out.")
    replies, invited = _replies(yes, feedback, panel)
    approve = bool(invited) or (yes and not feedback)
    session = Session(settings, as_json=json_lines, quiet=quiet, force=force, verbosity=verbose, log_file=log_file)
    raise typer.Exit(session.report(topic, approve=approve, panel=invited, replies=[] if invited else replies))


@app.command(cls=Command, epilog=examples.RESUME)
def resume(
    context: typer.Context,
    run: Run,
    yes: Yes = False,
    feedback: Feedback = None,
    panel: PanelFile = None,
    model: Model = None,
    planner_model: PlannerModel = None,
    writer_model: WriterModel = None,
    reviewer_model: ReviewerModel = None,
    base_url: BaseUrl = None,
    max_cost: MaxCost = None,
    max_tokens: MaxTokens = None,
    retry_failed: RetryFailed = False,
    force: Force = False,
    trace: TraceSwitch = None,
    json_lines: JsonLines = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
    quiet: Quiet = False,
) -> None:
    """Go on with a run after a pause, an interruption or a crash. What was finished is not done again.

    It goes on with the models and the caps it began with, unless others are given here.
    """
    from .terminal.session import Session

    replies, _ = _replies(yes, feedback, panel)
    given = {name: context.params[name] for name in _AMENDABLE if context.params[name] is not None}
    session = Session(
        _settings(context), as_json=json_lines, quiet=quiet, force=force, verbosity=verbose, log_file=log_file
    )
    outcome = session.resume(run, replies=replies, changes=given, retry_failed=retry_failed)
    raise typer.Exit(outcome)


@app.command(cls=Command)
def runs(as_json: Json = False) -> None:
    """List the runs there are, newest first, and say how those that wait go on."""
    from .home import find_home
    from .terminal.listing import list_runs, say_what_waits

    home = find_home()
    found = list_runs(home)
    if as_json:
        result(json.dumps([run.to_dict() for run in found], indent=1))
    elif found:
        from .terminal.tables import show_runs

        show_runs(found)
        say_what_waits(found, home)
    else:
        say("There are no runs yet. `tertulia demo` makes the first one.")


@app.command(cls=Command)
def show(
    context: typer.Context,
    run: Run,
    panel: Annotated[
        bool, typer.Option("--panel", help="Its panel; in a file or a pipe as --panel FILE reads it.")
    ] = False,
    interview: Annotated[
        int, typer.Option("--interview", metavar="N", help="The transcript of one interview.", show_default=False)
    ] = 0,
    cited: Annotated[bool, typer.Option("--sources", help="The sources it cites.")] = False,
    checks: Annotated[bool, typer.Option("--checks", help="Its sentences with their verdicts.")] = False,
    traces: Annotated[bool, typer.Option("--trace", help="The links to its traces.")] = False,
    timeline: Annotated[bool, typer.Option("--timeline", help="What ran when, interviews as lanes.")] = False,
    svg: Annotated[bool, typer.Option("--svg", help="With --timeline: as an SVG picture.")] = False,
    template: Template = None,
    as_json: Json = False,
) -> None:
    """Show a report, its panel, an interview, its sources, its checks, its traces or its timeline."""
    from .terminal import showing

    if panel + bool(interview) + cited + checks + traces + timeline > 1:
        raise UsageError(
            "--panel, --interview, --sources, --checks, --trace and --timeline exclude each other.",
            hint="Choose one of them.",
        )
    if svg and (as_json or not timeline):
        raise UsageError("--svg is a form of --timeline.", hint="Add --timeline, and leave --json out.")
    app_ = _app(context)
    if panel:
        showing.show_panel(app_, run, as_json=as_json)
    elif cited:
        showing.show_sources(app_, run, as_json=as_json)
    elif checks:
        showing.show_checks(app_, run, as_json=as_json)
    elif timeline:
        showing.show_timeline(app_, run, as_svg=svg, as_json=as_json)
    elif traces:
        showing.show_traces(app_, run, as_json=as_json)
    elif interview:
        showing.show_interview(app_, run, interview, as_json=as_json)
    else:
        showing.show_report(app_, run, template or "", as_json=as_json)


@app.command(cls=Command)
def export(
    context: typer.Context,
    run: Run,
    format: Formats = None,
    output: Output = None,
    template: Template = None,
    force: Force = False,
) -> None:
    """Write a finished run again, in any format, without a model or the network."""
    from .terminal.delivery import export_run

    export_run(_app(context), run, force=force)


@app.command(cls=Command, epilog=examples.VERIFY)
def verify(
    context: typer.Context,
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN|PATH", help="A run, its folder, an evidence.json, or a Markdown report.", show_default=False
        ),
    ],
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 1 as well when a sentence does not hold or anything is amiss.")
    ] = False,
    template: Template = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one line for each report.")] = False,
) -> None:
    """Check reports again, without a model or the network.

    A report of tertulia: every hash, passage, citation, number, sentence and verdict of its evidence.json, and that the
    files beside it say what the evidence gives. A Markdown report of any other tool: markers that lead nowhere, sources
    that are listed twice or never cited, numbers without a citation.
    """
    from .terminal.verification import verify_and_show

    raise typer.Exit(verify_and_show(targets, _settings(context), strict=strict, as_json=as_json))


@app.command(cls=Command)
def delete(
    context: typer.Context, run: Run, yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False
) -> None:
    """Forget a run. Files that were written stay."""
    from .terminal.listing import delete_run

    delete_run(_app(context), run, asked=yes)


@app.command(cls=Command)
def demo(
    output: Output = None,
    json_lines: JsonLines = False,
    verbose: Verbose = 0,
    log_file: LogFile = None,
    quiet: Quiet = False,
) -> None:
    """Write a report from the bundled documents: no key, no network, no model."""
    from .terminal.demo import DEMO_TOPIC, demo_settings
    from .terminal.session import Session

    session = Session(demo_settings(output), as_json=json_lines, quiet=quiet, verbosity=verbose, log_file=log_file)
    raise typer.Exit(session.report(DEMO_TOPIC, approve=True))


@app.command(cls=Command)
def doctor(
    model: Annotated[
        str | None,
        typer.Option(metavar="PROVIDER:MODEL", help="Find out with two tiny calls what this model can do."),
    ] = None,
    base_url: BaseUrl = None,
    offline: Annotated[bool, typer.Option("--offline", help="Do not knock at any address.")] = False,
    as_json: Json = False,
) -> None:
    """Say what is configured, reachable and missing, and how to mend it."""
    from .doctor import examine, is_well

    if offline and model:
        raise UsageError("--model asks the model, and --offline asks nobody.", hint="Leave one of them out.")
    findings = examine(online=not offline, flags={"model": model, "base_url": base_url})
    if as_json:
        result(json.dumps([finding.to_dict() for finding in findings], indent=1))
    else:
        from .terminal.tables import show_findings

        show_findings(findings)
    raise typer.Exit(0 if is_well(findings) else 1)


@app.command("sources", cls=Command)
def list_sources(context: typer.Context, as_json: Json = False) -> None:
    """List the places that can be searched, their settings and state."""
    from .sources import available

    found = available(_settings(context))
    if as_json:
        result(json.dumps([asdict(source) for source in found], indent=1))
    else:
        from .terminal.tables import show_sources

        show_sources(found)


@app.command(cls=Command)
def graph() -> None:
    """Print the state graph as Mermaid."""
    from .terminal.diagram import draw_graph

    result(draw_graph())


def _settings(context: typer.Context) -> Settings:
    """The settings with this command's flags on top: a flag that names a setting is one."""
    from .settings import Settings, load_settings

    flags = {name: value for name, value in context.params.items() if name in Settings.model_fields}
    return load_settings({name: None if value in ([], ()) else value for name, value in flags.items()})


def _app(context: typer.Context) -> App:
    from .app import App

    return App(_settings(context), notify=say)


def _replies(yes: bool, feedback: list[str] | None, panel: Path | None) -> tuple[list[Any], list[Any]]:
    """What the flags reply to a panel, and the analysts of the panel file."""
    from .terminal.panels import read_panel
    from .terminal.review import scripted_replies

    if panel is not None and feedback:
        raise UsageError("--panel and --feedback exclude each other.", hint="Change the file, or leave it out.")
    invited = read_panel(panel) if panel is not None else []
    return scripted_replies(approve=yes, feedback=feedback or [], panel=invited), invited
