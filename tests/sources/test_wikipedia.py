"""Wikipedia, with the wikipedia package against a MediaWiki on loopback."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
import wikipedia as package
from servers.base import Response
from servers.mediawiki import PAGES, MediaWikiServer, api_error

from tertulia.errors import SourceError, SourceSettingsError, SourceUnavailableError
from tertulia.settings import Settings
from tertulia.sources import Query
from tertulia.sources.wikipedia import WikipediaSource, _Hit, _hit
from tertulia.sources.wikipedia_requests import user_agent
from tertulia.sources.wikipedia_text import light_markdown


def noon() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


class Waits(threading.Event):
    """Notes how long it was waited for, and waits no time."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout)
        return self.is_set()


@pytest.fixture
def waits(wikipedia: WikipediaSource) -> Waits:
    waits = Waits()
    wikipedia._requests._closing = waits
    wikipedia._requests._patience = 1.0
    return waits


async def test_a_search_brings_one_text_and_others_are_asked_for(
    wikipedia: WikipediaSource, mediawiki: MediaWikiServer
) -> None:
    """Three pages cost three requests, each with a name, a contact and a lag limit."""
    assert len(await wikipedia.search(Query("Orvania", "en", 3))) == 3
    assert {request.query.get("titles") for request in mediawiki.requests} == {None, "Tidal mill", "Windmill"}
    assert len(mediawiki.requests) == 3
    for request in mediawiki.requests:
        assert request.path == "/en/w/api.php"
        assert request.query["maxlag"] == "5"
        assert request.headers["user-agent"].startswith("tertulia/")
        assert "somebody@example.org" in request.headers["user-agent"]


async def test_a_page_is_fetched_once(wikipedia: WikipediaSource, mediawiki: MediaWikiServer) -> None:
    """However many searches find it, at the same time or later; a page of another wiki is another page."""
    mediawiki.pages = {"en": PAGES["en"], "es": PAGES["en"]}
    queries = [Query(text, language, 3) for text in ("mill", "Orvania", "gate OR wind") for language in ("en", "es")]
    first = await asyncio.gather(*(wikipedia.search(query) for query in queries))
    second = [await wikipedia.search(query) for query in queries]
    assert first == second
    fetched = [request.path + request.query["titles"] for request in mediawiki.requests if "titles" in request.query]
    assert fetched
    assert len(fetched) == len(set(fetched))


async def test_what_cannot_be_read_is_made_up_for(wikipedia: WikipediaSource, mediawiki: MediaWikiServer) -> None:
    """Of the best two one is a disambiguation: the next ones are asked for, once; without one they are not."""
    assert [document.title for document in await wikipedia.search(Query("mill", "en", 2))] == ["Tidal mill", "Windmill"]
    assert [request.query.get("gsroffset") for request in mediawiki.requests if "gsrsearch" in request.query] == [
        None,
        "2",
    ]


async def test_a_page_that_failed_is_asked_for_again(wikipedia: WikipediaSource, mediawiki: MediaWikiServer) -> None:
    """A failure is not kept."""
    mediawiki.refused = {"Windmill"}
    assert len(await wikipedia.search(Query("Orvania", "en", 3))) == 2
    mediawiki.refused = set()
    assert len(await wikipedia.search(Query("Orvania", "en", 3))) == 3


async def test_a_search_that_is_given_up_leaves_the_page_to_another(wikipedia: WikipediaSource) -> None:
    """Two searches wait for the same page; one is cancelled, the other gets it."""
    hit = _Hit("Windmill", "12", "https://en.wikipedia.org/wiki/Windmill")
    free = threading.Event()
    busy = [wikipedia._threads.submit(free.wait, 20) for _ in range(3)]
    one, other = (asyncio.ensure_future(wikipedia._page(hit, "en")) for _ in range(2))
    await asyncio.sleep(0)
    one.cancel()
    await asyncio.sleep(0)
    free.set()
    document = await other
    assert document is not None
    assert document.title == "Windmill"
    assert one.cancelled()
    assert all(wait.result() for wait in busy)


