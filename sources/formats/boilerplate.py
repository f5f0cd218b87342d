"""What a page shows besides its text: navigation, banners, forms, lists of links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

_NEVER_TEXT: Final = frozenset(
    {
        "script",
        "style",
        "noscript",
        "template",
        "svg",
        "canvas",
        "iframe",
        "object",
        "embed",
        "applet",
        "audio",
        "video",
        "map",
        "head",
        "nav",
        "select",
        "option",
        "button",
        "input",
        "textarea",
        "datalist",
        "dialog",
    }
)
_ROLES: Final = frozenset(
    {"navigation", "search", "banner", "contentinfo", "complementary", "dialog", "alert", "menu", "menubar", "toolbar"}
)
# Words of `class` and `id` that nothing but navigation is called by, alone or in a longer name.
_NAMES: Final = re.compile(
    r"(?i)(?:^|[\s_-])(?:nav|navbar|navigation|navheader|navfooter|docnav|breadcrumbs?|toc|footer|cookies?|newsletter"
    r"|subscribe|pagination|pager|skiplink|advert|headerlink|editsection|sphinxsidebar|noprint)(?:$|[\s_-])"
)
# Words that are also those of subjects: `market-share`, `social-policy`. They count where the whole name is made of
# such words and of those for places and forms on a page.
_SUBJECT_NAMES: Final = re.compile(
    r"(?i)(?:^|[\s_-])(?:menu|share|sharing|social|related|recommended|skip|ads|promo|banner|comments?)(?:$|[\s_-])"
)
_NAVIGATION_WORDS: Final = frozenset(
    """
    menu share sharing social related recommended skip ads promo banner comments comment
    action actions area article articles aside bar block body bottom box btn button buttons card center col column
    container content entry feature footer form global group head header heading icon icons inner item items js label
    left line link links list main media menus mobile module more network networks news of on page pages panel parent
    post posts primary right row section secondary sharedaddy side sidebar site sticky stories story sub submenu tab
    the title to toggle tool toolbar tools top view widget widgets wp wrap wrapper
    """.split()  # noqa: SIM905
)
_LINK_LISTS: Final = frozenset({"ul", "ol", "dl", "table", "div", "p", "section", "aside", "footer", "header"})
_HIDDEN_STYLE: Final = re.compile(r"(?i)display\s*:\s*none|visibility\s*:\s*hidden")
# A part named like navigation that holds more of the text than this is the text.
_LARGEST_SHARE: Final = 0.4


def remove_boilerplate(root: Any) -> Any:
    """Remove from a parsed page what is not its text, and return the element that holds the text."""
    body = root.find("body")
    body = root if body is None else body
    _remove(element for element in body.iter("*") if element.tag in _NEVER_TEXT or _is_hidden(element))
    main = _main_part(body)
    lengths = _lengths(main)
    whole = lengths[main][0]
    inside = [element for element in main.iter("*") if element is not main]
    _remove(
        element
        for element in inside
        if _surrounds(element, *lengths[element], whole) or _lists_links(element, *lengths[element])
    )
    return main


def _remove(elements: Iterable[Any]) -> None:
    for element in list(elements):
        if element.getparent() is not None:
            element.drop_tree()


def _is_hidden(element: Any) -> bool:
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or _HIDDEN_STYLE.search(element.get("style") or "") is not None
    )


def _main_part(body: Any) -> Any:
    """The `main` element, or the only `article`, when there is one with a real share of the text."""
    candidates = body.xpath('.//main | .//*[@role="main"]') or body.xpath(".//article")
    if len(candidates) == 1 and len(candidates[0].text_content()) > 0.25 * len(body.text_content()):
        return candidates[0]
    return body


def _lengths(top: Any) -> dict[Any, tuple[int, int]]:
    """For each element, the characters of its text and how many of them are links; children before parents."""
    lengths: dict[Any, tuple[int, int]] = {}
    for element in reversed(list(top.iter("*"))):
        text, linked = _visible(element.text), 0
        for child in element:
            child_text, child_linked = lengths[child]
            text += child_text + _visible(child.tail)
            linked += child_linked
        lengths[element] = (text, text if element.tag == "a" and element.get("href") else linked)
    return lengths


def _visible(text: str | None) -> int:
    return len(" ".join(text.split())) if text else 0


def _surrounds(element: Any, text: int, linked: int, whole: int) -> bool:
    if element.tag == "aside":
        return linked > 0.3 * text
    named = (
        element.tag == "footer"
        or element.get("role") in _ROLES
        or _names_navigation(element.get("class") or "")
        or _names_navigation(element.get("id") or "")
    )
    return named and text <= _LARGEST_SHARE * whole


def _names_navigation(names: str) -> bool:
    """Whether one of the names of an element says that it surrounds the text."""
    if _NAMES.search(names):
        return True
    return any(
        all(not word or word.isdecimal() or word in _NAVIGATION_WORDS for word in re.split("[_-]", name.lower()))
        for name in (names.split() if _SUBJECT_NAMES.search(names) else ())
        if _SUBJECT_NAMES.search(name)
    )


def _lists_links(element: Any, text: int, linked: int) -> bool:
    """Nearly all of it is links, and there are several: a menu, whatever it is called."""
    return (
        element.tag in _LINK_LISTS
        and text > 0
        and linked >= 0.75 * text
        and sum(1 for _ in zip(element.iter("a"), range(3), strict=False)) == 3
    )
