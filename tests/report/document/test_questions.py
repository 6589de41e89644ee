"""Name lookups: a question and its first answer."""

from __future__ import annotations

from typing import Any

from analyzer.report.document import questions
from analyzer.report.document.questions import Questions, questions_table


def message(frame: int, response: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "questions": [{"name": "a.example", "type": 1, "type_name": "A"}], "response": response, "protocol": "dns",
        "retransmission": False, "client": "10.0.0.1", "server": "10.0.0.53", "transport": "udp", "time_ns": frame * 10,
        "last_frame": frame, "rcode": 0 if response else None, "rcode_name": "NOERROR" if response else None, **more,
    }  # fmt: skip


def test_a_question_with_its_answer() -> None:
    asked = Questions()
    asked.add(message(1))
    asked.add(message(2, retransmission=True, repeats_frame=1))
    asked.add(message(3, True, query_frame=1, response_time_ns=20, addresses=["192.0.2.1"], cname_chain=["b.example"]))
    asked.add(message(4, True, query_frame=1, retransmission=True, addresses=["192.0.2.9"]))
    (row,) = asked.rows
    assert (row["query_frame"], row["response_frame"], row["queries"], row["response_time_ns"]) == (1, 3, 2, 20)
    table = questions_table(asked, str, str)
    assert table.rows[0] == ["10", "a.example", "A", "10.0.0.53", "NOERROR", "20 ns", "twice", "b.example -> 192.0.2.1", "1"]
    assert table.cut == ""


def test_no_answer_and_an_answer_without_question() -> None:
    asked = Questions()
    asked.add(message(1))
    asked.add(message(7, True, query_frame=None, addresses=["192.0.2.1"]))
    assert [(row["query_frame"], row["response_frame"]) for row in asked.rows] == [(1, None), (None, 7)]
    assert [row[4] for row in questions_table(asked, str, str).rows] == ["no answer", "NOERROR"]


def test_others_are_no_lookups() -> None:
    asked = Questions()
    asked.add(message(1, protocol="mdns"))
    asked.add(message(2) | {"questions": []})
    asked.add(message(3) | {"response": None})
    assert asked.total == 0


def test_the_first_ones_are_kept(monkeypatch: Any) -> None:
    monkeypatch.setattr(questions, "MOST", 2)
    asked = Questions()
    for frame in range(1, 6):
        asked.add(message(frame))
    asked.add(message(6, True, query_frame=5))
    assert len(asked.rows) == 2 and asked.total == 5
    assert questions_table(asked, str, str).cut == "2 of 5; analyzer dns FILE lists all"
