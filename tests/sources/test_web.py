"""The web source, with Tavily's own client against a Tavily on loopback."""

from __future__ import annotations

import asyncio

import pytest
from servers.base import Response
from servers.tavily import TavilyServer, WebPage, error

from tertulia.errors import SourceError, SourceSettingsError, SourceUnavailableError
from tertulia.settings import Settings
from tertulia.sources import Query
from tertulia.sources.web import WebSource


async def only(source: WebSource, query: str):
    (document,) = await source.search(Query(query, "en", 1))
    return document


async def test_asks_for_whole_pages_with_the_key(web: WebSource, tavily: TavilyServer) -> None:
    """The request is what Tavily's documentation asks for: key in the header, page text as Markdown."""
    await web.search(Query("solar roofs", "en", 3))
    (request,) = tavily.requests
    assert request.headers["authorization"] == "Bearer tvly-test"
    assert request.json() == {"query": "solar roofs", "max_results": 3, "include_raw_content": "markdown"}


async def test_gives_the_page_without_its_markup(web: WebSource) -> None:
    """Emphasis, links, images, foreign reference marks and entities are gone; every word of the sentences stays."""
    document = await only(web, "lighthouse keepers")
    assert document.text == (
        "# A short history of lighthouse keeping\n\n"
        "Keepers lived in the towers until automation came in the 1980s.\n\n"
        "## The night watch\n\n"
        "Each watch lasted four hours. The lamp was trimmed twice a night & the clockwork wound once."
    )
    assert document.url == "https://www.lighthouse-keepers.example/history"
    assert document.published == "2024-03-09"
    assert document.site == "lighthouse-keepers.example"
    assert document.language == "en"


async def test_keeps_tables_and_reads_mail_dates(web: WebSource) -> None:
    """News results are dated as e-mails are."""
    document = await only(web, "Vellmora roofs town")
    assert "| Year | Roofs |\n|---|---|\n| 2021 | 120 |" in document.text
    assert document.published == "2023-06-06"


async def test_takes_the_snippet_of_a_page_that_could_not_be_read(web: WebSource) -> None:
    """`raw_content` null, or shorter than the snippet ("Enable JavaScript"), loses to the snippet."""
    document = await only(web, "households night grid cost shared")
    assert document.text == "Households with solar panels still use the grid at night, and its cost is shared by all."


async def test_merges_addresses_that_are_one_page(web: WebSource, tavily: TavilyServer) -> None:
    """The longest text of a page that comes twice is kept; what is not on the web is left out."""
    tavily.pages = [
        WebPage("http://A.example:80/x/?utm_source=n#top", "X", "Otters swim.", "Otters swim."),
        WebPage("http://a.example/x", "X", "Otters swim.", "Otters swim well."),
        WebPage("file:///etc/otters", "Otters", "Otters.", "Otters."),
        WebPage("javascript:otters", "Otters", "Otters.", "Otters."),
    ]
    (document,) = await web.search(Query("otters", "en", 5))
    assert (document.url, document.text) == ("http://a.example/x", "Otters swim well.")


async def test_cuts_a_huge_page_at_a_paragraph(web: WebSource, tavily: TavilyServer) -> None:
    """A page of a megabyte does not become a document of a megabyte."""
    paragraph = "Otters swim in the river all day long."
    tavily.pages = [WebPage("https://a.example/", "Otters", "Otters.", "\n\n".join([paragraph] * 30_000))]
    document = await only(web, "otters")
    assert 240_000 < len(document.text) <= 250_000
    assert set(document.text.split("\n\n")) == {paragraph}


async def test_single_lines_of_a_machine_made_page_are_paragraphs(web: WebSource, tavily: TavilyServer) -> None:
    """Where paragraphs are long lines, a line of its own is a menu entry or a caption, not the start of a sentence."""
    long = "Otters swim " + "and swim " * 40 + "home."
    tavily.pages = [WebPage("https://a.example/", "Otters", "Otters.", f"Home\nAbout us\n{long}")]
    assert (await only(web, "otters")).text == f"Home\n\nAbout us\n\n{long}"


async def test_shortens_a_long_query_at_a_word(web: WebSource, tavily: TavilyServer) -> None:
    """Tavily takes 400 characters; the client does not look."""
    await web.search(Query("solar panels " * 60, "en"))
    asked = tavily.requests[0].json()["query"]
    assert len(asked) <= 400
    assert set(asked.split()) == {"solar", "panels"}


@pytest.mark.parametrize("key", ["", "  ", "two words", "clé", "line\nbreak"])
def test_does_not_search_without_a_key(key: str) -> None:
    """The client would search keyless; here a missing or impossible key is named before anything is sent."""
    with pytest.raises(SourceSettingsError, match="TAVILY_API_KEY") as caught:
        WebSource(Settings(tavily_api_key=key), lambda: pytest.fail("not asked for"))
    assert "tavily.com" in caught.value.hint


