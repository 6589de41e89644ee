"""pcaps/recorded/websocket_* and sse: the library `websockets` on both sides; curl and a small server of events."""

from __future__ import annotations

from typing import Any

from captures.recording import SERVER, Recording, program, steps

PORT = "8765"
UPGRADED, CODE = {"http.response.code == 101": "some"}, "websocket.payload.close.status_code"
CURL = "curl --silent --no-buffer --max-time 20 --output /dev/null --header 'Accept: text/event-stream'"
EVENTS = f"http://{SERVER}:8000/prices"


def websocket(name: str, shows: str, how: str, finds: dict[str, str], loss: float = 0.0, **more: Any) -> Recording:
    """Server and client of programs/."""
    return Recording(
        f"websocket_{name}",
        shows,
        program("websocket_client", SERVER, PORT, how),
        [program("websocket_server", SERVER, PORT, how)],
        modules=("websockets",),
        loss=loss,
        spared=70,
        finds=finds,
        **more,
    )


RECORDINGS = [
    websocket(
        "plain",
        "texts, bytes (77 KB in one frame), pings from both sides, fragments; the client closes (1000), then the server (4001)",
        "plain",
        {
            "http.response.code == 101": "some",
            "websocket.opcode == 9": "some",
            "websocket.payload.close.status_code == 4001": "some",
        },
    ),
    websocket(
        "deflate",
        "the same with permessage-deflate (RFC 7692)",
        "deflate",
        {
            "http.response.code == 101": "some",
            "websocket.rsv == 4": "some",
            "websocket.payload.close.status_code == 1000": "some",
        },
    ),
    websocket(
        "lossy",
        "the same with permessage-deflate while 15 % of the frames that carry data are lost",
        "deflate",
        UPGRADED | {"tcp.analysis.retransmission": "some"},
        loss=0.15,
    ),
    websocket(
        "behind_hole",
        "the server sends twenty messages, a segment or less each; one segment is lost, and those behind it wait",
        "prices",
        UPGRADED,
        lost=(8,),
        verdicts={
            "gap_open lost_upstream": "12",
            "retransmission fast_retransmit needed lost_upstream": "34",
            "stall fast_retransmit": "34",
        },
    ),
    Recording(
        "sse",
        "server-sent events: a comment, events in one and in two chunks; curl asks again twice with Last-Event-ID",
        steps(f"{CURL} {EVENTS}", f"{CURL} --header 'Last-Event-ID: 3' {EVENTS}", f"{CURL} --header 'Last-Event-ID: 6' {EVENTS}"),
        [program("sse_server", SERVER, "8000")],
        finds={"tcp.stream == 2": "some", "http.request": "some"},
    ),
]
