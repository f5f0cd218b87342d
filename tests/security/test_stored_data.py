"""What is stored is data: whoever changes it gets a refusal that says so, and runs no code.

The attacks follow CVE-2026-28277 (msgpack), CVE-2025-64439 (JSON with constructors), CVE-2025-68664 (LangChain objects)
and CWE-502 (pickle); written here from their descriptions, own work, Apache-2.0.
"""

from __future__ import annotations

import ast
import asyncio
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ormsgpack
import pytest
from house.tree import imports, modules, syntax
from stored_report import small_report

from tertulia.agents.language_model.cache import ReplyCache
from tertulia.errors import StorageError
from tertulia.graph.serializer import strict_serializer
from tertulia.storage.rows import PACKED
from tertulia.storage.runs import Runs

TOPIC = "Bees on roofs"
CANARY = "canary"
DEEP = "[" * 100_000 + "]" * 100_000
LANGCHAIN = {"lc": 2, "type": "constructor", "id": ["pathlib", "Path"], "method": "touch", "args": [], "kwargs": {}}


class Touch:
    """What pickle would execute."""

    def __reduce__(self) -> Any:
        return (os.system, (f"touch {CANARY}",))


def extension(code: int, *call: Any) -> bytes:
    """A msgpack extension as LangGraph's serializer understands it: rebuild this from a module, by name."""
    return ormsgpack.packb(ormsgpack.Ext(code, ormsgpack.packb(call)))


CALLS = {
    "one argument": ("msgpack", extension(0, "os", "system", f"touch {CANARY}")),
    "arguments": ("msgpack", extension(1, "os", "system", [f"touch {CANARY}"])),
    "keywords": ("msgpack", extension(2, "subprocess", "Popen", {"args": ["touch", CANARY]})),
    "method": ("msgpack", extension(3, "pathlib", "Path", CANARY, "touch")),
    "pydantic 1": ("msgpack", extension(4, "subprocess", "Popen", {"args": ["touch", CANARY]})),
    "pydantic 2": ("msgpack", extension(5, "subprocess", "Popen", {"args": ["touch", CANARY]}, "model_validate_json")),
    "pickle": ("pickle", pickle.dumps(Touch())),
    "JSON constructor": ("json", json.dumps({**LANGCHAIN, "args": [CANARY]}).encode()),
    "JSON process": ("json", json.dumps({**LANGCHAIN, "id": ["os", "system"], "args": [f"touch {CANARY}"]}).encode()),
}
CALLS |= {f"packed {what}": (PACKED, zlib.compress(data)) for what, (kind, data) in CALLS.items() if kind == "msgpack"}
BROKEN = {
    **CALLS,
    "not packed": (PACKED, ormsgpack.packb({"v": 4})),
    "packed and cut": (PACKED, zlib.compress(ormsgpack.packb({"v": 4, "channel_values": {"topic": "x"}}))[:-3]),
    "bomb": (PACKED, zlib.compress(bytes(65 * 1024**2))),
    "unknown type": ("yaml", b"!!python/object/apply:os.system ['touch canary']"),
    "cut": ("msgpack", ormsgpack.packb({"v": 4, "channel_values": {"topic": "x"}})[:-3]),
    "no data": ("msgpack", b""),
    "a list": ("msgpack", ormsgpack.packb([1, 2, 3])),
    "a number": ("msgpack", ormsgpack.packb(7)),
    "nested": ("msgpack", b"\x91" * 200_000 + b"\x90"),
    "nested JSON": ("json", DEEP.encode()),
}
# A value of the state, and another type in its place.
MISTYPED = {"topic": 7, "panel": "everybody", "gaps": {"a": 1}, "feedback": [1], "rounds": "two", "size": ["3"]}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tertulia", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def database() -> Path:
    return Path.cwd().parent / "home" / "tertulia" / "tertulia.db"


@pytest.fixture
def waiting(database: Path) -> str:
    """A run that waits for the approval of its panel."""
    Path("bees.md").write_text("# Bees\n\nThe city counted 140 hives on roofs in 2025. Bees live on roofs.\n", "utf-8")
    paused = command("report", TOPIC, "--docs", "bees.md", "--source", "documents", "--quiet", "--analysts", "1")
    assert paused.returncode == 3, paused.stderr
    return str(query(database, "SELECT id FROM runs")[0][0])


@pytest.fixture
def runs(database: Path) -> Runs:
    """A home with one finished run."""
    found = Runs(database.parent)
    now = "2026-11-21T10:00:00+01:00"
    found.create("bcdf2345", topic=TOPIC, request={"topic": TOPIC, "format": ["md"]}, now=now)
    found.save_report("bcdf2345", small_report())
    found.update("bcdf2345", now=now, status="done")
    return found


