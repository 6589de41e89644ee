"""The tree: safe for a terminal, within its width, nested where a message is."""

from __future__ import annotations

import io

from analyzer.report.show.layer import FRAME, Layer, Note, Value
from analyzer.report.show.tree import Tree, messages


def tree(*layers: Layer, width: int = 80, octets: bool = True) -> str:
    out = io.StringIO()
    Tree(out, width, lambda text, style: text, octets).write(layers)
    return out.getvalue()


def test_control_characters_never_reach_the_terminal() -> None:
    hostile = "\x1b[2Jx\r\u202e"
    layer = Layer(
        "x", hostile, hostile, [Value("a", hostile, hostile, hostile)], [Note(hostile, "problem")], data=hostile.encode()
    )
    message = Layer("y", "Y", row={hostile: hostile, "list": [{"name": hostile}], "headers": [[hostile, hostile]]})
    text = tree(Layer(FRAME, "Frame 1"), layer, message, width=130)
    assert all(line.isprintable() for line in text.split("\n"))


def test_long_values_are_wrapped_and_capped() -> None:
    text = tree(Layer("x", "X", values=[Value("a", None, "word " * 5000), Value("b", None, "y" * 5000)]))
    assert max(map(len, text.splitlines())) <= 80
    assert len(text) < 20_000


def test_bytes_only_where_wanted() -> None:
    assert "0000  41" in tree(Layer("x", "X", data=b"A"))
    assert "0000" not in tree(Layer("x", "X", data=b"A"), octets=False)


def test_narrow_terminals_get_narrow_dumps() -> None:
    assert max(map(len, tree(Layer("x", "X", data=bytes(64)), width=60).splitlines())) <= 60


def test_messages_are_nested() -> None:
    row = {
        "frame": 9, "first_frame": 4, "last_frame": 9, "time_ns": 1, "stream": 0, "direction": "client", "complete": False,
        "message": "client_hello", "version": 771, "version_name": "TLS 1.2", "early_data": False, "sni": None,
        "alpn": ["h2", "x"], "answers": [{"name": "a.example", "ttl": 5}], "headers": [["Host", "x"]],
        "response_time_ns": 14_500_000,
    }  # fmt: skip
    text = tree(*messages([("tls", row)]))
    assert "TLS  client hello of the client, in frames 4 to 9" in text
    assert "Its end never came" in text
    for line in (
        "version                     771 (TLS 1.2)",
        "alpn                        h2, x",
        "Host                      x",
        "14.5 ms",
    ):
        assert line in text
    for absent in ("sni", "early_data", "version_name", "time_ns  "):
        assert f"   {absent}  " not in text


def test_long_names_stand_above_their_value() -> None:
    text = tree(Layer("x", "X", values=[Value("n" * 50, None, "value " * 20), Value("short", None, "1")]))
    assert max(map(len, text.splitlines())) <= 80
    assert f"   {'n' * 50}\n" in text and "short" in text