async def test_only_so_many_pages_are_kept(
    wikipedia: WikipediaSource, mediawiki: MediaWikiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that reads very many pages forgets those that were not found for longest."""
    monkeypatch.setattr("tertulia.sources.wikipedia._KEPT_PAGES", 2)
    for query in ("windmill sails", "barley cereal", "windmill sails", "tidal gate"):
        assert await wikipedia.search(Query(query, "en", 1))
    assert [page for _, page in wikipedia._pages] == ["12", "11"]


async def test_gives_headings_and_no_lists_of_works(wikipedia: WikipediaSource) -> None:
    """`== Heading ==` becomes `## Heading`; references and empty sections go, with what is under them."""
    (document,) = await wikipedia.search(Query("tidal mill gate", "en", 1))
    assert document.text == (
        "A tidal mill is a mill that is driven by the rise and fall of the tide. The oldest known one in Orvania was "
        "built in 1132.\n\n## Working\n\nWater fills a pond behind a gate at high tide.\n\n### Gate\n\nThe gate closes "
        "by itself."
    )
    assert document.site == "Wikipedia"
    assert document.kind == "page"


async def test_asks_the_wiki_of_the_language(wikipedia: WikipediaSource, mediawiki: MediaWikiServer) -> None:
    """At the same time in two languages: each query reaches its own wiki."""
    queries = [Query("molino", "es"), Query("windmill", "en"), Query("molino", "es-ES")] * 5
    results = await asyncio.gather(*(wikipedia.search(query) for query in queries))
    assert {document.language for documents in results[1::3] for document in documents} == {"en"}
    assert {document.title for documents in results[0::3] + results[2::3] for document in documents} == {
        "Molino de mareas"
    }
    assert {request.query.get("gsrsearch") for request in mediawiki.requests if request.path.startswith("/es/")} == {
        "molino"
    }


async def test_leaves_the_package_as_it_was(wikipedia: WikipediaSource) -> None:
    """Whoever else uses the wikipedia package in this process keeps its address, its request function and caches."""
    before = dict(vars(package.wikipedia))
    await wikipedia.search(Query("windmill"))
    assert dict(vars(package.wikipedia)) == before
    assert package.search._cache == {}


async def test_follows_redirects_and_passes_over_what_cannot_be_read(
    wikipedia: WikipediaSource, mediawiki: MediaWikiServer
) -> None:
    """A redirect is its target; disambiguations, empty pages and titles that cannot be asked for are left out."""
    assert [document.title for document in await wikipedia.search(Query("tide mill", "en", 1))] == ["Tidal mill"]
    titles = {document.title for document in await wikipedia.search(Query("mill", "en", 10))}
    assert titles <= {"Tidal mill", "Windmill", "Orvania"}
    assert titles
    assert not any(request.query.get("titles") in {"Mill", "Odd [mill] title"} for request in mediawiki.requests)


async def test_reads_at_most_three_pages(wikipedia: WikipediaSource, mediawiki: MediaWikiServer) -> None:
    """However many are wanted: Wikimedia asks for few requests."""
    await wikipedia.search(Query("mill", "en", 50))
    assert len(mediawiki.requests) <= 4


async def test_a_page_that_was_deleted_meanwhile_costs_only_itself(
    wikipedia: WikipediaSource, mediawiki: MediaWikiServer
) -> None:
    """The other pages of the search are given."""
    mediawiki.deleted = {"Tidal mill"}
    titles = [document.title for document in await wikipedia.search(Query("mill", "en", 3))]
    assert titles
    assert "Tidal mill" not in titles


async def test_drops_words_when_no_page_has_them_all(wikipedia: WikipediaSource, mediawiki: MediaWikiServer) -> None:
    """A second, looser search with the telling words; stop words are not among them."""
    documents = await wikipedia.search(Query("the history of the windmill in zeppelins", "en", 1))
    assert [document.title for document in documents] == ["Windmill"]
    assert mediawiki.requests[1].query["gsrsearch"] == "zeppelins OR windmill OR history"


async def test_search_operators_are_only_words(wikipedia: WikipediaSource, mediawiki: MediaWikiServer) -> None:
    """No regular expression or filter of the search engine comes from a model."""
    await wikipedia.search(Query('insource:/.*/ -mill "windmill" intitle:x~', "en"))
    assert mediawiki.requests[0].query["gsrsearch"] == "insource mill windmill intitle x"


@pytest.mark.parametrize("language", ["", "../x", "evil.example/", "e", "12", "english"])
async def test_only_a_language_code_reaches_the_address(
    wikipedia: WikipediaSource, mediawiki: MediaWikiServer, language: str
) -> None:
    """Nothing but two or three letters is ever put into a host name."""
    with pytest.raises(SourceSettingsError, match="language"):
        await wikipedia.search(Query("mill", language))
    assert mediawiki.requests == []


async def test_a_language_without_a_wiki_is_an_error(wikipedia: WikipediaSource) -> None:
    """Another language is never searched instead."""
    with pytest.raises(SourceSettingsError, match="no wiki"):
        await wikipedia.search(Query("mill", "xx"))


async def test_waits_as_long_as_it_is_told(
    wikipedia: WikipediaSource, mediawiki: MediaWikiServer, waits: Waits
) -> None:
    """Retry-After in seconds or as a date; without it one second, then two."""
    mediawiki.faults = [Response(429, headers={"Retry-After": "7"}), Response(503)]
    assert await wikipedia.search(Query("windmill"))
    assert waits.seconds == [7.0, 2.0]
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=15), usegmt=True)
    mediawiki.faults = [Response(503, headers={"Retry-After": date})]
    assert await wikipedia.search(Query("windmill"))
    assert 10 < waits.seconds[2] <= 15


async def test_gives_up_when_it_would_take_too_long(
    wikipedia: WikipediaSource, mediawiki: MediaWikiServer, waits: Waits
) -> None:
    """An hour is not waited for, and three tries are enough."""
    mediawiki.faults = [Response(429, headers={"Retry-After": "3600"})]
    with pytest.raises(SourceUnavailableError, match="fewer requests"):
        await wikipedia.search(Query("windmill"))
    assert waits.seconds == []
    mediawiki.faults = [Response(500)] * 9
    with pytest.raises(SourceUnavailableError, match="status 500"):
        await wikipedia.search(Query("windmill"))
    assert len(mediawiki.requests) == 4


async def test_a_busy_wiki_says_so_with_status_200(
    wikipedia: WikipediaSource, mediawiki: MediaWikiServer, waits: Waits
) -> None:
    """`maxlag` comes as an API error and is tried again; other API errors are not."""
    mediawiki.faults = [api_error("maxlag", "Waiting for a database server: 6 seconds lagged.")]
    assert await wikipedia.search(Query("windmill"))
    mediawiki.faults = [api_error("badvalue", "Unrecognized value")]
    with pytest.raises(SourceError, match="Unrecognized value") as caught:
        await wikipedia.search(Query("windmill"))
    assert not caught.value.retryable
    assert waits.seconds == [1.0]


async def test_a_refusal_tells_how_to_name_oneself(wikipedia: WikipediaSource, mediawiki: MediaWikiServer) -> None:
    """403 is what nameless programs get."""
    mediawiki.faults = [Response(403, "<html>Please set a user-agent</html>")]
    with pytest.raises(SourceError, match="refuses") as caught:
        await wikipedia.search(Query("windmill"))
    assert "TERTULIA_CONTACT" in caught.value.hint
    assert len(mediawiki.requests) == 1


async def test_a_wiki_that_is_not_there() -> None:
    """A refused connection is a source that cannot be reached."""
    with MediaWikiServer() as gone:
        address = gone.address
    source = WikipediaSource(Settings(wikipedia_url=address), noon, patience=0)
    with pytest.raises(SourceUnavailableError, match="cannot be reached"):
        await source.search(Query("windmill"))
    await source.close()


async def test_a_closed_source_does_not_search(wikipedia: WikipediaSource) -> None:
    """It says that it is closed."""
    await wikipedia.close()
    with pytest.raises(SourceError, match="closed"):
        await wikipedia.search(Query("windmill"))


async def test_a_wiki_of_ones_own(mediawiki: MediaWikiServer) -> None:
    """An address without `{language}` is one wiki for every language."""
    source = WikipediaSource(Settings(wikipedia_url=f"{mediawiki.url}/es/w/api.php"), noon, patience=0)
    assert [document.title for document in await source.search(Query("molino", "en"))] == ["Molino de mareas"]
    await source.close()


@pytest.mark.parametrize("address", ["nowhere", "ftp://wiki.example/api.php", "https:///x"])
def test_a_wrong_address_is_named(address: str) -> None:
    """Before anything is asked."""
    with pytest.raises(SourceSettingsError, match="TERTULIA_WIKIPEDIA_URL"):
        WikipediaSource(Settings(wikipedia_url=address), noon)


def test_the_name_fits_into_a_header() -> None:
    """A contact in any script, or with a line break, still makes a header of one line."""
    assert user_agent("Ω\nX-Evil: 1").splitlines() == [user_agent("Ω\nX-Evil: 1")]
    user_agent("Ω").encode("latin-1")


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("es", "Véase también"),
        ("ca", "Referències"),
        ("eu", "Kanpo estekak"),
        ("gl", "Ligazóns externas"),
        ("fr", "Notes et références"),
        ("de", "Einzelnachweise"),
        ("en", "Further reading"),
        ("it", "References"),
    ],
)
def test_appendices_go_in_every_language(language: str, title: str) -> None:
    """What follows them at their own level stays."""
    text = f"Intro.\n\n== {title} ==\nA book.\n=== Sub ===\nAnother.\n\n== Next ==\nText."
    assert light_markdown(text, language) == "Intro.\n\n## Next\n\nText."


def test_formulas_leave_nothing_behind() -> None:
    """The source of a formula is not a sentence."""
    text = "The area is\n\n  \n    \n      \n        A\n  {\\displaystyle A=\\pi r^{2}}\n  \n.\n\nIt grows."
    assert "displaystyle" not in light_markdown(text, "en")
    assert light_markdown(text, "en").endswith("It grows.")


@pytest.mark.parametrize("kinds", [5, "disambiguation", True])
def test_a_page_of_another_form_is_no_wikis(kinds: object) -> None:
    with pytest.raises(SourceError, match="not a wiki"):
        _hit({"title": "Bee", "pageid": 1, "fullurl": "https://wiki.example/Bee", "pageprops": kinds})
