"""Ways through the layers: numbers, Wireshark's spelling, and the cap."""

from analyzer.dissect import paths
from analyzer.dissect.paths import ANY_WAY, Paths


def test_a_way_has_one_number():
    ways = Paths()
    eth = ways.child(0, "eth")
    ip = ways.child(eth, "ip", "ethertype")
    assert ways.child(eth, "ip", "ethertype") == ip
    assert ways[ip] == ("eth", "ip")
    assert ways.protocols[ip] == "eth:ethertype:ip"
    assert ways.protocols[ways.child(eth, "ethertype 0x1234", "ethertype")] == "eth:ethertype:data"


def test_beyond_the_cap_only_dissected_protocols_are_told_apart(monkeypatch):
    monkeypatch.setattr(paths, "MAX_PATHS", 2)
    ways = Paths()
    eth = ways.child(0, "eth")
    assert ways.child(eth, "lldp") == eth
    ip = ways.child(eth, "ip", dissected=True)
    assert ways[ip] == (ANY_WAY, "ip")
    assert ip in ways.any_way
    assert ways.not_told_apart == 2
