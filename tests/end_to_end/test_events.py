"""The events of a run, through the real command: valid by their schema, kept, and enough to tell the run again."""

from __future__ import annotations

import json
import signal
from collections import Counter
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from command import world
from servers.openai import Fault, play_every_role

import tertulia
from tertulia import event_schema
from tertulia.events import event_from_dict, event_types
from tertulia.storage import events as stored
from tertulia.storage.database import FILE_NAME

SHIPPED = files(tertulia) / "events.schema.json"
HOME = Path("home")

Lines = list[dict[str, Any]]


def lines(stdout: str) -> Lines:
    """What `--json` printed, each line valid by the shipped schema."""
    validator = jsonschema_rs.validator_for(json.loads(SHIPPED.read_text("utf-8")))
    found = [json.loads(line) for line in stdout.splitlines()]
    assert [f"{line['type']}: {error}" for line in found for error in validator.iter_errors(line)] == []
    return found


def kept(run: str) -> Lines:
    return stored.load_events(HOME / FILE_NAME, run)


def replay(events: Lines) -> dict[str, Any]:
    """What a run came to, from nothing but its events."""
    told: dict[str, Any] = {"panel": [], "interviews": {}, "markdown": ""}
    for event in events:
        interview = told["interviews"].setdefault(event.get("analyst"), {"turns": {}, "reason": ""})
        match event["type"]:
            case "panel_proposed" | "panel_changed" | "panel_approved":
                told["panel"] = event["panel"]
            case "interview_started":
                interview["turns"].clear()
            case "question_asked":
                asked = {"number": event["turn"], "question": event["question"], "queries": event["queries"]}
                interview["asked"] = asked
            case "answer_given":
                answered = {"shown": event["shown"], "answer": event["answer"]}
                interview["turns"][event["turn"]] = {**interview["asked"], **answered}
            case "interview_done":
                interview["reason"] = event["reason"]
            case "report_assembled":
                told["markdown"] = event["markdown"]
    return told


def test_the_shipped_schema_is_what_the_types_give():
    """After a change of the types: `python -m tertulia.event_schema > events.schema.json`."""
    assert json.loads(SHIPPED.read_text("utf-8")) == event_schema.json_schema()


def test_the_documentation_names_every_type_and_field():
    text = (Path(__file__).parents[2] / "docs" / "events.md").read_text("utf-8")
    named = {f"`{name}`" for name in [*event_types(), "result"]}
    named |= {f"`{key}`" for line in event_schema.json_schema()["$defs"].values() for key in line["properties"]}
    assert sorted(name for name in named if name not in text) == []


@pytest.mark.long
def test_events_alone_tell_what_show_prints():
    """A run in two processes with a pause between: panel, interviews and report from its events, printed and kept."""
    with world() as here:
        here.environment["TERTULIA_HOME"] = str(HOME)
        paused = here.run(*here.report_arguments, "--json")
        assert paused.returncode == 3, paused.stderr
        first = lines(paused.stdout)
        assert [line["type"] for line in first[-2:]] == ["run_paused", "result"]
        assert first[-2]["status"] == "awaiting_approval"
        assert first[-2]["exit_code"] == 3
        run = first[-1]["run"]
        assert replay(first)["panel"] == json.loads(here.run("show", run, "--panel", "--json").stdout)

        ended = here.run("resume", run, "--feedback", "More about barley", "--yes", "--json")
        assert ended.returncode == 0, ended.stderr
        second = lines(ended.stdout)
        assert [line["type"] for line in second[-2:]] == ["run_ended", "result"]
        events = [line for line in first + second if line["type"] != "result"]
        assert kept(run) == events

        told = replay(kept(run))
        assert told["panel"] == json.loads(here.run("show", run, "--panel", "--json").stdout)
        assert told["markdown"].rstrip() == here.run("show", run).stdout.rstrip()
        for number, analyst in enumerate(told["panel"], start=1):
            interview = told["interviews"][analyst["id"]]
            again = {"analyst": analyst["id"], "turns": [*interview["turns"].values()], "reason": interview["reason"]}
            assert again == json.loads(here.run("show", run, "--interview", str(number), "--json").stdout)

        # Every step that works for an analyst says how long it took, and what its model calls were.
        steps = Counter(event["step"] for event in events if event["type"] == "step_done")
        assert steps["write_section"] == steps["check_section"] == 3
        assert steps["search"] == 2 * steps["answer"] == sum(event["type"] == "search_started" for event in events)
        assert all(event["calling"] <= event["seconds"] + 0.01 for event in events if event.get("step") == "answer")
        assert sum(event["calling"] for event in events if event["type"] == "step_done") > 0
        assert [event_from_dict(event).to_dict() for event in events] == events

        drawn = here.run("show", run, "--timeline").stdout
        assert "went on after a pause" in drawn
        assert "model calls took" in drawn
        assert max(len(line) for line in drawn.splitlines()) <= 80
        assert all(analyst["role"][:20] in drawn for analyst in told["panel"])
        assert here.run("show", run, "--timeline", "--svg").stdout.startswith("<svg ")

        assert here.run("delete", run, "--yes").returncode == 0
        assert kept(run) == []


