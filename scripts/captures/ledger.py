"""pcaps/ledger/: why segments were sent again, and who waited. Scenarios of scripts/lab.py, seen at one of its capture points;
scripts/record_pcaps.py records them.

The policy of a scenario decides what happens, the two stacks decide when: frame numbers may move when one is recorded again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from captures.files import Capture


@dataclass(frozen=True)
class LabRecording:
    """One capture: a scenario of the lab, and where it is seen."""

    name: str
    scenario: str
    point: str  #: client, wire_in, wire_out or server; the client sends the data
    shows: str
    finds: dict[str, str]
    verdicts: dict[str, str] = field(default_factory=dict)


RECORDINGS = [
    LabRecording(
        "fast_retransmit",
        "drop5",
        "client",
        "beside the sender: the 5th of 10 segments is lost",
        {"tcp.analysis.retransmission": "35", "tcp.analysis.fast_retransmission": "35"},
        {"retransmission fast_retransmit needed lost_downstream": "35", "stall fast_retransmit": "35"},
    ),
    LabRecording(
        "two_losses",
        "two_losses",
        "wire_out",
        "in the middle, behind the loss: two of 20 segments are lost",
        {
            "tcp.analysis.lost_segment": "22 25",
            "tcp.analysis.retransmission": "41",
            "tcp.analysis.fast_retransmission": "41",
            "tcp.analysis.out_of_order": "42",
        },
        {
            "gap_open lost_upstream": "22 25",
            "retransmission fast_retransmit needed lost_upstream": "41",
            "retransmission fast_recovery needed lost_upstream": "42",
            "stall fast_recovery": "42",
        },
    ),
    LabRecording(
        "three_duplicates",
        "drop5_no_sack",
        "wire_in",
        "in the middle, before the loss: the 5th of 20 segments is lost, without SACK",
        {"tcp.analysis.retransmission": "46", "tcp.analysis.fast_retransmission": "46"},
        {"retransmission fast_retransmit needed lost_downstream": "46", "stall fast_retransmit": "46"},
    ),
    LabRecording(
        "repair_lost",
        "repair_lost",
        "client",
        "beside the sender: a segment and its fast retransmission are lost",
        {"tcp.analysis.retransmission": "44 48", "tcp.analysis.fast_retransmission": "44"},
        {
            "retransmission fast_retransmit needed lost_downstream": "44",
            "retransmission rto needed lost_downstream": "48",
            "stall rto": "48",
        },
    ),
    LabRecording(
        "tail_loss_probe",
        "drop_last",
        "client",
        "beside the sender: the last segment is lost",
        {"tcp.analysis.retransmission": "34"},
        {"retransmission tlp needed lost_downstream": "34", "wait tail_loss": "some"},
    ),
    LabRecording(
        "timeout",
        "drop_last_and_probe",
        "client",
        "beside the sender: the last segment and its probe are lost",
        {"tcp.analysis.retransmission": "33 35"},
        {
            "retransmission tlp needed lost_downstream": "33",
            "retransmission rto needed lost_downstream": "35",
            "wait tail_loss": "some",
        },
    ),
    LabRecording(
        "tail_loss_unseen",
        "drop_last",
        "server",
        "the same loss beside the receiver: it left no hole, only its repetition came",
        {"tcp.analysis.retransmission": ""},
        {"retransmission tlp needed lost_upstream": "33"},
    ),
    LabRecording(
        "after_timeout",
        "drop_all",
        "client",
        "beside the sender: a whole flight and its probe are lost",
        {"tcp.analysis.retransmission": "29 30 32 33 35 36 38 39 41 42 44"},
        {
            "retransmission tlp needed lost_downstream": "29",
            "retransmission rto needed lost_downstream": "30",
            "retransmission rto_recovery needed lost_downstream": "32 33 35 36 38 39 41 42 44",
        },
    ),
    LabRecording(
        "reordered",
        "reorder_15ms",
        "server",
        "beside the receiver: the 5th segment is 15 ms late",
        {
            "tcp.analysis.lost_segment": "25",
            "tcp.analysis.retransmission": "35 38",
            "tcp.analysis.fast_retransmission": "35",
            "tcp.analysis.spurious_retransmission": "38",
        },
        {
            "gap_open reordering": "25",
            "reordered": "35",
            "retransmission fast_retransmit needless_crossing": "38",
            "duplicate_data_received": "39",
            "stall reordering": "35",
        },
    ),
    LabRecording(
        "needless",
        "reorder_15ms",
        "client",
        "the same beside the sender, who takes it for lost",
        {"tcp.analysis.retransmission": "35", "tcp.analysis.fast_retransmission": "35"},
        {"retransmission fast_retransmit needless": "35", "duplicate_data_received": "39", "stall reordering": "23"},
    ),
    LabRecording(
        "late_original",
        "reorder_30ms",
        "server",
        "beside the receiver: the 5th segment is 30 ms late, its repetition comes first",
        {
            "tcp.analysis.lost_segment": "25",
            "tcp.analysis.retransmission": "36 38",
            "tcp.analysis.fast_retransmission": "36",
            "tcp.analysis.spurious_retransmission": "38",
        },
        {
            "gap_open reordering": "25",
            "retransmission fast_retransmit premature": "36",
            "late_original": "38",
            "duplicate_data_received": "39",
            "stall fast_retransmit": "36",
        },
    ),
    LabRecording(
        "delay_spike",
        "delay_spike",
        "client",
        "beside the sender: ten segments are 500 ms late, none is lost",
        {"tcp.analysis.retransmission": "29 31 33 34 36 37 39 40 42 43"},
        {
            "retransmission tlp premature": "29",
            "retransmission fast_retransmit premature": "31",
            "retransmission fast_recovery premature": "33 34 36 37 39 40 42 43",
            "duplicate_data_received": "49-58",
            "stall fast_recovery": "43",
        },
    ),
    LabRecording(
        "acks_lost",
        "acks_lost",
        "client",
        "beside the sender: no ACK comes for 700 ms",
        {"tcp.analysis.retransmission": "29-31"},
        {
            "retransmission tlp needless": "29",
            "retransmission rto needless": "30 31",
            "duplicate_data_received": "32",
            "wait tail_loss": "some",
        },
    ),
    LabRecording(
        "network_duplicate",
        "network_duplicate",
        "server",
        "beside the receiver: the network doubles a segment",
        {"tcp.analysis.retransmission": "34", "tcp.analysis.spurious_retransmission": "34"},
        {"network_duplicate": "34", "duplicate_data_received": "35"},
    ),
    LabRecording(
        "one_byte_lost",
        "one_byte_lost",
        "client",
        "a write of one byte is lost",
        {"tcp.analysis.keep_alive": "23"},
        {"retransmission tlp needed lost_downstream": "23"},
    ),
    LabRecording(
        "syn_lost",
        "syn_lost",
        "client",
        "the first SYN is lost",
        {"tcp.analysis.retransmission": "2"},
        {"retransmission syn_timer needed lost_downstream": "2", "wait syn_repeat": "some"},
    ),
    LabRecording(
        "fin_lost",
        "fin_lost",
        "client",
        "the FIN is lost",
        {"tcp.analysis.retransmission": "26"},
        {"retransmission tlp needed lost_downstream": "26"},
    ),
    LabRecording(
        "nagle",
        "nagle",
        "client",
        "two small writes for each answer: the second waits for a delayed ACK",
        {"tcp.analysis.retransmission": ""},
        {"wait nagle_delayed_ack": "some"},
    ),
    LabRecording(
        "slow_server",
        "slow_server",
        "client",
        "the server thinks for 300 ms, five times",
        {"tcp.analysis.retransmission": ""},
        {"wait server_thinking": "some"},
    ),
]

CAPTURES = [Capture(f"ledger/{one.name}.pcap", one.shows, bytes, one.finds, verdicts=one.verdicts) for one in RECORDINGS]
