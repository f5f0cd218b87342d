"""The flags of the command line, each said once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Topic = Annotated[str, typer.Argument(help="What the report is about, in quotation marks.", show_default=False)]
Run = Annotated[str, typer.Argument(metavar="RUN", help="The id of a run, or how it begins.", show_default=False)]

Analysts = Annotated[int | None, typer.Option(metavar="N", help="How many analysts.  [default: 3]")]
Turns = Annotated[int | None, typer.Option(metavar="N", help="How many questions each may ask.  [default: 2]")]
Sources = Annotated[
    list[str] | None,
    typer.Option(
        "--source", metavar="NAME", help="web, wikipedia, documents, …; repeatable.  [default: what is ready]"
    ),
]
Docs = Annotated[list[str] | None, typer.Option(metavar="PATH", help="Your documents: a file or a folder; repeatable.")]
Model = Annotated[
    str | None,
    typer.Option(metavar="PROVIDER:MODEL", help="Who thinks; `extractive` for no model.  [default: by your keys]"),
]
PlannerModel = Annotated[
    str | None, typer.Option(metavar="PROVIDER:MODEL", help="Who proposes the panel.  [default: --model]")
]
WriterModel = Annotated[
    str | None,
    typer.Option(
        metavar="PROVIDER:MODEL", help="Who writes sections, introduction and conclusion.  [default: --model]"
    ),
]
ReviewerModel = Annotated[
    str | None,
    typer.Option(metavar="PROVIDER:MODEL", help="Who corrects sentences that fail a check.  [default: --model]"),
]
BaseUrl = Annotated[
    str | None, typer.Option(metavar="URL", help="The server of --model's provider, if it is not the usual one.")
]
ContextWindow = Annotated[
    int | None,
    typer.Option(metavar="TOKENS", help="How much the models read and write in one call.  [default: what is known]"),
]
Language = Annotated[
    str | None, typer.Option(metavar="CODE", help="en, es, ca, eu, gl, …  [default: the topic's language]")
]
Concurrency = Annotated[
    int | None, typer.Option(metavar="N", help="How many calls are made at once, at most.  [default: 8]")
]

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Approve the panel without asking.")]
Feedback = Annotated[
    list[str] | None,
    typer.Option(metavar="TEXT", help="Have the panel proposed again; repeatable, in order. --yes approves it then."),
]
PanelFile = Annotated[
    Path | None, typer.Option("--panel", metavar="FILE", help="Use the analysts of this YAML or JSON file.")
]

TraceSwitch = Annotated[
    bool | None,
    typer.Option(
        "--trace/--no-trace", help="Trace the run, whatever the environment says.  [default: LANGSMITH_TRACING]"
    ),
]
RetryFailed = Annotated[
    bool,
    typer.Option("--retry-failed", help="Do again what failed in a finished run, and only that."),
]

Fallback = Annotated[
    str | None,
    typer.Option(
        metavar="extractive", help="Have what the model fails at done without one; the report says what.  [default: no]"
    ),
]
Cache = Annotated[
    bool | None,
    typer.Option("--cache", help="Answer model calls that were made before from a file, without asking again."),
]
Eager = Annotated[
    bool | None,
    typer.Option(
        "--eager",
        help="Ask the first questions, and search for them, while you read the panel. For analysts that you change or "
        "remove, these calls and searches are spent in vain.",
    ),
]
Unsupported = Annotated[
    str | None,
    typer.Option(
        metavar="mark|drop|keep", help="What becomes of a sentence that its passages do not support.  [default: mark]"
    ),
]
CheckModel = Annotated[
    str | None,
    typer.Option(metavar="PROVIDER:MODEL", help="A model that is asked for its opinion of each cited sentence, too."),
]
MaxCost = Annotated[
    float | None, typer.Option(metavar="USD", help="What all model calls of the run may cost.  [default: no cap]")
]
MaxTokens = Annotated[
    int | None, typer.Option(metavar="N", help="How many tokens they may use, in and out.  [default: no cap]")
]
Template = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE", help="The form of report.md: report, brief, or a Jinja2 file.  [default: report]"
    ),
]
Formats = Annotated[
    str | None, typer.Option("--format", metavar="LIST", help="What to write.  [default: md,html,json]")
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output", "-o", metavar="FOLDER|-", help="Where to write; - prints the report.  [default: reports/…]"
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace files that tertulia did not write.")]

JsonLines = Annotated[bool, typer.Option("--json", help="Print events and the outcome as JSON lines.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Verbose = Annotated[
    int,
    typer.Option("--verbose", "-v", count=True, help="Log lines instead of progress; -vv says more.", metavar=""),
]
LogFile = Annotated[Path | None, typer.Option("--log-file", metavar="FILE", help="Add the log of this run to a file.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress: only results, questions and errors.")]
