#!/usr/bin/env python3
"""Writes the synthetic network traces of this folder anew, from fixed seeds (see README.md)."""
import json
import math
import pathlib
import random

SECONDS = 600
LATENCY_MS = 60


def noisy(random_source, kbps, spread):
    return max(0, round(kbps * random_source.lognormvariate(0, spread)))


def stable(random_source, second):
    return noisy(random_source, 2500, 0.05)


def tunnel(random_source, second):
    """Good coverage, and one tunnel of 30 s in which next to nothing arrives."""
    return noisy(random_source, 150 if 200 <= second < 230 else 3200, 0.15)


def sawtooth(random_source, second):
    """Climbs for 50 s, falls at once, stays low for 10 s."""
    phase = second % 60
    return noisy(random_source, 300 if phase >= 50 else 800 + 70 * phase, 0.10)


def fading(random_source, second):
    """A slow wave between 250 and 3,600 kbps, with fast fading on top."""
    wave = (1 + math.cos(2 * math.pi * second / 75)) / 2
    return noisy(random_source, 250 + 3350 * wave * wave, 0.35)


def write(shape, seed):
    random_source = random.Random(seed)
    rows = [
        {"duration_ms": 1000, "bandwidth_kbps": shape(random_source, second), "latency_ms": LATENCY_MS}
        for second in range(SECONDS)
    ]
    lines = ",\n".join("    " + json.dumps(row) for row in rows)
    pathlib.Path(__file__).with_name(shape.__name__ + ".json").write_text("[\n" + lines + "\n]\n")


if __name__ == "__main__":
    for seed, shape in enumerate([stable, tunnel, sawtooth, fading], start=1):
        write(shape, seed)
