"""Where tertulia connects to: what the user has set and public addresses of its services, whatever pages say."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import shutil
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import certifi
import httpx
import pytest
import requests
from command import report_path, world
from security.addresses import INSIDE, NAMES, PUBLIC
from servers.hostile import Answer, HostileServer, endless, slow_headers, whole
from servers.mediawiki import MediaWikiServer
from servers.tavily import WebPage

from tertulia.errors import SourceError, SourceSettingsError, SourceUnavailableError
from tertulia.settings import Settings
from tertulia.sources import Query, Source
from tertulia.sources.guard import Guard, Place, RefusedError, is_public
from tertulia.sources.guarded_httpx import GuardedTransport
from tertulia.sources.guarded_requests import guarded_session
from tertulia.sources.web import WebSource
from tertulia.sources.wikipedia import WikipediaSource

JSON = "HTTP/1.1 200 OK\nContent-Type: application/json"
CHUNKED = f"{JSON}\nTransfer-Encoding: chunked"
BLOCK = b"10000\r\n" + b" " * 65_536 + b"\r\n"


def strangers(host: str, _: int) -> list[str]:
    """A name server of a stranger; numbers are read as the most lenient program reads them."""
    if host in NAMES:
        return NAMES[host]
    if ":" in host:
        return [host]
    return [socket.inet_ntoa(socket.inet_aton(host))]


REFUSALS = (SourceError, OSError, ValueError, httpx.HTTPError, httpx.InvalidURL)


def look(url: str, guard: Guard) -> list[str]:
    place = Place.of(url)
    return guard.addresses(place.host, place.port)


async def get(url: str, guard: Guard) -> httpx.Response:
    transport = GuardedTransport(url, guard, limit=100)
    async with httpx.AsyncClient(transport=transport, timeout=2) as client:
        return await client.get(url)


@pytest.fixture
def canary() -> Iterator[HostileServer]:
    """Who comes here was led inside."""
    with HostileServer(whole("HTTP/1.1 200 OK\nContent-Length: 0")) as server:
        yield server


async def test_no_form_of_an_inner_address_is_reached(canary: HostileServer) -> None:
    """Each is refused by both libraries, before anything is sent."""
    assert len(INSIDE) >= 80
    guard = Guard(resolve=strangers)
    for form in INSIDE:
        url = form.replace("{port}", str(canary.port))
        with pytest.raises(REFUSALS):
            look(url, guard)
        with pytest.raises(REFUSALS):
            guarded_session(url, guard).get(url, timeout=2)
        with pytest.raises(REFUSALS):
            await get(url, guard)
    assert canary.hits == 0


async def test_the_canary_can_be_reached(canary: HostileServer) -> None:
    """The test above would pass if nothing ever connected: a place that the user has set is."""
    guard = Guard(trusted=frozenset({Place.of(canary.url)}))
    with guarded_session(canary.url, guard) as session:
        assert session.get(canary.url, timeout=2).status_code == 200
    assert (await get(canary.url, guard)).status_code == 200
    assert canary.hits == 2


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_public(address: str) -> None:
    """Also IPv4 through NAT64, which is all that some networks have."""
    assert is_public(address)


async def test_a_name_that_changes_after_the_look_changes_nothing(
    canary: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DNS rebinding: the connection goes to the address that was looked at, and the next look refuses."""
    answers = [["93.184.216.34"], ["127.0.0.1"]] * 2
    guard = Guard(resolve=lambda *_: answers.pop(0))
    url = f"http://rebind.example:{canary.port}/"
    reached: list[str] = []

    def nowhere(address: tuple[str, int] | str, *_: Any, **__: Any) -> None:
        reached.append(address if isinstance(address, str) else address[0])
        raise socket.gaierror("no network in this test")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: nowhere(address))
    with guarded_session(url, guard) as session:
        with pytest.raises(requests.ConnectionError):
            session.get(url, timeout=2)
        with pytest.raises(RefusedError, match=r"leads to 127\.0\.0\.1"):
            session.get(url, timeout=2)
    with pytest.raises(httpx.ConnectError):
        await get(url, guard)
    with pytest.raises(RefusedError, match=r"leads to 127\.0\.0\.1"):
        await get(url, guard)
    assert (set(reached), canary.hits, answers) == ({"93.184.216.34"}, 0, [])


