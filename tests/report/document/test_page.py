"""The page: one file that loads nothing, in which whatever packets said is text."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from analyzer.report.document.contents import Contents
from analyzer.report.document.page import page, policy
from tests.report.document.conftest import HOSTILE


class Parsed(HTMLParser):
    """Elements with their attributes, the text of scripts, and all other text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.text = ""
        self._raw: dict[str, str | None] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self._raw = dict(attrs)
            self.scripts.append((self._raw, ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._raw = None

    def handle_data(self, data: str) -> None:
        if self._raw is not None:
            attributes, text = self.scripts.pop()
            self.scripts.append((attributes, text + data))
        else:
            self.text += data


@pytest.fixture
def parsed(hostile: Contents) -> Parsed:
    return Parsed(page(hostile))


def test_packets_make_no_elements(parsed: Parsed) -> None:
    names = [name for name, _ in parsed.elements]
    assert "img" not in names
    assert names.count("script") == 4  # our own, a figure, the themes, plotly
    assert not any(key.startswith("on") for _, attributes in parsed.elements for key in attributes)
    assert all(attributes["href"].startswith("#") for name, attributes in parsed.elements if name == "a" and attributes["href"])
    assert "<script>window.owned=1</script>" in parsed.text and "{{ 7 * 7 }}" in parsed.text


def test_control_characters_are_written_out(parsed: Parsed) -> None:
    assert r"\x1b[31m\x00\x7f\x9b\u202e\u2066\u200f\u2028" in parsed.text
    every = parsed.text + "".join(str(value) for _, attributes in parsed.elements for value in attributes.values())
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u2028\u2029]", every)


def test_graphs_obey_no_markup_of_packets(parsed: Parsed) -> None:
    """Plotly takes <b>, <a href> and entities in any of its texts for markup."""
    (figure,) = [json.loads(text) for attributes, text in parsed.scripts if str(attributes.get("id")).endswith("-figure")]
    texts = list(strings(figure))
    assert any("&lt;script&gt;" in text for text in texts)
    for text in texts:
        assert "<" not in text.replace("<br>", "")
        assert text.isprintable()


def strings(value: Any) -> Any:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from strings(one)
    elif isinstance(value, list):
        for one in value:
            yield from strings(one)


def test_the_policy_names_our_scripts_and_nothing_else(parsed: Parsed) -> None:
    (said,) = [attributes["content"] or "" for name, attributes in parsed.elements if "http-equiv" in attributes]
    rules = dict(rule.split(" ", 1) for rule in said.split("; "))
    assert rules["default-src"] == "'none'" and rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe" not in rules["script-src"] and "http" not in said and "*" not in said
    runs = [text for attributes, text in parsed.scripts if attributes.get("type") != "application/json"]
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in runs}
    assert set(rules["script-src"].split()) == hashes and len(hashes) == 2


def test_nothing_is_loaded(parsed: Parsed) -> None:
    for name, attributes in parsed.elements:
        assert name not in ("link", "iframe", "object", "embed", "base", "form", "input")
        assert "src" not in attributes and "srcset" not in attributes


def test_a_page_without_graphs_has_no_plotly(hostile: Contents) -> None:
    plain = Contents(HOSTILE, [], [], [], [], [])
    made = page(plain)
    assert len(made) < 100_000 and "Plotly.newPlot" in made and "sha256" in made
    assert page(hostile).count("plotly.js v") == 1 and "plotly.js v" not in made


def test_every_table_and_picture_can_be_read_without_seeing_it(parsed: Parsed) -> None:
    names = [name for name, _ in parsed.elements]
    assert names.count("caption") == names.count("tbody") - 1  # the phases of a journey stand below its name
    assert names.count("figcaption") == names.count("figure") == 1
    graphs = [attributes for _, attributes in parsed.elements if attributes.get("class") == "graph"]
    ids = {attributes.get("id") for _, attributes in parsed.elements}
    assert all(one["role"] == "img" and one["aria-labelledby"] in ids for one in graphs)
    assert names.count("h1") == 1 and "main" in names and "nav" in names


def test_policy_without_scripts_of_graphs() -> None:
    assert policy("a", "").count("sha256") == 1
