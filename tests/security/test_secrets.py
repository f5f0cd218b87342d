"""Keys and passwords stay where they are needed: sent to their own service, and found nowhere else.

The secrets are invented, the servers are on loopback, and everything is this project's own work (Apache-2.0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from command import TOPIC, World, world
from servers.base import LoopbackServer
from servers.brain import Fault, play_every_role
from servers.langsmith import LangSmithServer
from servers.tavily import error
from typer.core import TyperGroup
from typer.main import get_command

import tertulia.cli
from tertulia.errors import EngineError, SettingsError, explain
from tertulia.redaction import redact, redact_data
from tertulia.settings import Settings, load_settings

KEYS = {
    "OPENAI_API_KEY": "canary-openai-4f1d9a",
    "ANTHROPIC_API_KEY": "canary-anthropic-77c0e2",
    "GOOGLE_API_KEY": "canary-google-b31f58",
    "MISTRAL_API_KEY": "canary-mistral-09ab6d",
    "TAVILY_API_KEY": "canary-tavily-e8d274",
    "LANGSMITH_API_KEY": "canary-langsmith-5c93a1",
}
PASSWORDS = {
    "OPENAI_BASE_URL": "canary-model-password-1b",
    "TERTULIA_WIKIPEDIA_URL": "canary-wiki-password-2c",
    "TAVILY_API_BASE_URL": "canary-web-password-3d",
    "OLLAMA_HOST": "canary-ollama-password-4e",
    "HTTPS_PROXY": "canary-proxy-password-5f",
    "LANGSMITH_ENDPOINT": "canary-trace-password-6a",
}
CANARIES = {**KEYS, **PASSWORDS}


def with_password(address: str, variable: str) -> str:
    return address.replace("http://", f"http://someone:{PASSWORDS[variable]}@", 1)


def environment(place: World, collector: LangSmithServer) -> dict[str, str]:
    addresses = {
        "OPENAI_BASE_URL": place.model.base_url,
        "TERTULIA_WIKIPEDIA_URL": place.wiki.address,
        "TAVILY_API_BASE_URL": place.web.url,
        "OLLAMA_HOST": "http://127.0.0.1:9",
        "HTTPS_PROXY": "http://127.0.0.1:9",
        "LANGSMITH_ENDPOINT": collector.url,
    }
    place.web.key = KEYS["TAVILY_API_KEY"]
    return {
        **KEYS,
        **{variable: with_password(address, variable) for variable, address in addresses.items()},
        "LANGSMITH_TRACING": "true",
        "TERTULIA_CONTACT": "canary-contact@example.org",
        "TERTULIA_CACHE": "true",
        "TERTULIA_DEBUG": "1",
    }


def found_in(place: str, data: bytes | str) -> list[str]:
    """Which secrets are there."""
    text = data.encode() if isinstance(data, str) else data
    return [f"{name} in {place}" for name, value in CANARIES.items() if value.encode() in text]


def found_on_disk(folder: Path) -> Iterator[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {"tertulia.db", "cache.db", "evidence.json", "report.md", "report.html"} <= {path.name for path in files}
    for path in files:
        yield from found_in(str(path.relative_to(folder)), path.read_bytes())


def found_on_the_wire(server: LoopbackServer, own: str) -> Iterator[str]:
    """Secrets in anything that a server got, apart from its own key in the headers."""
    assert server.requests
    for request in server.requests:
        yield from found_in(f"{own}: path and parameters", f"{request.path} {request.query}")
        yield from (found for found in found_in(f"{own}: headers", str(request.headers)) if not found.startswith(own))
        if not isinstance(server, LangSmithServer):
            yield from found_in(f"{own}: body", request.body)
    if isinstance(server, LangSmithServer):
        for body in server.bodies:
            yield from found_in(f"{own}: body", body)


@pytest.mark.long
def test_a_grep_for_twelve_secrets_finds_none(tmp_path: Path):
    """Over everything that traced runs wrote, printed or sent: runs that go well, and ones whose servers quote keys."""
    said: list[str] = []
    with world() as place, LangSmithServer() as collector:
        secret = environment(place, collector)

        def call(*arguments: str) -> int:
            done = place.run(*arguments, **secret)
            said.extend((done.stdout, done.stderr))
            return done.returncode

        Path("docs.md").write_text(
            "# Mills\n\nThe tidal mills of Orvania ground 100 sacks of barley a year.\n", "utf-8"
        )
        own = ["--docs", "docs.md", "--source", "documents"]
        run = ["--model", "openai:x", "--analysts", "1", "--turns", "1", "--yes"]
        both = ["--source", "web", "--source", "wikipedia"]
        # With a password in it an address of a source is refused, so the first run has plain ones.
        passwords = {name: secret[name] for name in ("TERTULIA_WIKIPEDIA_URL", "TAVILY_API_BASE_URL")}
        secret |= {"TERTULIA_WIKIPEDIA_URL": place.wiki.address, "TAVILY_API_BASE_URL": place.web.url}
        assert call("report", TOPIC, *run, *both, "--json", "--output", "good") == 0, said
        place.web.faults = [error(401, f"No such key: {KEYS['TAVILY_API_KEY']} ({PASSWORDS['HTTPS_PROXY']})")] * 9
        assert call("report", f"{TOPIC} too", *run, "--source", "web") == 4
        quoted = f"Incorrect key provided: {KEYS['OPENAI_API_KEY']}. You sent Bearer {KEYS['ANTHROPIC_API_KEY']}."
        # A server that quotes the key that it got, in each way in which a run can meet it.
        place.model.brain = lambda body: Fault(401, quoted)
        assert call("report", f"{TOPIC} again", *run, *own) == 2
        place.model.brain = lambda body: Fault(400, f"{quoted} {secret['OPENAI_BASE_URL']}")
        assert call("report", f"{TOPIC} and again", *run, *own, "--json") == 2
        place.model.brain = play_every_role
        secret |= passwords
        assert call("report", f"{TOPIC} once more", *run, *both) == 4
        secret |= {"LANGSMITH_ENDPOINT": with_password("http://127.0.0.1:9", "LANGSMITH_ENDPOINT")}
        assert call("report", TOPIC, *run, *own, "--output", "local") == 0
        for arguments in (("doctor",), ("doctor", "--json"), ("sources", "--json"), ("runs", "--json")):
            call(*arguments)
        good = json.loads(said[-2])[-1]["id"]
        for arguments in (("show", good, "--json"), ("show", good, "--trace"), ("export", good, "--output", "again")):
            assert call(*arguments) == 0, said[-1]
        servers = {
            "OPENAI_API_KEY": place.model, "TAVILY_API_KEY": place.web, "TERTULIA_WIKIPEDIA_URL": place.wiki,
            "LANGSMITH_API_KEY": collector,
        }  # fmt: skip
        sent = [found for own, server in servers.items() for found in found_on_the_wire(server, own)]
        assert len(collector.runs) > 20
    assert len(CANARIES) == 12
    printed = "\n".join(said)
    assert "does not accept the key" in printed  # the failures were met
    assert "Orvania" in printed
    assert sent == []
    assert found_in("what was printed", printed) == []
    assert list(found_on_disk(tmp_path)) == []
    assert "canary-contact" not in printed
    assert not any(b"canary-contact" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "address",
    ["http://me:hunter22@127.0.0.1/v1", "http://hunter22@127.0.0.1/v1", "http://127.0.0.1/v1?api_key=hunter22",
     "http://127.0.0.1/v1#hunter22"],
)  # fmt: skip
def test_an_address_that_is_kept_may_hold_no_secret(address: str):
    """A run keeps --base-url, and process lists show it: a key belongs into the environment. It is not repeated."""
    for source in ({"flags": {"base_url": address}}, {"environment": {"TERTULIA_BASE_URL": address}}):
        with pytest.raises(SettingsError, match="put the key into the environment") as caught:
            load_settings(**source)  # type: ignore[arg-type]
        assert "hunter22" not in f"{caught.value} {caught.value.hint}"
    assert load_settings({"base_url": "http://127.0.0.1:8000/v1"}, environment={}).base_url


def test_no_flag_takes_a_key():
    """What is an argument can be read in every list of processes."""
    command = get_command(tertulia.cli.app)
    assert isinstance(command, TyperGroup)
    flags = [flag for sub in command.commands.values() for parameter in sub.params for flag in parameter.opts]
    assert len(flags) > 60
    assert [flag for flag in flags if any(word in flag for word in ("key", "secret", "password", "credential"))] == []


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-hunter22hunter22",
        "key sk-pr****************************er22-hunter22 is wrong",
        "{'Authorization': 'Bearer hunter22hunter22'}",
        "Headers({'authorization': 'Basic aHVudGVyMjI6aHVudGVyMjI='})",
        "GET https://api.example/v1/models?key=hunter22&page=2 failed",
        "https://someone:hunter22@api.example/v1 cannot be reached",
        "AIzahunter22hunter22",
        "tvly-hunter22-hunter22",
        "lsv2_pt_hunter22hunter22",
    ],
)
def test_what_looks_like_a_secret_is_taken_out(text: str):
    """Also when its value is not in our environment: somebody else's key is none of ours to print."""
    assert not re.search("hunter22|aHVudGVy", redact(text))
    assert not re.search("hunter22|aHVudGVy", str(redact_data({"a": [text, {text: text}]})))
    assert not re.search("hunter22|aHVudGVy", explain(RuntimeError(text)) + explain(EngineError(text, hint=text)))