def test_what_is_set_is_trusted_for_its_own_port_only(canary: HostileServer) -> None:
    """Another service of the same machine is another place."""
    guard = Guard(trusted=frozenset({Place("127.0.0.1", canary.port)}))
    assert guard.addresses("127.0.0.1", canary.port) == ["127.0.0.1"]
    with pytest.raises(RefusedError):
        guard.addresses("127.0.0.1", canary.port + 1)


def wiki(server: HostileServer | MediaWikiServer) -> WikipediaSource:
    settings = Settings(wikipedia_url=f"{server.url}/{{language}}/w/api.php")
    return WikipediaSource(settings, lambda: datetime.now(UTC), patience=0)


def web(server: HostileServer) -> WebSource:
    settings = Settings(tavily_api_key="tvly-test", tavily_api_base_url=server.url)
    return WebSource(settings, lambda: datetime.now(UTC), delays=(0, 0))


async def failure(source: Source) -> SourceError:
    try:
        with pytest.raises(SourceError) as caught:
            await source.search(Query("mill"))
    finally:
        await source.close()
    return caught.value


@pytest.mark.parametrize("open_source", [wiki, web])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_host_is_not_followed(open_source, status: int, canary: HostileServer) -> None:
    """Also when it is the same machine on another port, and whatever its form."""
    forms = [
        canary.url,
        f"http://localhost:{canary.port}",
        f"//127.0.0.1:{canary.port}",
        f"http://u@127.0.0.1:{canary.port}",
    ]
    for target in forms:
        with HostileServer(whole(f"HTTP/1.1 {status} X\nLocation: {target}/x\nContent-Length: 0")) as server:
            assert isinstance(await failure(open_source(server)), SourceSettingsError)
    assert canary.hits == 0


async def test_three_redirects_on_the_same_host_are_the_most(canary: HostileServer) -> None:
    """A wiki may have moved its api.php; a circle ends."""
    with HostileServer(whole("HTTP/1.1 302 X\nLocation: /again\nContent-Length: 0\nConnection: close")) as server:
        assert "again and again" in str(await failure(wiki(server)))
        assert server.hits == 4
    chain = ["/two", "/three", f"{canary.url}/in"]
    steps = iter(chain)

    def answer(connection: socket.socket, stop: threading.Event) -> None:
        whole(f"HTTP/1.1 302 X\nLocation: {next(steps)}\nContent-Length: 0\nConnection: close")(connection, stop)

    with HostileServer(answer) as server:
        assert "leads to another host" in str(await failure(wiki(server)))
        assert (server.hits, canary.hits) == (3, 0)


PACKED = gzip.compress(bytes(100_000_000))


@pytest.mark.parametrize("open_source", [wiki, web])
@pytest.mark.parametrize(
    ("answer", "says"),
    [
        pytest.param(endless(CHUNKED, BLOCK), "too long", id="endless"),
        pytest.param(whole(f"{JSON}\nContent-Encoding: gzip", PACKED), "too long", id="gzip bomb"),
        pytest.param(whole(f"{JSON}\nContent-Encoding: br", b"x" * 99), "", id="other packing"),
        pytest.param(whole(f"{JSON}\nContent-Encoding: gzip", b"no gzip"), "", id="broken gzip"),
        pytest.param(whole("HTTP/1.1 200 OK\nContent-Type: image/png", b"\x89PNG"), "not", id="wrong type"),
        pytest.param(whole(f"{JSON}\nX-Large: {'a' * 200_000}", b"{}"), "cannot be reached", id="huge header"),
        pytest.param(whole(JSON + "\nX-Many: a" * 20_000, b"{}"), "cannot be reached", id="many headers"),
        pytest.param(whole(JSON, b"[" * 200_000), "not", id="deep JSON"),
        pytest.param(whole(JSON, b"1" * 200_000), "not", id="long number"),
    ],
)
async def test_odd_answers_are_bounded_and_named(open_source, answer: Answer, says: str) -> None:
    """An answer without end, packed, of the wrong type or form is a gap of this source."""
    with HostileServer(answer) as server:
        problem = await failure(open_source(server))
        assert says in str(problem)
        assert 1 <= server.hits <= 3


