"""One request in five goes wrong, and each run gives a usable report all the same.

A few runs here, a hundred with `make test-faults`.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from protocols import PROTOCOLS
from runs import Outcome, faults_of_report, faults_of_traffic, place
from servers.faults import FaultPlan

COUNT = int(os.environ.get("FAULT_RUNS", "4"))
NAMES = list(PROTOCOLS)
RUNS = [pytest.param(NAMES[seed % 3], seed, id=f"{NAMES[seed % 3]}-{seed}") for seed in range(COUNT)]
THROUGH_THE_COMMAND = RUNS[:: max(1, COUNT // 3)][:3] if COUNT > 4 else RUNS[:1]


@pytest.mark.parametrize(("name", "seed"), RUNS)
async def test_a_run_gives_a_usable_report(name, seed, monkeypatch, record_property):
    plan = FaultPlan(seed)
    with place(name, plan) as here:
        for variable, value in here.environment.items():
            monkeypatch.setenv(variable, value)
        outcome = await here.run()
    problems = [*faults_of_report(outcome), *faults_of_traffic(plan)]
    run = {"name": f"{name}-{seed}", "status": outcome.status, "faults": dict(plan.faults), "problems": problems}
    record_property("run", {**run, "requests": len(plan.log), "gaps": len(outcome.report.get("gaps", []))})
    assert problems == []


@pytest.mark.long
@pytest.mark.parametrize(("name", "seed"), THROUGH_THE_COMMAND)
def test_the_command_gives_one_too_and_says_nothing_of_its_own_insides(name, seed, tmp_path):
    plan = FaultPlan(1000 + seed)
    with place(name, plan) as here:
        result = here.world.run(*here.arguments, "--output", str(tmp_path / "report"))
    assert result.returncode in {0, 5}, result.stderr
    assert "Traceback" not in result.stderr
    evidence = json.loads((Path(result.stdout.strip()).parent / "evidence.json").read_text("utf-8"))
    outcome = Outcome({0: "done", 5: "partial"}[result.returncode], evidence)
    assert [*faults_of_report(outcome), *faults_of_traffic(plan)] == []


def test_the_same_seed_spoils_the_same_calls(tmp_path):
    """Else a run that fails once could not be looked at again."""

    def prompts(seed):
        plan = FaultPlan(seed, 0.5)
        for number in range(40):
            said = plan({"messages": [{"content": "You write the conclusion"}, {"content": f"Prompt {number}"}]})
            assert said is not None
        return [asked.fault for asked in plan.log]

    assert prompts(1) == prompts(1)
    assert prompts(1) != prompts(2)
    assert 10 <= len([fault for fault in prompts(1) if fault]) <= 30
