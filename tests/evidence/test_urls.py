"""One page has one address."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tertulia.evidence.urls import canonical_url, site_name

PIECES = st.one_of(
    st.sampled_from(["http", "HTTPS", "://", "//", "Example.ORG", "münchen.de", "[::1]", ":80", ":443", ":x", "@"]),
    st.sampled_from(["/", "..", ".", "?", "#", "&", "=", "utm_source", "fbclid", "\\", "a", "B"]),
    st.sampled_from(["%", "%2e", "%2F", "%zz", "%25", "é", " ", "\t", "\ud800"]),
)
URL_LIKE = st.lists(PIECES, max_size=12).map("".join)


@given(st.one_of(URL_LIKE, URL_LIKE.map(lambda tail: "https://example.org/" + tail), st.text()))
@example("http://h/%2e%2e/%2E/a/")
@example("https://h/?utm%5Fsource=x&&=&a=%")
@example("http://ⓔxample.com/")
@example("http://[::1")
def test_a_canonical_url_is_canonical(url: str):
    """It never raises, and doing it twice changes nothing."""
    once = canonical_url(url)
    assert canonical_url(once) == once
    site_name(url)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("HTTP://Example.ORG", "http://example.org/"),
        ("https://example.org:443/a/", "https://example.org/a"),
        ("http://example.org:8080/", "http://example.org:8080/"),
        ("https://example.org./a//b///", "https://example.org/a//b"),
        ("https://user:secret@example.org/", "https://example.org/"),
        ("https://example.org/a/./b/../c#part", "https://example.org/a/c"),
        ("https://example.org/%2e%2E/a", "https://example.org/a"),
        ("https://example.org/%7euser/caf%c3%a9", "https://example.org/~user/caf%C3%A9"),
        ("https://example.org/café y té", "https://example.org/caf%C3%A9%20y%20t%C3%A9"),
        ("https://example.org/100%", "https://example.org/100%25"),
        ("https://example.org/a%2Fb", "https://example.org/a%2Fb"),
        ("https://example.org/?b=2&utm_source=x&a=1&FBCLID=y&gclid=z", "https://example.org/?b=2&a=1"),
        ("https://example.org/?utm_campaign=x", "https://example.org/"),
        ("https://example.org/?q=a+b&flag", "https://example.org/?q=a+b&flag"),
        ("https://España.es/", "https://xn--espaa-rta.es/"),
        ("https://faß.de", "https://xn--fa-hia.de/"),
        ("http://[2001:DB8::1]:80/x", "http://[2001:db8::1]/x"),
        (" https://example.org/a \n", "https://example.org/a"),
        ("ftp://Example.org/A/", "ftp://Example.org/A/"),
        ("docs/Guide.md", "docs/Guide.md"),
        ("javascript:alert(1)", "javascript:alert(1)"),
        ("https://example.org:99999/", "https://example.org:99999/"),
        ("https://", "https://"),
        ("", ""),
    ],
)
def test_each_rule(url: str, expected: str):
    assert canonical_url(url) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://www.example.org:8080/a", "example.org"),
        ("https://xn--espaa-rta.es/", "españa.es"),
        ("https://xn--a/", "xn--a"),
        ("https://www./", "www"),
        ("docs/guide.md", ""),
    ],
)
def test_the_site_of_an_address(url: str, expected: str):
    assert site_name(url) == expected
