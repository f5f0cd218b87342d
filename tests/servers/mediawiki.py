"""A MediaWiki on loopback: `action=query` of the API, formatversion 1, over a few invented pages per language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from .base import LoopbackServer, Request, Response


@dataclass(frozen=True)
class WikiPage:
    """A page of the invented wiki; `redirect` names the page that it leads to."""

    number: int
    title: str
    text: str = ""
    redirect: str = ""
    disambiguation: bool = False


PAGES: Mapping[str, Sequence[WikiPage]] = {
    "en": (
        WikiPage(
            11,
            "Tidal mill",
            "A tidal mill is a mill that is driven by the rise and fall of the tide. The oldest known one in Orvania "
            "was built in 1132.\n\n\n== Working ==\nWater fills a pond behind a gate at high tide.\n\n\n=== Gate ===\n"
            "The gate closes by itself.\n\n\n== Gallery ==\n\n\n== References ==\nA book about mills.\n\n\n"
            "=== Notes ===\nA note about a mill.",
        ),
        WikiPage(
            12,
            "Windmill",
            "A windmill is a mill that turns the energy of wind into rotation. Windmills ground barley in Orvania.\n"
            "\n\n== Sails ==\nA windmill has four sails, rarely six.\n\n\n== See also ==\nTidal mill",
        ),
        WikiPage(13, "Mill", "Mill may refer to: tidal mill, windmill.", disambiguation=True),
        WikiPage(14, "Tide mill", redirect="Tidal mill"),
        WikiPage(
            15,
            "Orvania",
            "Orvania is an invented country with 2,310,000 inhabitants. Its mills are famous.\n\n\n"
            "== Economy ==\nBarley and mills.",
        ),
        WikiPage(16, "Barley", "Barley is a cereal grain."),
        WikiPage(17, "Empty mill page", ""),
        WikiPage(18, "Odd [mill] title", "This title cannot be asked for: mill."),
    ),
    "es": (
        WikiPage(
            21,
            "Molino de mareas",
            "Un molino de mareas es un molino movido por la subida y la bajada de la marea.\n\n\n== Historia ==\n"
            "El más antiguo se construyó en 1132.\n\n\n== Véase también ==\nMolino de viento\n\n\n"
            "== Referencias ==\nUn libro.",
        ),
    ),
}


class MediaWikiServer(LoopbackServer):
    """`address` is for TERTULIA_WIKIPEDIA_URL. `faults` are answered first, one per request, oldest first.

    `deleted` titles are found by searches but have no text any more, as on a wiki between two requests; `refused` ones
    get an error when their text is asked for.
    """

    def __init__(self, pages: Mapping[str, Sequence[WikiPage]] = PAGES) -> None:
        super().__init__()
        self.pages = pages
        self.faults: list[Response] = []
        self.deleted: set[str] = set()
        self.refused: set[str] = set()

    @property
    def address(self) -> str:
        return f"{self.url}/{{language}}/w/api.php"

    def respond(self, request: Request) -> Response:
        with self._lock:
            if self.faults:
                return self.faults.pop(0)
        path = re.fullmatch(r"/(?P<language>[a-z]+)/w/api\.php", request.path)
        if path is None or path["language"] not in self.pages:
            return Response(404, "<!DOCTYPE html><title>No such wiki</title>")
        asked = request.query
        if asked.get("action") != "query" or asked.get("format") != "json":
            return Response(200, "<!DOCTYPE html><title>MediaWiki API help</title>")
        if asked.get("titles") in self.refused:
            return api_error("internal_api_error", "Caught exception")
        wiki = Wiki(self.pages[path["language"]], f"{self.url}/{path['language']}", self.deleted)
        return Response(body=wiki.query(asked))


def api_error(code: str, info: str) -> Response:
    """An error in the API's form, which comes with status 200."""
    return Response(200, {"error": {"code": code, "info": info}, "servedby": "mw.example"})


class Wiki:
    """The pages of one wiki, and what `action=query` tells of them."""

    def __init__(self, pages: Sequence[WikiPage], base: str, deleted: set[str]) -> None:
        self.by_title = {page.title: page for page in pages}
        self.base = base
        self.deleted = deleted

    def query(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked.get("list") == "search":
            found = self.search(asked.get("srsearch", ""))[: int(asked.get("srlimit", "10"))]
            return {"batchcomplete": "", "query": {"search": [{"ns": 0, "title": page.title} for page in found]}}
        redirects: list[dict[str, str]] = []
        if asked.get("generator") == "search":
            start = int(asked.get("gsroffset", "0"))
            found = self.search(asked.get("gsrsearch", ""))[start : start + int(asked.get("gsrlimit", "10"))]
            if not found:
                return {"batchcomplete": ""}
            titles = [page.title for page in found]
        else:
            titles = asked.get("titles", "").split("|")
        shown = []
        for asked_title in titles:
            target = self.by_title.get(asked_title)
            title = asked_title
            if target is not None and target.redirect and "redirects" in asked:
                redirects.append({"from": asked_title, "to": target.redirect})
                title = target.redirect
            if title not in shown:
                shown.append(title)
        # As TextExtracts has it: a whole text comes for one page of a reply, the first in the order of the titles.
        whole = min(shown) if "exintro" not in asked else ""
        pages = [self.page(title, place, asked, whole) for place, title in enumerate(shown, 1)]
        query: dict[str, Any] = {
            "pages": {str(page.get("pageid", -place)): page for place, page in enumerate(pages, 1)}
        }
        return {"batchcomplete": "", "query": {**({"redirects": redirects} if redirects else {}), **query}}

    def search(self, text: str) -> list[WikiPage]:
        """All words must be on the page, unless they are joined with OR; the more often, the better."""
        words = [word.casefold() for word in re.findall(r"\w+", text) if word != "OR"]
        enough = any if " OR " in text else all

        def count(page: WikiPage) -> int:
            held = re.findall(r"\w+", f"{page.title} {page.title} {page.text}".casefold())
            return sum(held.count(word) for word in words) if enough(word in held for word in words) else 0

        return sorted(
            (page for page in self.by_title.values() if count(page)), key=lambda page: (-count(page), page.number)
        )

    def page(self, title: str, place: int, asked: dict[str, str], whole: str) -> dict[str, Any]:
        page = self.by_title.get(title)
        props = asked.get("prop", "").split("|")
        if page is None:
            return {"ns": 0, "title": title, "missing": ""}
        told: dict[str, Any] = {"pageid": page.number, "ns": 0, "title": page.title}
        if "generator" in asked:
            told["index"] = place
        if "info" in props:
            told["fullurl"] = f"{self.base}/wiki/{quote(page.title.replace(' ', '_'))}"
        if "pageprops" in props and page.disambiguation:
            told["pageprops"] = {"disambiguation": ""}
        if "extracts" in props and title in self.deleted:
            return told if "generator" in asked else {"ns": 0, "title": title, "missing": ""}
        if "extracts" in props and (title == whole or "exintro" in asked):
            told["extract"] = page.text.partition("\n\n\n==")[0] if "exintro" in asked else page.text
        if "revisions" in props:
            told["revisions"] = [{"revid": 1000 + page.number, "parentid": 900 + page.number}]
        return told
