"""The report in Markdown: what packets said is text in it."""

from __future__ import annotations

import re

import pytest

from analyzer.report.document.contents import Contents
from analyzer.report.document.markdown import code, escaped, markdown

markdown_it = pytest.importorskip("markdown_it")


def rendered(text: str) -> str:
    """As CommonMark with tables, raw HTML and links made of bare addresses has it."""
    made = markdown_it.MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").render(text)
    assert isinstance(made, str)
    return made


def test_what_packets_say_makes_nothing(hostile: Contents) -> None:
    made = rendered("\n".join(markdown(hostile)))
    for element in ("<script", "<img", "<a ", "<em>"):
        assert element not in made
    assert "&lt;script&gt;window.owned=1" in made
    assert made.count("<table>") >= 3 and made.count("<h2>") == 1


def test_a_pipe_makes_no_cell(hostile: Contents) -> None:
    made = rendered("\n".join(markdown(hostile)))
    for row in re.findall(r"<tr>(.*?)</tr>", made, re.DOTALL):
        assert row.count("</td>") + row.count("</th>") in (1, 2, 6)


def test_no_bare_address_becomes_a_link() -> None:
    assert not re.search(r"://|www\.|\w@", escaped("http://a.example www.a.example me@a.example"))
    assert rendered(escaped("http://a.example")).replace("<!-- -->", "") == "<p>http://a.example</p>\n"


@pytest.mark.parametrize("text", ("a*b*_c_", "<b>", "`x`", "![x](y)", "a|b", "# a", r"\*", "&amp;", "~~a~~", "$x$"))
def test_it_is_read_as_it_was(text: str) -> None:
    assert (
        re.sub("<.*?>", "", rendered(escaped(text))).strip().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
        == text
    )


def test_code_with_ticks() -> None:
    assert code("a") == "`a`" and code("a`b") == "``a`b``" and code("`a`") == "`` `a` ``"
    assert code("\x1b") == r"`\x1b`"
