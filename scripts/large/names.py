"""Invented host names, a pool from which DNS and TLS traffic take theirs."""

from __future__ import annotations

import random

import numpy as np

from large.frames import Ints

HOSTS = ("www", "api", "cdn", "img", "mail", "static", "login", "edge-1", "assets", "telemetry", "push.eu-west-1", "m")
ENDS = ("example", "test", "example.com", "example.net", "example.org", "cdn.example.net")
SYLLABLES = ("ba", "cor", "del", "fin", "gra", "ho", "jin", "ka", "lum", "mer", "no", "pix", "ro", "sol", "tek", "vi", "zan")
POPULARITY = 1.1  #: exponent of Zipf's law


def pool(count: int, chance: random.Random) -> list[str]:
    """So many different names, the popular ones first."""
    names: dict[str, None] = {}
    while len(names) < count:
        word = "".join(chance.choices(SYLLABLES, k=chance.randint(2, 5)))
        names[f"{chance.choice(HOSTS)}.{word}.{chance.choice(ENDS)}"] = None
    return list(names)


def chosen(count: int, names: int, generator: np.random.Generator) -> Ints:
    """Indices of names, the first ones often."""
    weights = np.arange(1, names + 1) ** -POPULARITY
    return np.searchsorted(np.cumsum(weights / weights.sum()), generator.random(count)).clip(max=names - 1)