@pytest.mark.parametrize("status", [429, 500, 502, 503])
async def test_tries_again_what_may_pass(web: WebSource, tavily: TavilyServer, status: int) -> None:
    """Two more tries, then it is recorded as a gap."""
    tavily.faults.append(error(status, "busy"))
    assert await web.search(Query("bees"))
    assert len(tavily.requests) == 2
    tavily.faults.extend([error(status, "busy")] * 3)
    with pytest.raises(SourceUnavailableError):
        await web.search(Query("bees"))
    assert len(tavily.requests) == 5


@pytest.mark.parametrize(("status", "kind"), [(401, SourceSettingsError), (403, SourceSettingsError)])
async def test_does_not_ask_again_what_will_not_pass(
    web: WebSource, tavily: TavilyServer, status: int, kind: type[SourceError]
) -> None:
    """A wrong key stays wrong."""
    tavily.faults.append(error(status, "no"))
    with pytest.raises(kind):
        await web.search(Query("bees"))
    assert len(tavily.requests) == 1


@pytest.mark.parametrize("status", [432, 433])
async def test_a_used_up_plan_is_said_so(web: WebSource, tavily: TavilyServer, status: int) -> None:
    """432 and 433 are Tavily's own: the plan is exhausted, and asking again costs nothing but time."""
    tavily.faults.append(error(status, "This request exceeds your plan's set usage limit."))
    with pytest.raises(SourceSettingsError, match=r"plan is used up.*usage limit") as caught:
        await web.search(Query("bees"))
    assert not caught.value.retryable
    assert len(tavily.requests) == 1


async def test_never_shows_the_key(tavily: TavilyServer) -> None:
    """Not even when the service repeats it in its error."""
    source = WebSource(Settings(tavily_api_key="tvly-secret", tavily_api_base_url=tavily.url), lambda: None)
    tavily.faults.append(error(401, "The key tvly-secret is unknown"))
    with pytest.raises(SourceSettingsError) as caught:
        await source.search(Query("bees"))
    await source.close()
    assert "tvly-secret" not in f"{caught.value} {caught.value.hint}"


@pytest.mark.parametrize("address", ["nowhere", "ftp://tavily.example", "http://"])
def test_a_wrong_address_is_named(address: str) -> None:
    """Before anything is asked."""
    with pytest.raises(SourceSettingsError, match="TAVILY_API_BASE_URL"):
        WebSource(Settings(tavily_api_key="k", tavily_api_base_url=address), lambda: None)


async def test_a_server_that_is_not_there(tavily: TavilyServer) -> None:
    """Refused connections are retried, then reported as worth another try."""
    with TavilyServer() as gone:
        address = gone.url
    source = WebSource(Settings(tavily_api_key="k", tavily_api_base_url=address), lambda: None, delays=(0,))
    with pytest.raises(SourceUnavailableError, match="cannot be reached"):
        await source.search(Query("bees"))
    await source.close()


async def test_a_server_that_is_too_slow(web: WebSource, tavily: TavilyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time-out of the client is a source that did not answer."""
    monkeypatch.setattr("tertulia.sources.web._ANSWER_SECONDS", 0.05)
    tavily.hold = True
    with pytest.raises(SourceUnavailableError, match="in time"):
        await web.search(Query("bees"))
    tavily.released.set()


async def test_a_server_that_drips(web: WebSource, tavily: TavilyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the client would wait, a search ends."""
    monkeypatch.setattr("tertulia.sources.web._SEARCH_SECONDS", 0.05)
    tavily.hold = True
    with pytest.raises(SourceUnavailableError, match="in time"):
        await web.search(Query("bees"))
    tavily.released.set()


async def test_hanging_up_is_worth_another_try(web: WebSource, tavily: TavilyServer) -> None:
    """A connection that breaks is tried again."""
    tavily.faults.append(Response(0))
    assert await web.search(Query("bees"))


async def test_opens_no_connection_again_once_it_is_closed(web: WebSource, tavily: TavilyServer) -> None:
    """Whoever still searches then, or tries again, would leave it open."""
    assert await web.search(Query("bees"))
    await web.close()
    asked = len(tavily.requests)
    with pytest.raises(SourceError, match="closed"):
        await web.search(Query("bees"))
    assert len(tavily.requests) == asked


def test_works_in_two_event_loops(tavily: TavilyServer) -> None:
    """The client of one loop is not used in the next."""
    source = WebSource(Settings(tavily_api_key="tvly-test", tavily_api_base_url=tavily.url), _noon)

    async def search() -> list[str]:
        found = [document.title for document in await source.search(Query("bees"))]
        await source.close()
        return found

    assert asyncio.run(search()) == asyncio.run(search()) == ["Keeping bees in the city"]


def _noon():
    from datetime import UTC, datetime

    return datetime(2026, 3, 1, tzinfo=UTC)
