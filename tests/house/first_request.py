"""Run by test_startup: a real run in this process, which says what was imported at its first model request and its end.

python tests/house/first_request.py REPORT
"""

import os
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from servers.openai import OpenAIServer, play_every_role
from servers.tavily import TavilyServer, WebPage

from tertulia.cli import main
from tertulia.graph import meanwhile

PAGE = WebPage(
    "https://mills.example/",
    "Mills of Orvania",
    "The mills of Orvania …",
    "# Mills of Orvania\n\nThe mills of Orvania ground 300 sacks of barley a year. They had oak gates.",
    "2025-03-09",
)
loaded: list[str] = []


def brain(body: dict[str, Any]) -> str:
    if not loaded:
        loaded.extend(sys.modules)
    return play_every_role(body)


# A slow machine must not be quicker with the rest than with the request.
meanwhile.SECONDS = 3600.0
with OpenAIServer(brain) as model, TavilyServer(pages=[PAGE]) as web:
    os.environ |= {"TAVILY_API_KEY": "tvly-test", "TAVILY_API_BASE_URL": web.url}
    sys.argv = ["tertulia", "report", "Mills in Orvania", "--source", "web", "--analysts", "1", "--turns", "1", "--yes"]
    sys.argv += ["--model", "openai:x", "--base-url", model.base_url, "--quiet", "--output", sys.argv[1]]
    try:
        main()
    finally:
        sys.stdout.write(f"first {' '.join(loaded)}\nlast {' '.join(sys.modules)}\n")
