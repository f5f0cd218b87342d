"""Canonical URLs: one page, one address, so that one page is one source.

Follows RFC 3986 section 6 (syntax-based normalisation) and UTS 46 for host names; tracking parameters go too.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Final
from urllib.parse import SplitResult, quote, unquote, urlsplit

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_TRACKING_PREFIXES: Final = ("utm_", "mtm_", "pk_", "piwik_", "hsa_", "_hs", "__hs", "at_campaign", "at_medium")
_TRACKING_NAMES: Final = frozenset(
    """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid twclid ttclid li_fat_id igshid igsh mc_cid mc_eid mkt_tok
    hsctatracking vero_id vero_conv oly_anon_id oly_enc_id _ga _gl _ke _openstat srsltid wickedid ref_src ref_url
    cmpid ncid s_cid s_kwcid ef_id epik rb_clickid trk_contact trk_msg trk_module trk_sid icid guccounter
    guce_referrer guce_referrer_sig
    """.split()  # noqa: SIM905
)

_HOST = re.compile(r"[a-z0-9_~-]+(\.[a-z0-9_~-]+)*|\[[0-9a-f:.]+\]")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_LOOSE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PATH_CHARACTERS: Final = "%/:@!$&'()*+,;="
_QUERY_CHARACTERS: Final = _PATH_CHARACTERS + "?"


def canonical_url(url: str) -> str:
    """The one address of a page. What is not an http or https address comes back as it is, outer space apart.

    Scheme and host are lower-cased, the host is in its ASCII form; default port, user and password, fragment, tracking
    parameters, dot segments and trailing slashes go; percent-encoding is as short as it can be. The order of the
    query stays, since it may matter. Never raises; `canonical_url(canonical_url(x)) == canonical_url(x)`.
    """
    text = url.strip()
    parts = _split(text)
    if parts is None:
        return text
    host = _host(parts.hostname or "")
    port = _port(parts)
    if not host or port is None:
        return text
    query = _query(parts.query)
    return f"{parts.scheme}://{host}{port}{_path(parts.path)}{'?' + query if query else ''}"


def site_name(url: str) -> str:
    """The site as a reader names it: the host without `www.`, in its own script; "" for what is not a web address."""
    parts = _split(canonical_url(url))
    host = (parts.hostname or "") if parts else ""
    if "xn--" in host:
        import idna  # noqa: PLC0415 - its tables are large and few hosts need them

        with suppress(idna.IDNAError):
            host = idna.decode(host)
    return host.removeprefix("www.") or host


def _split(text: str) -> SplitResult | None:
    """The parts of a web address; None for anything else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return parts if parts.scheme in _DEFAULT_PORTS and parts.netloc else None


def _host(host: str) -> str:
    """The host in lower-case ASCII; "" when it cannot be one."""
    host = unquote(host).lower().rstrip(".")
    if not host.isascii():
        import idna  # noqa: PLC0415 - its tables are large and few hosts need them

        try:
            host = idna.encode(host, uts46=True).decode("ascii").rstrip(".")
        except idna.IDNAError:
            return ""
    bracketed = f"[{host}]" if ":" in host else host
    return bracketed if _HOST.fullmatch(bracketed) else ""


def _port(parts: SplitResult) -> str | None:
    """`:8080`, or "" for the scheme's own port; None when it is no port."""
    try:
        port = parts.port
    except ValueError:
        return None
    return "" if port is None or port == _DEFAULT_PORTS[parts.scheme] else f":{port}"


def _path(path: str) -> str:
    """The path without dot segments (RFC 3986, 5.2.4) and without trailing slashes; `/` for an empty one."""
    kept: list[str] = []
    for segment in _encoded(path, _PATH_CHARACTERS).split("/")[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    return "/" + "/".join(kept).rstrip("/")


def _query(query: str) -> str:
    """The query without empty and tracking parameters, in its order."""
    pieces = (piece for piece in _encoded(query, _QUERY_CHARACTERS).split("&") if piece.strip("="))
    return "&".join(piece for piece in pieces if not _is_tracking(piece.partition("=")[0].lower()))


def _is_tracking(name: str) -> bool:
    return name in _TRACKING_NAMES or name.startswith(_TRACKING_PREFIXES)


def _encoded(text: str, characters: str) -> str:
    """Percent-encoding normalised: unreserved characters plain, all others encoded, hex digits in capitals."""
    text = _LOOSE_PERCENT.sub("%25", text)
    return quote(_ESCAPE.sub(_shortest, text), safe=characters, errors="surrogatepass")


def _shortest(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if character in _UNRESERVED else escape[0].upper()
