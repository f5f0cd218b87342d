"""A Tavily on loopback: `POST /search` over a small invented web."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from .base import LoopbackServer, Request, Response


@dataclass(frozen=True)
class WebPage:
    """A page of the invented web. Without `text` Tavily could not read it: `raw_content` is null."""

    url: str
    title: str
    content: str
    text: str | None = None
    published_date: str = ""


PAGES = (
    WebPage(
        "https://www.lighthouse-keepers.example/history/?utm_source=newsletter",
        "A short history of lighthouse keeping",
        "Keepers lived in the towers until automation came …",
        "# A short history of lighthouse keeping\n\nKeepers lived in the **towers** until automation came in the "
        "[1980s](https://www.lighthouse-keepers.example/automation).[1]\n\n## The night watch\n\nEach watch lasted "
        "four hours. The lamp was trimmed twice a night &amp; the clockwork wound once.\n\n![The lamp](lamp.jpg)\n\n"
        "[1]: https://www.lighthouse-keepers.example/notes\n",
        "2024-03-09",
    ),
    WebPage(
        "https://solar.example/rooftops",
        "Rooftop solar in small towns",
        "In the small town of Vellmora a third of the roofs carry solar panels …",
        "## Rooftops of Vellmora\n\nIn the small town of Vellmora a third of the roofs carry solar panels. "
        "The town paid 412,000 euros for them.\n\n| Year | Roofs |\n|---|---|\n| 2021 | 120 |\n| 2023 | 355 |\n",
        "Tue, 06 Jun 2023 10:00:00 GMT",
    ),
    WebPage(
        "https://solar.example/grid",
        "Who pays for the grid",
        "Households with solar panels still use the grid at night, and its cost is shared by all.",
    ),
    WebPage(
        "https://energia.example/es/tejados",
        "Los tejados solares de los pueblos",
        "Un tercio de los tejados del pueblo tiene paneles …",
        "# Los tejados solares\n\nUn tercio de los tejados del pueblo tiene paneles solares. El ayuntamiento pagó la "
        "mitad de la instalación y los vecinos la otra mitad.\n",
        "2022-11-02",
    ),
    WebPage(
        "https://bees.example/hives",
        "Keeping bees in the city",
        "City bees find more flowers than bees among fields.",
        "# Keeping bees in the city\n\nCity bees find more flowers than bees among fields. A hive on a roof gives "
        "about 20 kilograms of honey a year.\n",
    ),
)


class TavilyServer(LoopbackServer):
    """Answers searches with the pages that share words with the query, best first.

    `faults` are answered first, one per request, oldest first; `hold` makes each request wait until `released` is set.
    Without the right key it answers as Tavily does. Pages may be replaced.
    """

    def __init__(self, key: str = "tvly-test", pages: Iterable[WebPage] = PAGES) -> None:
        super().__init__()
        self.key = key
        self.pages = list(pages)
        self.faults: list[Response] = []
        self.hold = False
        self.released = threading.Event()

    def respond(self, request: Request) -> Response:
        if self.hold:
            self.released.wait(10)
        with self._lock:
            if self.faults:
                return self.faults.pop(0)
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return error(401, "Unauthorized: missing or invalid API key.")
        if (request.method, request.path) != ("POST", "/search"):
            return Response(404, {"detail": "Not Found"})
        return self._search(request.json())

    def _search(self, asked: dict[str, Any]) -> Response:
        query = asked.get("query") or ""
        if not query or len(query) > 400:
            return error(400, "Query is missing or too long. Max query length is 400 characters.")
        wanted = _words(query)
        scored = sorted(((page, _share(wanted, page)) for page in self.pages), key=lambda found: -found[1])
        return Response(body=answer(asked, [(page, score) for page, score in scored if score]))


def answer(asked: dict[str, Any], found: Sequence[tuple[WebPage, float]]) -> dict[str, Any]:
    """What Tavily says when it found these pages, best first, each with its score."""
    results = [
        {
            "url": page.url,
            "title": page.title,
            "content": page.content,
            "score": round(score, 2),
            "raw_content": page.text if asked.get("include_raw_content") else None,
            **({"published_date": page.published_date} if page.published_date else {}),
        }
        for page, score in found[: asked.get("max_results", 5)]
    ]
    return {
        "query": asked["query"],
        "follow_up_questions": None,
        "answer": None,
        "images": [],
        "results": results,
        "response_time": 0.04,
        "request_id": "3f1c0000-0000-4000-8000-000000000000",
    }


def error(status: int, message: str) -> Response:
    """An error in Tavily's form."""
    return Response(status, {"detail": {"error": message}})


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) > 2}


def _share(wanted: set[str], page: WebPage) -> float:
    found = wanted & _words(f"{page.title} {page.content} {page.text or ''}")
    return len(found) / len(wanted) if wanted else 0.0