@pytest.mark.parametrize("open_source", [wiki, web])
@pytest.mark.parametrize("answer", [endless(CHUNKED, b"1\r\n \r\n", pause=0.05), slow_headers], ids=["body", "headers"])
async def test_a_slow_drip_ends(open_source, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each byte comes in time and the answer never: the clock of the whole ends it, and the connection is closed."""
    monkeypatch.setattr("tertulia.sources.wikipedia_requests._ANSWER_SECONDS", 0.3)
    monkeypatch.setattr("tertulia.sources.guarded_requests._HEADER_SECONDS", 0.3)
    monkeypatch.setattr("tertulia.sources.web._SEARCH_SECONDS", 0.5)
    with HostileServer(answer) as server:
        assert isinstance(await failure(open_source(server)), SourceUnavailableError)
        assert server.hits >= 1


def test_certificates_are_read_once_and_again_when_others_are_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each of many runs to read them takes long, and a megabyte; whoever is to be trusted may be set in between."""
    read: list[str] = []
    real = httpx.create_ssl_context
    monkeypatch.setattr(httpx, "create_ssl_context", lambda: read.append(os.environ["SSL_CERT_FILE"]) or real())
    for name in ("one.pem", "other.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", shutil.copy(certifi.where(), str(tmp_path / name)))
        for _ in range(3):
            GuardedTransport("https://web.example", Guard(), limit=100)
    assert read == [str(tmp_path / "one.pem"), str(tmp_path / "other.pem")]


async def test_a_name_server_that_does_not_answer_stops_nothing_else(canary: HostileServer) -> None:
    """Not the threads that everything shares, not the end of the process; and one place is looked up once at a time."""
    asked: list[str] = []
    begun, answers = threading.Event(), threading.Event()
    host = canary.url.split("/")[2].partition(":")[0]

    def resolve(host: str, _: int) -> list[str]:
        asked.append(host)
        begun.set()
        assert answers.wait(20)
        return [host]

    transport = GuardedTransport(canary.url, Guard(frozenset({Place.of(canary.url)}), resolve), limit=1_000_000)
    async with httpx.AsyncClient(transport=transport) as client:
        waiting = [asyncio.create_task(client.get(canary.url)) for _ in range(40)]
        assert await asyncio.wait_for(asyncio.to_thread(begun.wait, 10), 10)
        assert [thread.daemon for thread in threading.enumerate() if thread.name == "tertulia-lookup"] == [True]
        waiting[0].cancel()
        answers.set()
        found = await asyncio.gather(*waiting[1:])
    assert asked == [host]
    assert {response.status_code for response in found} == {200}


def test_nothing_that_a_page_or_a_model_names_is_fetched(canary: HostileServer) -> None:
    """The web finds pages under inner addresses, which speak of more of them: cited or dropped, never asked."""
    urls = [form.replace("{port}", str(canary.port)) for form in INSIDE]
    pages = [
        WebPage(
            url,
            f"Tidal mills of the coast {number}",
            "Tidal mills …",
            f"# Tidal mills\n\nThe tidal mills of coast {number} in Orvania ground {number} sacks. "
            f"![x]({canary.url}/image) [more]({url}) <img src='{canary.url}/tag'> "
            f"<iframe src='{canary.url}/frame'></iframe>\n",
        )
        for number, url in enumerate(urls)
    ]
    with world() as around:
        around.web.pages = pages
        done = around.run(*around.report_arguments, "--analysts", "1", "--turns", "1", "--yes")
        assert done.returncode == 0, done.stderr
        assert len(around.web.requests) > 0
        evidence = json.loads((report_path(done.stdout).parent / "evidence.json").read_text("utf-8"))
        assert any(source["url"].startswith("http://") for source in evidence["documents"])
    assert canary.hits == 0


def test_a_source_that_never_ends_is_a_gap_and_the_run_goes_on() -> None:
    """The report is written from the other source and names the one that failed."""
    with world() as around, HostileServer(endless(CHUNKED, BLOCK)) as hostile:
        arguments = [*around.report_arguments, "--analysts", "1", "--turns", "1", "--yes"]
        done = around.run(*arguments, TERTULIA_WIKIPEDIA_URL=f"{hostile.url}/w/api.php")
        assert done.returncode == 0, done.stderr
        assert "source wikipedia: The answer is too long" in done.stderr
        assert "“wikipedia” could not be searched" in report_path(done.stdout).read_text("utf-8")
