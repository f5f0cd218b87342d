"""The graph on a server that speaks the Agent Protocol: `langgraph dev` loads langgraph.json and runs it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from langgraph_sdk import get_client

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """`langgraph dev` on loopback, over the example documents; stopped by its process group."""
    log = tmp_path / "server.log"
    port = free_port()
    environment = {
        **os.environ,
        "TERTULIA_DOCS": str(ROOT / "examples" / "open-data-in-spain"),
        "TERTULIA_SOURCES": "documents",
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
        "LANGSMITH_TRACING": "false",
    }
    arguments = ["dev", "--host", "127.0.0.1", "--port", str(port), "--no-browser", "--no-reload"]
    arguments += ["--config", str(ROOT / "langgraph.json")]
    with log.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", "from langgraph_cli.cli import cli; cli()", *arguments],
            cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            start_new_session=True,
        )  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}"
        wait_until_up(url, process, log)
        yield url, log
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def wait_until_up(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{url}/ok", timeout=1).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.05)
    pytest.fail(f"the server did not start:\n{log.read_text()[-3000:]}")


async def test_a_server_runs_the_graph_up_to_the_approval_and_beyond(server):
    """Listed, run to the interrupt, resumed to the report; no blocking call on the event loop."""
    url, log = server
    async with get_client(url=url) as client:
        assistants = await client.assistants.search(graph_id="report")
        assert [assistant["graph_id"] for assistant in assistants] == ["report"]
        assert (await client.assistants.get_graph(assistants[0]["assistant_id"], xray=True))["nodes"]
        assert (await client.assistants.get_schemas(assistants[0]["assistant_id"]))["input_schema"]

        thread = await client.threads.create()
        state = await client.runs.wait(
            thread["thread_id"], "report", input={"topic": "Open data in Spain", "size": 2, "turn_limit": 1}
        )
        (waiting,) = state["__interrupt__"]
        assert waiting["value"]["type"] == "panel_review"
        assert len(waiting["value"]["panel"]) == 2

        state = await client.runs.wait(thread["thread_id"], "report", command={"resume": {"action": "approve"}})
        assert "__interrupt__" not in state
        assert "\n## " in state.get("report", ""), (state.get("failure"), log.read_text()[-4000:])
        assert "[1]" in state["report"]
        assert "Blocking call" not in log.read_text()