def query(path: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        with connection:
            return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def test_the_calls_would_be_made_by_a_lenient_reader():
    """The tests below would pass if the canary could not be touched at all."""
    pickle.loads(CALLS["pickle"][1])
    assert Path(CANARY).exists()


@pytest.mark.parametrize("what", CALLS)
def test_the_serializer_calls_nothing(what: str):
    """Types that are not listed become plain data or nothing; nothing that a row names is imported and called."""
    try:
        found = strict_serializer().loads_typed(CALLS[what])
    except (ValueError, TypeError, NotImplementedError):
        found = None
    assert type(found) in {type(None), str, dict, list, tuple}
    assert not Path(CANARY).exists()


async def test_a_tampered_checkpoint_is_refused(waiting: str, database: Path):
    """Each of the ways, in the run's last checkpoint: an error that says what is damaged, and no code is run."""
    from tertulia.graph.checkpoints import open_checkpointer

    config: Any = {"configurable": {"thread_id": waiting, "checkpoint_ns": ""}}
    for what, (kind, data) in BROKEN.items():
        query(database, "UPDATE checkpoints SET type = ?, checkpoint = ? WHERE thread_id = ?", kind, data, waiting)
        async with open_checkpointer(database) as saver:
            with pytest.raises(StorageError, match=f"the progress of run {waiting} is damaged"):
                await saver.aget_tuple(config)
        assert (what, await asyncio.to_thread(os.path.exists, CANARY)) == (what, False)


async def test_a_value_of_another_type_is_refused(waiting: str, database: Path):
    """Whatever of the state was changed: no node meets a value that it cannot use."""
    from tertulia.graph.checkpoints import open_checkpointer

    config: Any = {"configurable": {"thread_id": waiting, "checkpoint_ns": ""}}
    async with open_checkpointer(database) as saver:
        found = await saver.aget_tuple(config)
        assert found is not None
        for name, value in MISTYPED.items():
            changed = {**found.checkpoint, "channel_values": {**found.checkpoint["channel_values"], name: value}}
            kind, data = strict_serializer().dumps_typed(changed)
            query(database, "UPDATE checkpoints SET type = ?, checkpoint = ? WHERE thread_id = ?", kind, data, waiting)
            with pytest.raises(StorageError, match=name):
                await saver.aget_tuple(config)


def test_a_tampered_run_is_told_in_a_line(waiting: str, database: Path):
    """The command fails with 1 and a sentence; there is no traceback, and the doctor names the run."""
    kind, data = CALLS["pickle"]
    query(database, "UPDATE checkpoints SET type = ?, checkpoint = ? WHERE thread_id = ?", kind, data, waiting)
    refused = command("resume", waiting, "--yes")
    assert refused.returncode == 1
    assert f"the progress of run {waiting} is damaged" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not Path(CANARY).exists()
    seen = command("doctor", "--offline")
    assert seen.returncode == 1
    assert waiting in seen.stdout


@pytest.mark.parametrize(
    "request_",
    [
        *("", "7", "[]", '"x"', "{", DEEP),
        *('{"docs": "notes"}', '{"sources": [7]}', '{"base_url": {}}', '{"format": "md"}', '{"size": true}'),
        *('{"size": "3"}', '{"approve": 1}', '{"role_models": ["x"]}', '{"role_models": {"writer": 7}}'),
        *('{"panel": {}}', '{"panel": ["x"]}', '{"output": null}', r'{"folder": "\ud800"}', '{"turn_limit": 1.5}'),
    ],
)
def test_a_tampered_request_is_refused(request_: str, runs: Runs):
    query(runs.path, "UPDATE runs SET request = ?", request_)
    with pytest.raises(StorageError, match="the request of run bcdf2345 is damaged"):
        runs.get("bcdf2345")


@pytest.mark.parametrize(
    ("column", "value"),
    [("status", "pwned"), ("status", 7), ("created_at", "yesterday"), ("topic", b"\xff"), ("output", b"x")],
)
def test_a_tampered_column_is_refused(column: str, value: Any, runs: Runs):
    query(runs.path, f"UPDATE runs SET {column} = ?", value)
    with pytest.raises(StorageError, match="run bcdf2345 is damaged"):
        runs.get("bcdf2345")


@pytest.mark.parametrize("reply", ["7", "{", "[]", '{"question": "q"}', '{"question": "q", "reply": "approve"}', DEEP])
def test_a_tampered_reply_is_refused(reply: str, runs: Runs):
    query(runs.path, "UPDATE runs SET reply = ?", reply)
    with pytest.raises(StorageError, match="the reply to run bcdf2345 is damaged"):
        runs.load_reply("bcdf2345", "q")


def reports() -> Iterator[Any]:
    whole = json.dumps(small_report()).encode()
    yield from (pickle.dumps(Touch()), zlib.compress(pickle.dumps(Touch())), zlib.compress(whole)[:-9], b"", "text", 7)
    yield from (zlib.compress(data) for data in (b"7", b"[]", b"{", DEEP.encode(), json.dumps(LANGCHAIN).encode()[:-1]))
    for name, value in {"title": 7, "claims": {}, "documents": [7], "panel": ["x"], "run": [], "usage": ""}.items():
        yield zlib.compress(json.dumps({**small_report(), name: value}).encode())


def test_a_tampered_report_is_refused(runs: Runs):
    tampered = list(reports())
    assert len(tampered) > 15
    for data in tampered:
        query(runs.path, "UPDATE runs SET report = ?", data)
        with pytest.raises(StorageError, match="the report of run bcdf2345 is damaged"):
            runs.load_report("bcdf2345")
    assert not Path(CANARY).exists()


def test_a_report_that_unpacks_into_a_flood_is_refused(runs: Runs, monkeypatch: pytest.MonkeyPatch):
    """No more is unpacked than a report can hold."""
    monkeypatch.setattr("tertulia.storage.rows._LARGEST_REPORT", 1_000_000)
    query(runs.path, "UPDATE runs SET report = ?", zlib.compress(b" " * 50_000_000))
    with pytest.raises(StorageError, match="longer than a report can be"):
        runs.load_report("bcdf2345")


async def test_tampered_evidence_is_refused(runs: Runs):
    """A document whose text was changed, one of another form, a passage that is not in its document."""
    from stored_report import documents

    from tertulia.evidence.passages import split_passages
    from tertulia.storage.ledger import SqliteLedgerStore

    store = SqliteLedgerStore(runs.path, "bcdf2345")
    (document, *_) = documents()
    await store.save([document], split_passages(document))
    assert (await store.load())[0] == [document]
    data = document.to_dict()
    for changed in (
        json.dumps({**data, "text": data["text"].replace("140", "150")}),
        *(json.dumps({**data, name: value}) for name, value in {"title": 7, "text": None, "extra": "x"}.items()),
        "7", "[]", "{", DEEP,
    ):  # fmt: skip
        query(runs.path, "UPDATE documents SET data = ?", changed)
        with pytest.raises(StorageError, match="the documents of run bcdf2345 is damaged"):
            await store.load()
    query(runs.path, "UPDATE documents SET data = ?", json.dumps(data))
    for column, value in {'"end"': 10**9, "start": -5, "document_id": "other", "heading": b"x"}.items():
        query(runs.path, f"UPDATE passages SET {column} = ?", value)
        with pytest.raises(StorageError, match="the documents of run bcdf2345 is damaged"):
            await store.load()
        query(runs.path, "DELETE FROM passages")
        await store.save([], split_passages(document))


@pytest.mark.parametrize(
    "reply", [DEEP, "7", "{", json.dumps(LANGCHAIN), json.dumps({"content": "x", "tool_calls": 7}), '{"content": {}}']
)
def test_a_tampered_cached_reply_is_asked_for_again(reply: str, tmp_path: Path):
    """The cache may be lost at any time, so what cannot be understood in it is not there."""
    cache = ReplyCache(tmp_path, model="openai:x", address="http://127.0.0.1")
    query(tmp_path / "cache.db", "INSERT INTO replies VALUES (?, ?)", cache._key("prompt", "options"), reply)
    assert cache.lookup("prompt", "options") is None


def test_nothing_in_the_house_reads_objects():
    """No pickle and no kin, no LangChain loader, no unsafe YAML, no eval: by the syntax of every module."""
    loaders = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle", "joblib", "langchain_core.load",
               "langchain_core.prompts.loading", "langchain.hub", "langchainhub"}  # fmt: skip
    assert [f"{path}:{line}" for path in modules() for name, line in imports(path) if name in loaders] == []
    calls = {
        "eval",
        "exec",
        "compile",
        "__import__",
        "unsafe_load",
        "full_load",
        "load_prompt",
        "pull_prompt",
        "astream_log",
    }
    allowed = {("re", "compile")}
    found = []
    for path in modules():
        for node in ast.walk(syntax(path)):
            if isinstance(node, ast.Call):
                function = node.func
                name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
                owner = getattr(getattr(function, "value", None), "id", "")
                graph = name == "compile" and isinstance(function, ast.Attribute) and owner != "builtins"
                if name in calls and (owner, name) not in allowed and not graph:
                    found.append(f"{path}:{node.lineno} {name}")
                if (owner, name) in {("yaml", "load"), ("json", "loads_typed")}:
                    found += (
                        [f"{path}:{node.lineno} {owner}.{name}"] if len(node.args) < 2 and not node.keywords else []
                    )
    assert found == []
