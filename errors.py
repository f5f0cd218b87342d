"""Every error that tertulia raises on purpose.

TertuliaError                       exit code 1
├── UsageError                      2   a flag, setting or input is wrong
│   ├── SettingsError               2   a settings file or environment variable is wrong
│   ├── MissingExtraError           2   an optional package is not installed
│   ├── PanelError                  2   a panel file or a reply about the panel cannot be used
│   └── UnknownRunError             2   there is no run with this id
├── NoEvidenceError                 4   the sources hold nothing about the topic
├── EngineError                     1   who plays the roles failed
│   ├── EngineSettingsError         2   wrong key, unknown model, wrong address
│   │   └── PromptTooLongError      2   the prompt is longer than the model can read
│   ├── EngineUnavailableError      1   the model server does not answer; worth another try
│   ├── ReplyError                  1   the model answered, but not in a form that can be used
│   └── BudgetSpentError            1   a call does not fit into the run's cap; the step is left out
├── SourceError                     1   a source failed; recorded as a gap, never fatal by itself
│   ├── SourceSettingsError         2   a source lacks its key or has a wrong address
│   └── SourceUnavailableError      1   a source does not answer; worth another try
├── DocumentError                   1   one document cannot be read; it is skipped and named
└── StorageError                    1   the database or a file cannot be read or written
    └── RunBusyError                1   another process is working on this run

`hint` tells the reader what to do next. `retryable` says whether the same call may succeed later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from .redaction import redact


class TertuliaError(Exception):
    """The root: a sentence that says what happened, and a hint that says what to do next.

    Neither holds a secret, whatever a server or a client package says: what looks like one is taken out here.
    """

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(redact(message))
        self.hint = redact(hint)


class UsageError(TertuliaError):
    """A flag, a setting or an input cannot be used."""

    exit_code = 2


class SettingsError(UsageError):
    """A settings file or an environment variable cannot be used."""


class MissingExtraError(UsageError):
    """An optional package is needed and not installed."""


class PanelError(UsageError):
    """A panel file, or a reply about the panel, cannot be used.

    `place` says where in a panel file: keys, and numbers of entries from 0.
    """

    def __init__(self, message: str, *, hint: str = "", place: Sequence[str | int] = ()) -> None:
        super().__init__(message, hint=hint)
        self.place = tuple(place)


class UnknownRunError(UsageError):
    """There is no run with this id."""


class NoEvidenceError(TertuliaError):
    """The sources hold nothing about the topic, so no report is written."""

    exit_code = 4


class EngineError(TertuliaError):
    """Who plays the roles failed."""


class EngineSettingsError(EngineError):
    """The key, the model's name or the server's address is wrong: asking again changes nothing."""

    exit_code = 2


class PromptTooLongError(EngineSettingsError):
    """The prompt is longer than the model can read: `room` tokens as its server says, 0 when it does not."""

    def __init__(self, message: str, *, hint: str = "", room: int = 0) -> None:
        super().__init__(message, hint=hint)
        self.room = room


class EngineUnavailableError(EngineError):
    """The model's server does not answer, is overloaded, or sends something that is not a reply."""

    retryable = True


class ReplyError(EngineError):
    """The model answered, but not in a form that can be used."""


class BudgetSpentError(EngineError):
    """A model call was not made, because the run's cap on cost or tokens does not allow it.

    It is never retried: the step is left out, and the report says so.
    """


class SourceError(TertuliaError):
    """A source failed. The run goes on without it and the report names the gap."""


class SourceSettingsError(SourceError):
    """A source lacks its key or has a wrong address: asking again changes nothing."""

    exit_code = 2


class SourceUnavailableError(SourceError):
    """A source does not answer or asks for fewer requests."""

    retryable = True


class DocumentError(TertuliaError):
    """One document cannot be read. It is skipped and named."""


class StorageError(TertuliaError):
    """The database or a file cannot be read or written."""


class RunBusyError(StorageError):
    """Another process is working on this run."""

    retryable = True


def explain(error: BaseException) -> str:
    """What happened and what to do, in a sentence or two; for an error that nobody planned, its type and message."""
    if isinstance(error, TertuliaError):
        return f"{error} {error.hint}".strip()
    return redact(f"{type(error).__name__}: {error}")
