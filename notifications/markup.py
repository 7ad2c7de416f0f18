"""Markdown of templates into spans, and spans into what each service reads. Pure.

The template is taken apart before its fields are filled in, so no name of a device can become markup.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from html import escape

from markdown_it import MarkdownIt

Span = tuple[str, str]  # a style (see STYLES) and its text
STYLES = ("", "bold", "italic", "code", "break")
VALUE_MAX, TEXT_MAX = 600, 3200  # characters; no service takes less than 4,000
MARKDOWN = MarkdownIt("zero").enable(["emphasis", "backticks", "escape"])  # what every service can show
TAGS = {"strong": "bold", "em": "italic", "code": "code"}
FIELD = re.compile(r"\{\{?\s*(\w+)\s*\}?\}")
UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
DISCORD = re.compile(r"([\\*_~`|>#\[\]()@<:-])")


def printable(text: object) -> str:
    """Return text without what is not seen, turns the direction of what follows, or no database keeps."""
    return UNSEEN.sub("", str(text))


def fields_of(template: str) -> set[str]:
    return set(FIELD.findall(template))


def spans_of(template: str, values: Mapping[str, object]) -> list[Span]:
    """Take a template apart and fill its fields in; a line whose fields are all empty is left out."""
    spans: list[Span] = []
    for line in printable(template).splitlines() or [""]:
        names = FIELD.findall(line)
        if names and not any(str(values.get(name, "")).strip() for name in names):
            continue
        if spans:
            spans.append(("break", "\n"))
        spans += line_spans(line, values)
    return shortened(spans)


def line_spans(line: str, values: Mapping[str, object]) -> list[Span]:
    spans: list[Span] = []
    styles = [""]
    for token in MARKDOWN.parseInline(line)[0].children or ():
        if token.nesting:
            styles = [*styles, TAGS[token.tag]] if token.nesting > 0 else styles[:-1]
        else:
            spans.append((TAGS.get(token.tag) or styles[-1], token.content))
    return [(style, filled(text, values)) for style, text in spans if text]


def filled(text: str, values: Mapping[str, object]) -> str:
    return FIELD.sub(lambda found: cut(printable(values.get(found.group(1), found.group(0))), VALUE_MAX), text)


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def shortened(spans: Sequence[Span]) -> list[Span]:
    """Cut the text, never the markup, to what every service takes."""
    left, kept = TEXT_MAX, []
    for style, text in spans:
        if left <= 0:
            break
        kept.append((style, cut(text, left)))
        left -= len(text)
    return kept


# --- dialects ------------------------------------------------------------------------------------


def render(spans: Sequence[Span], write: Callable[[str, str], str]) -> str:
    return "".join(write(style, text) for style, text in spans)


def html_of(spans: Sequence[Span], line_break: str = "\n") -> str:
    """Return HTML as Telegram takes it; for e-mail and pages `line_break` is a tag."""
    tags = {"bold": "b", "italic": "i", "code": "code"}

    def write(style: str, text: str) -> str:
        safe = escape(text).replace("\n", line_break)
        return f"<{tags[style]}>{safe}</{tags[style]}>" if style in tags else safe

    return render(spans, write)


def discord_of(spans: Sequence[Span]) -> str:
    """Return Discord's Markdown with all that is not ours escaped."""
    marks = {"bold": "**", "italic": "*", "code": "`"}

    def write(style: str, text: str) -> str:
        if style == "code":
            return "`" + text.replace("`", "'") + "`"
        mark = marks.get(style, "")
        return mark + DISCORD.sub(r"\\\1", text) + mark

    return render(spans, write)


def plain_of(spans: Sequence[Span]) -> str:
    return render(spans, lambda _style, text: text)
