"""pcaps/journey/: what a user waited for, each phase of it of a known length."""

from __future__ import annotations

from captures import journey_plain as plain
from captures import journey_secured as secured
from captures.files import Capture
from captures.journey_hostile import TEXTS, hostile_names

RETRY = "tls.handshake.random == cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"
SYN = "tcp.flags.syn == 1 && tcp.flags.ack == 0"
CAPTURES = [
    Capture(
        "journey/lookup_and_reuse.pcap",
        "A and AAAA looked up at once, two aliases; two requests on the connection, then another connection without a lookup",
        plain.lookup_and_reuse,
        {"dns.flags.response == 0": "1 2", SYN: "5 17", "http.request": "8 14 20"},
    ),
    Capture(
        "journey/lost_syns.pcap",
        "a SYN lost and repeated after 1 s; a SYN/ACK lost, so both are repeated; captured in the middle",
        plain.lost_syns,
        {"tcp.analysis.retransmission && tcp.flags.syn == 1": "2 14 15"},
    ),
    Capture(
        "journey/refused_then_fallback.pcap",
        "a name with two addresses: the first refuses, the second answers",
        plain.refused_then_fallback,
        {"tcp.flags.reset == 1": "4", SYN: "3 5"},
    ),
    Capture(
        "journey/happy_eyeballs.pcap",
        "IPv6 does not answer in time, IPv4 begins 250 ms later and wins; what IPv6 answers at last is reset (RFC 8305)",
        plain.happy_eyeballs,
        {"ipv6 && tcp.flags.syn == 1": "5 10", "tcp.flags.reset == 1": "11"},
    ),
    Capture(
        "journey/slow_server_in_the_middle.pcap",
        "captured 16 ms from the client and 24 ms from the server (there and back), which takes 300 ms, then none",
        plain.slow_server_in_the_middle,
        {"http.request": "4 38"},
    ),
    Capture(
        "journey/lost_request.pcap",
        "a request lost behind the capture point and sent again after 220 ms; the server takes 50 ms from then on",
        plain.lost_request,
        {"tcp.analysis.retransmission": "5", "http.response": "7"},
    ),
    Capture(
        "journey/one_lookup_for_two.pcap",
        "two connections at once that waited for one lookup, and a third one 8 ms later that did not have to",
        plain.one_lookup_for_two,
        {SYN: "3 4 21"},
    ),
    Capture(
        "journey/server_speaks_first.pcap",
        "SMTP: the greeting comes 80 ms after the handshake",
        plain.server_speaks_first,
        {"tcp.port == 25 && tcp.len > 0": "4 6-9"},
    ),
    Capture(
        "journey/upload_with_continue.pcap",
        "PUT with Expect: 100-continue, a body over three round trips, an answer 40 ms after it arrived",
        plain.upload_with_continue,
        {"http.response.code == 100": "5", "http.response.code == 201": "16"},
    ),
    Capture(
        "journey/answer_with_losses.pcap",
        "one segment of an answer comes 240 ms late, what is behind it waits",
        plain.answer_with_losses,
        {"tcp.analysis.lost_segment": "8"},
    ),
    Capture(
        "journey/failed_lookups.pcap",
        "no such name (A and AAAA), a name server that fails after 400 ms, a query asked three times and never answered",
        plain.failed_lookups,
        {"dns.flags.rcode == 3": "3 4", "dns.flags.rcode == 2": "6", 'dns.qry.name == "silent.example"': "7-9"},
    ),
    Capture(
        "journey/failed_connections.pcap",
        "refused; four SYNs without an answer; reset before a request; reset in the middle of the answer; never answered",
        plain.failed_connections,
        {"tcp.flags.reset == 1": "some", "tcp.port == 82": "some"},
    ),
    Capture(
        "journey/tls_split_hello.pcap",
        "TLS 1.3, a ClientHello of two segments: in order; the second 12 ms before the first",
        secured.split_hello,
        {"tls.handshake.type == 1": "5", "tcp.len == 1460": "some"},
    ),
    Capture(
        "journey/tls_resumed.pcap",
        "TLS 1.3 resumed with a pre-shared key: a flight without certificates, and no tickets",
        secured.resumed,
        {"tls.handshake.extension.type == 41": "4 5"},
    ),
    Capture("journey/tls_hello_retry.pcap", "TLS 1.3 with HelloRetryRequest", secured.hello_retry, {RETRY: "5"}),
    Capture(
        "journey/tls_tickets.pcap",
        "TLS 1.3: the request in the segment of the client's Finished or right behind it; two tickets, 60 ms later the answer",
        secured.tickets_before_the_answer,
        {"tls.handshake.type == 1": "4 24"},
    ),
    Capture(
        "journey/tls_records_of_one_size.pcap",
        "TLS 1.3 without tickets: the request with the client's Finished, an answer in records of one size 20 ms later",
        secured.records_of_one_size,
        {"tls.handshake.type == 1": "4"},
    ),
    Capture(
        "journey/tls_hole_before_the_last_record.pcap",
        "an encrypted answer whose second record comes 90 ms behind its last one",
        secured.hole_before_the_last_record,
        {"tcp.analysis.lost_segment": "some"},
    ),
    Capture(
        "journey/tls_lost_finished.pcap",
        "the client's Finished is lost behind the capture point, the request right behind it is not",
        secured.lost_finished,
        {"tcp.analysis.retransmission || tcp.analysis.out_of_order": "some"},
    ),
    Capture(
        "journey/tls_older.pcap",
        "TLS 1.2: a full handshake, then a resumed one",
        secured.older,
        {"tls.handshake.type == 4": "7", "tls.handshake.type == 1": "4 17"},
    ),
    Capture(
        "journey/tls_mutual.pcap",
        "the client shows a certificate: in TLS 1.3 encrypted, in TLS 1.2 in the clear",
        secured.mutual,
        {"tls.handshake.type == 13": "some", "tls.handshake.type == 15": "some"},
    ),
    Capture(
        "journey/tls_large_flight.pcap",
        "TLS 1.3: certificates of 20 kB do not fit into the initial window of ten segments",
        secured.large_flight,
        {"tls.handshake.type == 2": "5"},
    ),
    Capture(
        "journey/tls_alerts.pcap",
        "the server's alert protocol_version; the client's alert bad_certificate (TLS 1.2)",
        secured.alerts,
        {"tls.alert_message.desc == 70": "5", "tls.alert_message.desc == 42": "some"},
    ),
    Capture(
        "journey/tls_behind_dialogue.pcap",
        "TLS behind a CONNECT whose answer takes 40 ms, and behind STARTTLS",
        secured.through_proxy,
        {'http.request.method == "CONNECT"': "4", "tls.handshake.type == 1": "8 29"},
    ),
    Capture(
        "journey/tls_unfinished.pcap",
        "a ClientHello that the server never answers",
        secured.unfinished,
        {"tls.handshake.type == 1": "4", "tls.handshake.type == 2": ""},
    ),
    Capture(
        "journey/hostile_names.pcap",
        f"{len(TEXTS)} texts of an attacker (HTML, scripts, terminal codes, right-to-left codes, markdown, formulas) as names, "
        "targets, headers, SNI, ALPN, certificates and banners",
        hostile_names,
        {SYN: "some", "dns.flags.rcode == 3": "some", "http.request": "some"},
    ),
]
