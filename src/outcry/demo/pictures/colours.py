"""Colours, and gradients between them: along a line, out from a centre, around one."""

import math
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from PIL import Image

from outcry.demo.pictures.shapes import Point

RAMP_LENGTH = 256
RAMP_PADDING = 40  # ramps on each side, so that a gradient holds its end colours far outside
CONE_SIZE = 384
Colour = tuple[int, int, int]


def rgb(text: str) -> Colour:
    """`"#c0ffee"` as a colour."""
    return (int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16))


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """`a` moved towards `b` by `share` (0 to 1)."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def lighter(colour: Colour, share: float) -> Colour:
    return mix(colour, (255, 250, 240), share)


def darker(colour: Colour, share: float) -> Colour:
    return mix(colour, (12, 10, 20), share)


CHROME = (rgb("#fdfdfc"), rgb("#b9bdc0"), rgb("#eceded"), rgb("#71777c"), rgb("#cfd2d3"))


class Stop(NamedTuple):
    """A colour on a gradient at `at` (0 to 1), with its opacity."""

    at: float
    colour: Colour
    opacity: float = 1.0


class Linear(NamedTuple):
    """A gradient from one point to another."""

    start: Point
    end: Point
    stops: tuple[Stop, ...]


class Radial(NamedTuple):
    """A gradient from the centre out to an ellipse."""

    centre: Point
    rx: float
    ry: float
    stops: tuple[Stop, ...]


class Conic(NamedTuple):
    """A gradient around a centre, clockwise from `start_degrees`."""

    centre: Point
    stops: tuple[Stop, ...]
    start_degrees: float = 0


Paint = Colour | Linear | Radial | Conic


def ramp(*colours: Colour) -> tuple[Stop, ...]:
    """Stops evenly spaced."""
    return tuple(Stop(i / (len(colours) - 1), colour) for i, colour in enumerate(colours))


def down(y0: float, y1: float, *colours: Colour) -> Linear:
    """A vertical gradient."""
    return Linear((0, y0), (0, y1), ramp(*colours))


def across(x0: float, x1: float, *colours: Colour) -> Linear:
    """A horizontal gradient."""
    return Linear((x0, 0), (x1, 0), ramp(*colours))


def fading(colour: Colour, start: Point, end: Point, first: float = 1.0, last: float = 0.0) -> Linear:
    """One colour whose opacity runs from `first` to `last`."""
    return Linear(start, end, (Stop(0, colour, first), Stop(1, colour, last)))


@lru_cache(maxsize=1)
def ramp_strip() -> Image.Image:
    side = RAMP_LENGTH * RAMP_PADDING
    row = bytes(side) + bytes(range(RAMP_LENGTH)) + b"\xff" * side
    return Image.frombytes("L", (len(row), 3), row * 3)


@lru_cache(maxsize=1)
def cone() -> Image.Image:
    half = CONE_SIZE / 2
    turn = 256 / math.tau
    values = bytearray()
    for y in range(CONE_SIZE):
        values += bytes(int(math.atan2(y - half, x - half) * turn) & 255 for x in range(CONE_SIZE))
    return Image.frombytes("L", (CONE_SIZE, CONE_SIZE), bytes(values))


@lru_cache(maxsize=1)
def disc() -> Image.Image:
    half = 128
    values = bytearray()
    for y in range(2 * half):
        values += bytes(min(255, int(math.hypot(x - half, y - half) * 255 / 127)) for x in range(2 * half))
    return Image.frombytes("L", (2 * half, 2 * half), bytes(values))


@lru_cache(maxsize=1024)
def channel_tables(stops: tuple[Stop, ...]) -> tuple[list[int], list[int], list[int], list[int]]:
    """The look-up tables red, green, blue, opacity of a gradient, 256 entries each."""
    tables: tuple[list[int], list[int], list[int], list[int]] = ([], [], [], [])
    for i in range(256):
        t = i / 255
        low, high = stops[0], stops[-1]
        for a, b in pairwise(stops):
            if a.at <= t <= b.at:
                low, high = a, b
                break
        span = high.at - low.at
        share = min(1.0, max(0.0, (t - low.at) / span)) if span > 0 else 0.0
        for channel in range(3):
            tables[channel].append(round(low.colour[channel] + (high.colour[channel] - low.colour[channel]) * share))
        tables[3].append(round(255 * (low.opacity + (high.opacity - low.opacity) * share)))
    return tables