def test_a_run_that_fails_says_so_in_valid_lines_without_its_keys():
    """A model server that quotes the key in its refusal: neither lines nor kept events have it."""
    key = "sk-test-hidden-0123456789"

    def refuse(body: dict[str, Any]) -> Any:
        asks = str(body["messages"][0]["content"]).startswith("You are an analyst who")
        return Fault(401, f"Incorrect API key provided: {key}") if asks else play_every_role(body)

    with world(refuse) as here:
        result = here.run(*here.report_arguments, "--yes", "--json", OPENAI_API_KEY=key, TERTULIA_HOME=str(HOME))
        assert result.returncode not in {0, 3}
        found = lines(result.stdout)
        ended, line = found[-2:]
        assert (ended["type"], ended["status"]) == ("run_ended", "failed")
        assert ended["exit_code"] == line["exit_code"] == result.returncode
        assert line["error"]
        assert any(event["type"] == "gap_found" for event in found)
        assert key not in result.stdout
        assert key not in json.dumps(kept(line["run"]))


def test_a_reader_of_this_version_takes_a_newer_event():
    """Fields that it does not know are left out; a type that it does not know is its to skip."""
    newer = {
        "type": "composing",
        "version": 1,
        "run": "r",
        "at": "",
        "analyst": "",
        "turn": 0,
        "sections": 2,
        "mood": 1,
    }
    assert event_from_dict(newer).to_dict() == {key: value for key, value in newer.items() if key != "mood"}
    with pytest.raises(KeyError):
        event_from_dict({**newer, "type": "thought"})


def test_an_interrupted_run_says_so_and_its_next_part_adds_to_its_events():
    """Ctrl-C in the middle of the interviews: valid lines to the last, all of them kept."""
    with world() as here:
        here.environment["TERTULIA_HOME"] = str(HOME)
        process = here.start(*here.report_arguments, "--yes", "--json")
        printed = []
        try:
            for line in process.stdout:
                printed.append(line)
                if '"search_started"' in line:
                    process.send_signal(signal.SIGINT)
                    break
            # Not `communicate`: it knows nothing of the lines that were read ahead here.
            rest, complaint = process.stdout.read(), process.stderr.read()
            process.wait(60)
        finally:
            process.kill()
            process.stdout.close()
            process.stderr.close()
        assert process.returncode == 130, complaint
        found = lines("".join(printed) + rest)
        paused, result = found[-2:]
        assert (paused["type"], paused["status"], paused["exit_code"]) == ("run_paused", "interrupted", 130)
        assert (result["type"], result["exit_code"]) == ("result", 130)
        run = result["run"]
        assert kept(run) == found[:-1]
        resumed = here.run("resume", run, "--json")
        assert resumed.returncode == 0, resumed.stderr
        assert kept(run) == found[:-1] + lines(resumed.stdout)[:-1]
        assert replay(kept(run))["markdown"].rstrip() == here.run("show", run).stdout.rstrip()