def test_secrets_of_the_environment_are_taken_out_whatever_they_look_like(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SOME_SERVICE_API_KEY", "plainword9")
    monkeypatch.setenv("HTTPS_PROXY", "http://me:p%40ss+word@proxy.example:8080")
    monkeypatch.setenv("OLLAMA_HOST", "me:opensesame@gpu.example:11434")
    text = "plainword9 and p%40ss+word, which is p@ss+word, and opensesame"
    assert redact(text) == "… and …, which is …, and …"


@pytest.mark.parametrize(
    "text",
    [
        "A key-value store holds the keystone of the task; the risk-based approach needs a token budget.",
        "The key is not set: TAVILY_API_KEY. Set OPENAI_API_KEY, or write to ana@example.org.",
        "See https://example.org/page?id=12&author=ana#part and the bearer of the ring.",
        "Cited [k7qdm4][m3xz8a] at 12:30; ratio 3:4; basic understanding; authorization matters.",
    ],
)
def test_ordinary_text_stays(text: str, monkeypatch: pytest.MonkeyPatch):
    """Short values are words: a key `ollama` would tear holes into every report on it."""
    monkeypatch.setenv("OPENAI_API_KEY", "token")
    assert redact(text) == text


def test_settings_show_no_key():
    settings = Settings(tavily_api_key="canary-tavily-e8d274")  # type: ignore[arg-type]
    assert "canary" not in f"{settings!r} {settings} {settings.model_dump_json()}"
