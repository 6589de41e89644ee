"""HTTP/2 in the clear is recognised by its preface, whole and in pieces, and by nothing else."""

from __future__ import annotations

import pytest

from analyzer.dissect.application import http2
from analyzer.flow.stream.connection import UNDECIDED, promising

PORTS = (50000, 29518)


def test_preface() -> None:
    assert promising(http2.PREFACE, PORTS) is http2
    assert promising(http2.PREFACE + bytes(9), PORTS) is http2
    for size in range(1, len(http2.PREFACE)):
        assert http2.recognise(http2.PREFACE[:size], PORTS) is None
        assert promising(http2.PREFACE[:size], PORTS) is UNDECIDED


@pytest.mark.parametrize("head", [b"PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nsm\r\n\r\n", b"PRJ"])
def test_another_beginning(head: bytes) -> None:
    assert http2.recognise(head, PORTS) is False
    assert promising(head, PORTS) is not http2
