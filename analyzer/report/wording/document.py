"""What the report says besides its findings: headings, and what tables were cut."""

from __future__ import annotations

from typing import Final

from analyzer.report.text import count

SEVERITIES: Final = {"problem": "Problem", "warning": "Warning", "note": "Note"}

LAYERS: Final = {
    "capture": "The capture itself", "link": "Link", "network": "Network", "name": "Name lookup", "connection": "Connecting",
    "transport": "Transport (TCP)", "tls": "TLS", "application": "Application",
}  # fmt: skip

FORGOTTEN: Final = {
    "messages": "messages of connections",
    "lookups": "name lookups",
    "attempts": "attempts to connect, so that races may not be seen",
    "requests": "requests of connections with very many",
    "groups": "connections to further servers in the timings",
    "journeys": "journeys in the verdict",
}

ANONYMIZED: Final = (
    "Anonymized: addresses and names are replaced, the same by the same; contents are left out. Times, sizes and ports are true."
)
REPAIR: Final = "Lost packets"
SHARES: Final = "Who was waited for, over all journeys"
FOOTER: Final = (
    "Made from one reading of the capture. Times are those of the capture point; frame and stream numbers are Wireshark's. "
    "This page is one file that loads nothing."
)

FINDINGS: Final = ("Findings", "Layer by layer, from the capture up; the worst first within each.")
NOTHING_FOUND: Final = "Nothing is wrong that this program knows of."
JOURNEYS: Final = (
    "Journeys",
    "One bar for each request, from the name lookup to the last byte, as in a browser's network panel.",
    "Point at a bar to see its phases; open it for the frames.",
)
NO_JOURNEYS: Final = "Nobody asked for anything in this capture."
HANDSHAKES: Final = ("Handshakes", "How long it took to connect and to secure connections, by server.")
CONNECTIONS: Final = (
    "Connections",
    "Those with most trouble and most bytes, each as it went.",
    "Drag in a graph to zoom in, double-click to see all of it again.",
)
NAMES: Final = ("DNS", "What was asked, who answered, and how long that took.")
SECURITY: Final = ("TLS and certificates", "What clients and servers agreed upon, and what the servers showed.")
QUALITY: Final = ("The capture", "What was captured, where and how well: what is missing here can be told from nothing else.")


def slowest(shown: int, total: int) -> str:
    """Which journeys a waterfall shows."""
    return f"Shown are the {count(shown)} slowest and failed of {count(total)}; `analyzer journeys FILE` lists all."
