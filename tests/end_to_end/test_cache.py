"""The same report twice with `cache`: the second one costs nothing. A whole run, a loopback server."""

from __future__ import annotations

from command import TOPIC, world

import tertulia


async def test_a_repeated_run_asks_the_model_nothing_and_says_what_it_used():
    with world() as place:
        small = {**place.settings, "analysts": 2, "turns": 1, "cache": True}
        reports = [await tertulia.write_report(TOPIC, **small) for _ in range(2)]
        assert len(place.model.asked) == 1 + 2 * 3 + 2
    first, second = (report["usage"] for report in reports)
    assert len(first) == len(second) == 9
    assert all(call["input_tokens"] and "from_cache" not in call for call in first)
    assert all(call["from_cache"] and not call["input_tokens"] + call["output_tokens"] for call in second)
    written = ("title", "introduction", "sections", "conclusion", "panel", "citations")
    assert [reports[0][part] for part in written] == [reports[1][part] for part in written]
