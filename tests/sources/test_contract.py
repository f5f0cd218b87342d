"""What every source promises, whoever it is."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from servers.base import Response

from tertulia.errors import SourceError
from tertulia.evidence.documents import content_hash, document_id
from tertulia.evidence.urls import canonical_url
from tertulia.sources import Query, Source

if TYPE_CHECKING:
    from .conftest import Case

FAULTS = [
    Response(status, body)
    for status in (204, 400, 401, 403, 404, 418, 429, 432, 500, 503)
    for body in ("", "<!DOCTYPE html><title>Trouble</title>")
]
ODD_ANSWERS = [
    Response(200, ""),
    Response(200, "<!DOCTYPE html><title>Sign in</title>"),
    Response(200, b"\xff\xfe\x00"),
    Response(200, []),
    Response(200, {}),
    Response(200, None),
    Response(200, {"results": "none", "query": []}),
    Response(
        200, {"results": [None, {"url": 3}, {"url": "ftp://a.example/x", "content": "x"}], "query": {"pages": []}}
    ),
    Response(200, {"results": [{"url": "http://", "content": None}], "query": {"pages": {"1": {"title": 3}}}}),
]


async def test_is_a_source_and_has_its_name(case: Case) -> None:
    """A source can be told at run time, and is called by the name that flags and reports use."""
    assert isinstance(case.source, Source)
    assert case.source.name in {"web", "wikipedia", "documents"}


async def test_gives_whole_documents(case: Case) -> None:
    """Each document has its canonical address, the matching id and hash, its text, its source and when it was had."""
    for query in case.queries:
        documents = await case.source.search(query)
        assert documents
        for document in documents:
            assert document.url == canonical_url(document.url)
            assert document.id == document_id(document.url, document.source, document.content_hash)
            assert document.content_hash == content_hash(document.text)
            assert document.text == document.text.strip() != ""
            assert document.title
            assert document.source == case.source.name
            assert document.retrieved_at == "2026-03-01T12:00:00+00:00"


async def test_gives_each_document_once_and_no_more_than_wanted(case: Case) -> None:
    """The limit holds, and no address comes twice."""
    for query in case.queries:
        for limit in (1, 2, 5):
            documents = await case.source.search(Query(query.text, query.language, limit))
            assert 1 <= len(documents) <= limit
            assert len({document.id for document in documents}) == len(documents)


async def test_answers_depend_on_the_query(case: Case) -> None:
    """Other words, other documents; and the documents hold words of the query."""
    found = [[document.id for document in await case.source.search(query)] for query in case.queries]
    assert len({tuple(ids) for ids in found}) == len(case.queries)


async def test_gives_nothing_for_what_it_does_not_have(case: Case) -> None:
    """No match is an empty list, not an error."""
    assert await case.source.search(case.nothing) == []


@pytest.mark.parametrize(
    "text", ["", "   ", '"', "a" * 5_000, "🙂", "NEAR(", "\0\ud800", "word " * 500, "-mill !mill", "()[]{}|"]
)
async def test_survives_any_query(case: Case, text: str) -> None:
    """Whatever a model puts into a query, the answer is a list."""
    assert isinstance(await case.source.search(Query(text, "en")), list)


async def test_answers_at_the_same_time(case: Case) -> None:
    """Searches that run at once get what they would have got one by one."""
    queries = case.queries * 4
    alone = [await case.source.search(query) for query in case.queries] * 4
    assert await asyncio.gather(*(case.source.search(query) for query in queries)) == alone


async def test_closes_twice(case: Case) -> None:
    """Closing is safe at any time, also before the first search and again."""
    await case.source.close()
    await case.source.close()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.status}-{'html' if fault.body else 'empty'}")
async def test_faults_become_source_errors(remote: Case, fault: Response) -> None:
    """Whatever a service answers in trouble is a SourceError with a message and a hint, and no other exception."""
    remote.faults.extend([fault] * 6)
    with pytest.raises(SourceError) as caught:
        await remote.source.search(remote.queries[0])
    assert str(caught.value)
    assert caught.value.hint
    assert caught.value.retryable == (fault.status in {429, 500, 503})


@pytest.mark.parametrize("answer", ODD_ANSWERS, ids=range(len(ODD_ANSWERS)))
async def test_odd_answers_are_no_surprise(remote: Case, answer: Response) -> None:
    """An answer in no known form is either a SourceError or nothing found."""
    remote.faults.extend([answer] * 6)
    outcome: object = []
    try:
        outcome = await remote.source.search(remote.queries[0])
    except SourceError as error:
        outcome = error
    assert outcome == [] or (isinstance(outcome, SourceError) and outcome.hint)
