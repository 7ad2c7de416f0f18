"""Release notes from strangers as HTML of ours: every tag is made here, theirs are text."""

from collections.abc import Sequence
from functools import lru_cache
from html import escape
from typing import Any

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.token import Token

from hmm.updates.wire import link
from notifications.markup import cut, printable

HEADING_BELOW = 2  # a note's first heading is an h3 on the page
BLOCKS = {"paragraph_open", "heading_open", "list_item_open", "blockquote_open", "th_open", "td_open"}


def image_words(_self: Any, tokens: Sequence[Token], place: int, *_rest: Any) -> str:
    """Show what an image is called: nothing is fetched from elsewhere."""
    return escape(tokens[place].content)


MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
MARKDOWN.add_render_rule("image", image_words)


@lru_cache(maxsize=64)
def html_of(notes: str) -> SafeString:
    """Return Markdown as HTML that fits the page: no scripts, styles, images, or links but to the web."""
    tokens = MARKDOWN.parse(printable(notes))
    for token in tokens:
        settle(token)
    html = MARKDOWN.renderer.render(tokens, MARKDOWN.options, {})
    return SafeString(html)  # html is off: every tag in it is ours


def settle(token: Token) -> None:
    """Fit one block into the page, its writing in its own direction."""
    if token.type in {"heading_open", "heading_close"}:
        token.tag = f"h{min(6, int(token.tag[1]) + HEADING_BELOW)}"
    token.attrs.pop("style", None)  # of a table's columns; the security policy forbids it
    if token.type in BLOCKS:
        token.attrSet("dir", "auto")
    if token.children:
        token.children = list(with_safe_links(token.children))


def with_safe_links(children: Sequence[Token]) -> list[Token]:
    """Leave out links to anywhere but the web: a relative one would lead into this house."""
    kept: list[Token] = []
    open_links: list[bool] = []
    for token in children:
        if token.type == "link_open":
            open_links.append(bool(link(str(token.attrGet("href") or ""))))
            token.attrSet("rel", "noopener noreferrer nofollow")
        elif token.type != "link_close" or not open_links:
            kept.append(token)
            continue
        if open_links[-1]:
            kept.append(token)
        if token.type == "link_close":
            open_links.pop()
    return kept


def words_of(notes: str, most: int) -> str:
    """Return the words of Markdown without its marks, line by line, for a message."""
    lines = []
    for token in MARKDOWN.parse(printable(notes)[: 4 * most]):
        said = "".join(plain(child) for child in token.children or ())
        lines += [line.strip() for line in said.splitlines() if line.strip()]
    return cut("\n".join(lines), most)


def plain(token: Token) -> str:
    return "\n" if token.type in {"softbreak", "hardbreak"} else token.content
