"""Notes from strangers become HTML of ours. Pure."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hmm.updates.notes import html_of, words_of
from tests.updates.conftest import HOSTILE

OURS = re.compile(
    r"</?(p|h[3-6]|ul|ol|li|strong|em|s|code|pre|blockquote|hr|br|a|table|thead|tbody|tr|th|td)\b[^<>]*>"
)
ATTRIBUTE = re.compile(r'\s([a-z-]+)="')


def tags(html):
    return re.findall(r"<[^>]*>", html)


def test_what_people_write_is_shown_as_they_mean_it():
    html = html_of("# New\n\n- **Heat** by `make`\n- [more](https://a.test/x)\n\n1. one\n\n> said\n\n    code")

    assert "<h3" in html
    assert "<strong>Heat</strong>" in html
    assert '<a href="https://a.test/x" rel="noopener noreferrer nofollow">more</a>' in html
    assert all(tag in html for tag in ("<ul>", "<ol>", "<blockquote", "<pre>", "<code>make</code>"))
    assert "<h1" not in html


def test_hostile_notes_are_text():
    html = html_of(HOSTILE)

    assert "&lt;script&gt;" in html
    assert [tag for tag in tags(html) if not OURS.fullmatch(tag)] == []
    assert re.findall(r'href="([^"]*)"', html) == ["https://evil.test/?a=1&amp;b=2"]
    assert not re.search(r"<img|style=|pixel", html)
    assert "spy" in html, "an image is the words it stands for"
    assert ">home<" not in html
    assert "home" in html
    assert "שלום עולם" in html
    assert "💥" in html
    assert not re.search("[\x00\u202e\u2066\ud800]", html)


@pytest.mark.parametrize(
    "link", ["JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "//evil.test", "#x", "a/b"]
)
def test_a_link_to_anywhere_but_the_web_leaves_its_words(link):
    html = html_of(f"[words]({link}) <{link}>")

    assert "words" in html
    assert "<a" not in html


@given(st.text(alphabet="<>&\"'[]()!*_`#|-:\n aхש💥\x00jJ/", max_size=300))
def test_no_notes_make_a_tag_or_an_attribute_of_their_own(notes):
    html = html_of(notes)

    for tag in tags(html):
        assert OURS.fullmatch(tag), tag
        assert set(ATTRIBUTE.findall(tag)) <= {"href", "rel", "title", "dir", "class", "start"}, tag


def test_a_message_gets_the_words_without_their_marks():
    notes = "## New\n\n- **Heat** comes\n  first\n- [more](https://a.test)"

    assert words_of(notes, 100) == "New\nHeat comes\nfirst\nmore"


def test_a_message_gets_so_many_words_of_hostile_notes_and_no_more():
    words = words_of(HOSTILE, 300)

    assert len(words) <= 300
    assert words.startswith("<script>alert(1)</script>"), "text, as each service is told to show it"
    assert not re.search("[\x00\u202e\u2066\ud800]", words)
