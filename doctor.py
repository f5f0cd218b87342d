"""What is configured, reachable and missing, and how to mend it. Keys are never shown, only whether they are set."""

from __future__ import annotations

import importlib.util
import os
import platform
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from . import sources
from .agents import EXTRACTIVE, choose_model
from .agents.language_model.casting import cast_roles, engine_name, settings_for
from .agents.language_model.providers import PROVIDERS, address_of, split_name
from .errors import SettingsError, TertuliaError, UsageError
from .redaction import redact
from .settings import Settings, load_settings
from .storage.inspection import inspect_home
from .tracing import traces_to, tracing_enabled
from .version import VERSION

State = Literal["ok", "off", "missing", "unreachable", "broken"]

_REACH_SECONDS: Final = 2.0
_WIKIPEDIA: Final = "https://{language}.wikipedia.org/w/api.php"
_TAVILY: Final = "https://api.tavily.com"
_LANGSMITH: Final = "https://api.smith.langchain.com"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. Only `broken` means that something which was configured does not work."""

    name: str
    state: State
    detail: str
    hint: str = ""

    def to_dict(self) -> dict[str, str]:
        """The finding as JSON-ready data."""
        return asdict(self)


def examine(
    *, online: bool, environment: Mapping[str, str] | None = None, flags: Mapping[str, Any] | None = None
) -> list[Finding]:
    """Look at everything. `online` also knocks at the addresses that a run would use, for two seconds at most.

    `flags` are settings of the command line; a model among them is asked what it can do.
    """
    environment = os.environ if environment is None else environment
    findings = [Finding("tertulia", "ok", f"{VERSION}, Python {platform.python_version()} at {sys.executable}")]
    try:
        settings = load_settings(flags, environment=environment)
    except SettingsError as error:
        # The rest is still worth knowing, as it would be without settings.
        findings.append(Finding("settings", "broken", str(error), error.hint))
        settings = Settings()
        flags = {}
    findings += [*_home(settings), _engine(settings, environment), *_providers(environment), *_sources(settings)]
    findings.append(_tracing(environment))
    if online:
        findings += _reach(_addresses(settings, environment))
    if (flags or {}).get("model"):
        findings += _probe(settings, environment)
    return findings


def _probe(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    from .agents.language_model.probe import probe_model  # noqa: PLC0415 - imports LangChain

    try:
        model = choose_model(settings, environment)
        abilities = [] if model == EXTRACTIVE else probe_model(model, settings, environment)
    except TertuliaError as error:
        yield Finding("model", "broken", str(error), error.hint)
        return
    for ability in abilities:
        yield Finding(ability.part, "ok" if ability.well else "broken", ability.detail, ability.hint)


def _home(settings: Settings) -> Iterator[Finding]:
    for condition in inspect_home(settings.home):
        yield Finding(condition.part, "ok" if condition.well else "broken", condition.detail, condition.hint)


def _engine(settings: Settings, environment: Mapping[str, str]) -> Finding:
    try:
        model = choose_model(settings, environment)
        cast = cast_roles(model, settings, environment)
    except TertuliaError as error:
        return Finding("engine", "broken", str(error), error.hint)
    if model == EXTRACTIVE:
        if settings.model:
            return Finding("engine", "ok", "extractive, as it is asked for")
        hint = "Set a provider's key, or name a model: TERTULIA_MODEL=ollama:NAME needs no key."
        return Finding("engine", "ok", "extractive: no model is named and no provider's key is set", hint)
    for one in dict.fromkeys((model, *cast.values())):
        provider, _ = split_name(one)
        if importlib.util.find_spec(provider.package) is None:
            return Finding("engine", "broken", f"{one}: its package is not installed", _install(provider.name))
        own = settings_for(one, model, settings)
        needs_key = provider.variables and not (own.base_url or environment.get("OPENAI_BASE_URL"))
        if needs_key and not any(environment.get(name) for name in provider.variables):
            return Finding("engine", "broken", f"{one}: there is no key", f"Set {provider.variables[0]}.")
    why = "as it is asked for" if settings.model else "the first provider whose key is set"
    return Finding("engine", "ok", f"{engine_name(model, cast)}: {why}")


def _providers(environment: Mapping[str, str]) -> Iterator[Finding]:
    for provider in PROVIDERS:
        installed = importlib.util.find_spec(provider.package) is not None
        keys = [name for name in provider.variables if environment.get(name, "").strip()]
        key = f"{keys[0]} is set" if keys else f"{' or '.join(provider.variables)} is not set"
        parts = [key if provider.variables else "needs no key", "installed" if installed else "not installed"]
        ready = installed and (keys or not provider.variables)
        # A key whose package is missing is a choice half made; a provider without either is simply not used.
        state: State = "ok" if ready else "missing" if keys else "off"
        yield Finding(f"model {provider.name}", state, ", ".join(parts), "" if installed else _install(provider.name))


def _sources(settings: Settings) -> Iterator[Finding]:
    for source in sources.available(settings):
        asked = source.name in settings.sources
        state: State = "ok" if source.ready else "broken" if asked else "off"
        yield Finding(f"source {source.name}", state, source.state, source.hint)
    known = {source.name for source in sources.available(settings)}
    for name in settings.sources:
        if name not in known:
            hint = f"Known sources: {', '.join(sorted(known))}."
            yield Finding(f"source {name}", "broken", "there is no source of this name", hint)
    for path in settings.docs:
        if not Path(path).expanduser().exists():
            yield Finding("source documents", "broken", f"{path} does not exist", "Correct --docs or TERTULIA_DOCS.")


def _tracing(environment: Mapping[str, str]) -> Finding:
    if not tracing_enabled():
        return Finding("tracing", "off", "LANGSMITH_TRACING is not true: nothing is sent")
    try:
        to_langsmith, to_collector = traces_to()
    except UsageError as error:
        return Finding("tracing", "broken", str(error), error.hint)
    if not to_langsmith:
        return Finding("tracing", "ok", "runs are traced through OpenTelemetry")
    if not (environment.get("LANGSMITH_API_KEY") or environment.get("LANGCHAIN_API_KEY")):
        return Finding("tracing", "missing", "LANGSMITH_TRACING is true without a key", "Set LANGSMITH_API_KEY.")
    return Finding(
        "tracing", "ok", "runs are traced to LangSmith" + (" and through OpenTelemetry" if to_collector else "")
    )


@dataclass(frozen=True, slots=True)
class _Address:
    """Where a run would knock. `chosen` addresses were configured; the others are only the usual ones."""

    name: str
    url: str
    chosen: bool


def _addresses(settings: Settings, environment: Mapping[str, str]) -> list[_Address]:
    language = settings.language.split("-")[0] or "en"
    names = settings.sources or tuple(sources.default_names(settings))
    addresses = []
    if "wikipedia" in names:
        url = (settings.wikipedia_url or _WIKIPEDIA).replace("{language}", language)
        addresses.append(_Address("reach wikipedia", url, bool(settings.wikipedia_url or settings.sources)))
    if "web" in names:
        addresses.append(_Address("reach web", settings.tavily_api_base_url or _TAVILY, chosen=True))
    if url := _model_address(settings, environment):
        addresses.append(_Address("reach model", url, chosen=True))
    if tracing_enabled() and _tracing(environment).state != "broken" and traces_to()[0]:
        url = environment.get("LANGSMITH_ENDPOINT") or environment.get("LANGCHAIN_ENDPOINT") or _LANGSMITH
        addresses.append(_Address("reach tracing", url, chosen=False))
    return addresses


def _model_address(settings: Settings, environment: Mapping[str, str]) -> str:
    try:
        model = choose_model(settings, environment)
    except TertuliaError:
        return ""
    if model != EXTRACTIVE:
        return address_of(model, settings, environment)
    host = settings.ollama_host
    return host if not host or "://" in host else f"http://{host}"


def _reach(addresses: Sequence[_Address]) -> list[Finding]:
    """Knock at all addresses at once. Threads are daemons: a name server that is dead delays nothing."""
    answers: dict[str, str] = {}
    threads = [threading.Thread(target=_knock, args=(a.url, answers), daemon=True) for a in addresses]
    for thread in threads:
        thread.start()
    deadline = time.monotonic() + _REACH_SECONDS + 0.5
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    return [_reached(address, answers.get(address.url, "no answer in time")) for address in addresses]


def _knock(url: str, answers: dict[str, str]) -> None:
    import httpx  # noqa: PLC0415 - only a look outside needs it

    try:
        httpx.get(url, timeout=_REACH_SECONDS)
        answers[url] = ""
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        answers[url] = redact(str(error)) or type(error).__name__


def _reached(address: _Address, reason: str) -> Finding:
    # Without path, query and user: an address may hold a password.
    shown = urlsplit(address.url)
    where = f"{shown.scheme}://{shown.netloc.rpartition('@')[2]}"
    if not reason:
        return Finding(address.name, "ok", where)
    state: State = "broken" if address.chosen else "unreachable"
    return Finding(address.name, state, f"{where} does not answer: {reason}", "Check the address and the network.")


def _install(extra: str) -> str:
    return f'Install it: pip install "tertulia[{extra}]"'


def is_well(findings: Sequence[Finding]) -> bool:
    """Whether nothing that was configured is broken."""
    return all(finding.state != "broken" for finding in findings)
