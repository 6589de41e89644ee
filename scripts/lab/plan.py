"""What a run is: the path, the two stacks, the program and the policy. A random plan comes from its seed alone."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, field
from typing import Any

from .policy import MILLISECOND, Chance, Impairment, Policy

CONGESTION = ("cubic", "bbr", "reno")
WANTED_SECONDS = 2.5  #: of a transfer, when its size is chosen
SEGMENT = 1448
MEGABITS = (1.0, 2.0)  #: powers of ten: 10 to 100 Mbit/s
SMALLEST, LARGEST = 60_000, 1_000_000
OFFLOAD_SHARE, NO_SACK_SHARE, NO_TIMESTAMPS_SHARE, IPV6_SHARE, ASYMMETRIC_SHARE = 0.1, 0.2, 0.2, 0.4, 0.3
BURST_SHARE, REORDER_SHARE, DOUBLE_SHARE, JITTER_SHARE, SPIKE_SHARE = 0.3, 0.5, 0.3, 0.3, 0.15


@dataclass(frozen=True)
class Plan:
    """One run."""

    name: str
    program: str
    seed: int = 0
    arguments: dict[str, Any] = field(default_factory=dict)
    #: by sender: ns from its host to the impairment, and from there to the other host
    delays: dict[str, tuple[int, int]] = field(default_factory=lambda: delays(10 * MILLISECOND))
    megabits: int = 100  #: per second, of the link at each sender: its queue is before the impairment
    ipv6: bool = False
    sack: bool = True
    timestamps: bool = True
    congestion: str = "cubic"
    offload: bool = False  #: segmentation offload at both senders: their own captures show superframes
    impairments: dict[str, Impairment] = field(default_factory=dict)  #: by sender; empty where a scenario has its own policy
    note: str = ""

    def row(self) -> dict[str, Any]:
        """Everything, for the truth file."""
        return asdict(self)

    def policy(self) -> Policy:
        """The random policy of this plan, at its start."""
        return Chance(self.seed, self.impairments, self.megabits)


def delays(one_way: int, share: float = 0.5) -> dict[str, tuple[int, int]]:
    """The same delay in both directions; `share` of it before the impairment."""
    near = int(one_way * share)
    return {"client": (near, one_way - near), "server": (near, one_way - near)}


def random_plan(seed: int) -> Plan:
    """The plan of a seed."""
    chance = random.Random(seed)
    rtt = 10 ** chance.uniform(0, 2.3)  # 1 to 200 ms
    skew = chance.uniform(0.2, 0.8) if chance.random() < ASYMMETRIC_SHARE else 0.5
    one_way = {"client": rtt * skew, "server": rtt * (1 - skew)}
    times = {}
    for sender, whole in one_way.items():
        near = whole * chance.uniform(0.3, 0.7)
        times[sender] = (int(near * MILLISECOND), int((whole - near) * MILLISECOND))
    loss = 10 ** chance.uniform(-3, -1.3)  # 0.1 to 5 %
    impairments = {sender: _impairment(chance, loss, rtt) for sender in ("client", "server")}
    program, arguments = _program(chance, loss, rtt)
    return Plan(
        name=f"r{seed:05d}",
        program=program,
        seed=seed,
        arguments=arguments,
        delays=times,
        megabits=int(10 ** chance.uniform(*MEGABITS)),
        ipv6=chance.random() < IPV6_SHARE,
        sack=chance.random() >= NO_SACK_SHARE,
        timestamps=chance.random() >= NO_TIMESTAMPS_SHARE,
        congestion=chance.choice(CONGESTION),
        offload=chance.random() < OFFLOAD_SHARE,
        impairments=impairments,
    )


def _impairment(chance: random.Random, loss: float, rtt: float) -> Impairment:
    late = int(max(0.5, rtt * 10 ** chance.uniform(-1.3, 0.5)) * MILLISECOND)  # 0.05 to 3 RTT: its repetition may overtake it
    lag = int(max(0.3, rtt * chance.uniform(0.02, 0.5)) * MILLISECOND)
    bursts, swaps, doubles, jitters, acks, spikes = (chance.random() for _ in range(6))
    return Impairment(
        loss=loss,
        ack_loss=loss if acks < 0.8 else 0.0,
        burst_in=loss / 3 if bursts < BURST_SHARE else 0.0,
        burst_out=chance.uniform(0.2, 0.7),
        reorder=chance.uniform(0.002, 0.03) if swaps < REORDER_SHARE else 0.0,
        reorder_by=(late // 4, late),
        double=chance.uniform(0.002, 0.02) if doubles < DOUBLE_SHARE else 0.0,
        double_by=(150_000, lag),
        jitter=int(rtt * chance.uniform(0.01, 0.15) * MILLISECOND) if jitters < JITTER_SHARE else 0,
        spike=chance.uniform(0.001, 0.01) if spikes < SPIKE_SHARE else 0.0,
        spike_by=int(chance.uniform(100, 600) * MILLISECOND),
    )


def _program(chance: random.Random, loss: float, rtt: float) -> tuple[str, dict[str, Any]]:
    # What TCP can move in the time wanted: the rate of Mathis et al. (1997), MSS / RTT * 1.22 / sqrt(loss).
    budget = WANTED_SECONDS / (rtt / 1000) * 1.22 / loss**0.5 * SEGMENT
    size = int(min(LARGEST, max(SMALLEST, budget * chance.uniform(0.3, 1.0))))
    kind = chance.choice(("upload", "download", "https", "chatty", "chatty"))
    if kind in ("upload", "download"):
        return kind, {"size": size}
    if kind == "https":
        count = chance.randint(1, 6)
        return kind, {"sizes": [max(200, int(size * chance.random() * 2 / count)) for _ in range(count)]}
    rounds = max(5, min(60, int(WANTED_SECONDS / (2.5 * rtt / 1000 + 0.02))))
    talk = [(int(10 ** chance.uniform(1.3, 3.4)), int(10 ** chance.uniform(1.7, 4.2))) for _ in range(rounds)]
    return kind, {"talk": talk, "pause": chance.choice((0.0, 0.0, 0.02, 0.1)) if rounds < 20 else 0.0}
