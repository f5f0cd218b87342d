"""The same report twice with `--cache`: the second one costs nothing. The real command."""

from __future__ import annotations

import json
import re

from command import report_path, world


def test_a_repeated_run_asks_the_model_nothing_and_says_what_it_used():
    with world() as place:
        small = [*place.report_arguments, "--analysts", "2", "--turns", "1", "--yes", "--cache"]
        first, second = (place.run(*small, "--output", folder) for folder in ("first", "second"))
        assert (first.returncode, second.returncode) == (0, 0), second.stderr
        assert len(place.model.asked) == 1 + 2 * 3 + 2
        reports = [report_path(result.stdout) for result in (first, second)]
        usage = [json.loads(path.with_name("evidence.json").read_text("utf-8"))["usage"] for path in reports]
    assert [len(calls) for calls in usage] == [9, 9]
    assert all(call["input_tokens"] and "from_cache" not in call for call in usage[0])
    assert all(call["from_cache"] and not call["input_tokens"] + call["output_tokens"] for call in usage[1])
    texts = [re.sub(r"(?m)^(date|run): .*$|run \w{8}", "", path.read_text("utf-8")) for path in reports]
    assert texts[0] == texts[1]
