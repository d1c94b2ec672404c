"""Wrist watches."""

import math
import random

from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.colours import (
    Colour,
    Conic,
    Linear,
    Radial,
    Stop,
    across,
    darker,
    down,
    fading,
    lighter,
    mix,
    ramp,
    rgb,
)
from outcry.demo.pictures.shapes import box, ellipse, path

STEEL = (rgb("#f4f5f6"), rgb("#8d949c"), rgb("#e3e6e9"), rgb("#5d646d"), rgb("#f7f8f9"), rgb("#9aa1a9"), rgb("#dfe2e5"))
GOLD = (rgb("#fff0c4"), rgb("#b0802f"), rgb("#f6dc96"), rgb("#7c5417"), rgb("#fff4cf"), rgb("#bf9040"), rgb("#ecd08a"))
WATCHES: tuple[tuple[Colour, Colour, tuple[Colour, ...]], ...] = (
    (rgb("#1d3b57"), rgb("#6b3f24"), STEEL),
    (rgb("#efe6d2"), rgb("#2f2a28"), GOLD),
    (rgb("#1f3d33"), rgb("#8a5a33"), STEEL),
    (rgb("#27262a"), rgb("#3b2a24"), STEEL),
)


def _ring_of(colours: tuple[Colour, ...]) -> tuple[Stop, ...]:
    return ramp(*colours, colours[0])


def watch(canvas: Canvas, look: random.Random) -> None:
    """A chronograph on a leather strap, lying in raking light."""
    dial, leather, metal = look.choice(WATCHES)
    light_dial = sum(dial) > 380
    ink = rgb("#2b2621") if light_dial else rgb("#f3efe6")
    with canvas.placed(placing(800, 600, 1.12, -14)):
        _strap(canvas, leather)
        _watch_case(canvas, metal)
        canvas.fill(
            ellipse(0, 0, 262),
            Conic(
                (0, 0),
                ramp(
                    dial,
                    lighter(dial, 0.22),
                    dial,
                    darker(dial, 0.28),
                    dial,
                    lighter(dial, 0.16),
                    dial,
                    darker(dial, 0.3),
                    dial,
                ),
                200,
            ),
        )
        canvas.fill(
            ellipse(0, 0, 262), Radial((0, 0), 262, 262, (Stop(0.5, dial, 0), Stop(1, darker(dial, 0.5), 0.55)))
        )
        _watch_scale(canvas, ink, metal)
        for x, y in ((-118, 0), (118, 0), (0, 122)):
            _subdial(canvas, x, y, 66, dial, ink, look)
        canvas.letters("MERIDIAN", 0, -128, 25, ink, 0.95, spacing=3)
        canvas.letters("chronometre", 0, -98, 14, ink, 0.75, spacing=2)
        _watch_hands(canvas, metal, rgb("#d9532c"))
        disc = canvas.mask(ellipse(0, 0, 264))
        canvas.fill(
            path("M -250 -90 C -190 -220 -40 -270 80 -252 C -60 -190 -160 -90 -205 60 C -240 20 -258 -40 -250 -90 Z"),
            fading((255, 255, 255), (-220, -220), (20, 60), 0.30, 0.02),
            clip=disc,
        )


def _strap(canvas: Canvas, leather: Colour) -> None:
    for sign in (-1, 1):
        band = [(-128, sign * 240), (128, sign * 240), (118, sign * 900), (-118, sign * 900)]
        mask = canvas.mask(band)
        canvas.shadow(mask, 34, 0.5, dx=34, dy=40)
        canvas.shadow(mask, 10, 0.45, dx=10, dy=12)
        canvas.fill(
            mask, across(-128, 128, darker(leather, 0.45), lighter(leather, 0.14), leather, darker(leather, 0.5))
        )
        canvas.grain(mask, 8, 7, 9)
        canvas.grain(mask, 6, 2, 2)
        canvas.inner(mask, -9, 0, 8, (20, 10, 6), 0.5)
        canvas.inner(mask, 7, 0, 5, lighter(leather, 0.5), 0.35, "screen")
        seams = [(s * (105 - i * 0.4), sign * (330 + i * 24)) for s in (-1, 1) for i in range(24)]
        canvas.fill(canvas.strokes([[(x + 1.5, y + 2), (x + 1.5, y + 15)] for x, y in seams], 4.4), (20, 10, 8), 0.5)
        canvas.fill(canvas.strokes([[(x, y), (x, y + 13)] for x, y in seams], 4), rgb("#e3cfae"), 0.92)


def _watch_case(canvas: Canvas, metal: tuple[Colour, ...]) -> None:
    lugs = [
        path(
            f"M {s * 128} {t * 180} C {s * 190} {t * 230} {s * 182} {t * 320} {s * 158} {t * 378} L "
            f"{s * 118} {t * 378} "
            f"C {s * 120} {t * 330} {s * 110} {t * 260} {s * 80} {t * 230} Z"
        )
        for s in (-1, 1)
        for t in (-1, 1)
    ]
    case = canvas.mask(ellipse(0, 0, 330), *lugs)
    canvas.shadow(case, 46, 0.6, dx=44, dy=54)
    canvas.shadow(case, 12, 0.5, dx=12, dy=15)
    for angle, long in ((0, 64), (-31, 52), (31, 52)):
        x, y = 318 * math.cos(math.radians(angle)), 318 * math.sin(math.radians(angle))
        with canvas.placed(placing(x, y, 1, angle)):
            canvas.fill(box(0, -13, 34, 26), down(-13, 13, *metal[:4]))
            knob = canvas.fill(
                box(18, -34 if angle == 0 else -25, long - 14, 68 if angle == 0 else 50, 8),
                down(-34, 34, metal[1], metal[0], metal[1], metal[3]),
            )
            if angle == 0:
                for i in range(11):
                    canvas.line([(20, -30 + i * 6), (66, -30 + i * 6)], 1.8, metal[3], 0.6, clip=knob)
    for lug in lugs:
        canvas.fill(lug, Linear((-180, -380), (180, 380), ramp(metal[0], metal[1], metal[2], metal[3], metal[1])))
        canvas.inner(lug, 4, 5, 4, (255, 255, 255), 0.5, "screen")
    canvas.fill(ellipse(0, 0, 330), Conic((0, 0), _ring_of(metal), 215))
    canvas.line(ellipse(0, 0, 328), 3, (255, 255, 255), 0.5, closed=True)
    canvas.fill(ellipse(0, 0, 306), Conic((0, 0), _ring_of(metal), 30))
    canvas.fill(ellipse(0, 0, 276), darker(metal[3], 0.6))
    canvas.fill(
        ellipse(0, 0, 270),
        Conic((0, 0), ramp(rgb("#2b2d31"), rgb("#8d9298"), rgb("#2b2d31"), rgb("#6a6f75"), rgb("#2b2d31")), 230),
    )


def _watch_scale(canvas: Canvas, ink: Colour, metal: tuple[Colour, ...]) -> None:
    marks = _spokes([(i * 1.5, 244 if i % 4 == 0 else 250) for i in range(240) if i % 20], 256)
    canvas.fill(canvas.strokes(marks, 1.6, round_ends=False), ink, 0.75)
    for i in range(12):
        with canvas.placed(placing(0, 0, 1, i * 30 - 90)):
            start = 196 if i in (3, 6, 9) else 178
            start = 200 if i == 6 else start
            for y in (-8, 8) if i == 0 else (0,):
                canvas.shadow(box(start, y - 5, 244 - start, 10), 4, 0.5, dx=3, dy=4)
                canvas.fill(box(start, y - 5.5, 244 - start, 11, 2), down(y - 6, y + 6, metal[0], metal[2], metal[3]))
                canvas.line([(start + 4, y), (240, y)], 3, rgb("#f6edd0"), 0.9)


def _spokes(starts: list[tuple[float, float]], outer: float) -> list[list[tuple[float, float]]]:
    """Short radial lines: (angle in degrees, inner radius) each, out to `outer`."""
    out: list[list[tuple[float, float]]] = []
    for degrees, inner in starts:
        x, y = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
        out.append([(inner * x, inner * y), (outer * x, outer * y)])
    return out


def _subdial(canvas: Canvas, x: float, y: float, r: float, dial: Colour, ink: Colour, look: random.Random) -> None:
    with canvas.placed(placing(x, y)):
        canvas.fill(ellipse(0, 0, r + 2), darker(dial, 0.5), 0.6)
        disc = canvas.fill(
            ellipse(1, 1.5, r),
            Conic(
                (0, 0),
                ramp(
                    darker(dial, 0.25),
                    mix(dial, (128, 128, 128), 0.12),
                    darker(dial, 0.3),
                    mix(dial, (128, 128, 128), 0.1),
                    darker(dial, 0.25),
                ),
                40,
            ),
        )
        marks = _spokes([(i * 6, r * (0.84 if i % 5 == 0 else 0.92)) for i in range(60)], r * 0.97)
        canvas.fill(canvas.strokes(marks, 1.4, round_ends=False), ink, 0.7)
        canvas.inner(disc, 3, 4, 5, (0, 0, 0), 0.5)
        with canvas.placed(placing(0, 0, 1, look.uniform(0, 360))):
            canvas.shadow(box(-14, -2, r * 0.9, 4), 3, 0.6, dx=2, dy=3)
            canvas.fill([(-16, -3), (r * 0.86, -1), (r * 0.86, 1), (-16, 3)], ink)
        canvas.fill(ellipse(0, 0, 6), ink)


def _watch_hands(canvas: Canvas, metal: tuple[Colour, ...], accent: Colour) -> None:
    for angle, length, width in ((-60 - 90 + 5, 142, 15), (52 - 90, 214, 12)):
        with canvas.placed(placing(0, 0, 1, angle)):
            hand = [
                (-30, -width * 0.35),
                (length * 0.3, -width * 0.55),
                (length, -2),
                (length, 2),
                (length * 0.3, width * 0.55),
                (-30, width * 0.35),
            ]
            canvas.shadow(hand, 6, 0.6, dx=7, dy=9)
            canvas.fill(hand, down(-width * 0.5, width * 0.5, metal[0], metal[2], metal[3]))
            canvas.line([(length * 0.28, 0), (length * 0.82, 0)], width * 0.34, rgb("#f6edd0"))
    with canvas.placed(placing(0, 0, 1, 100)):
        canvas.shadow(box(-70, -2, 310, 4), 5, 0.5, dx=9, dy=11)
        canvas.fill([(-74, -4), (-20, -2.2), (246, -1.2), (246, 1.2), (-20, 2.2), (-74, 4)], accent)
    canvas.fill(ellipse(0, 0, 15), Conic((0, 0), _ring_of(metal), 60))
    canvas.fill(ellipse(0, 0, 6), darker(metal[3], 0.4))
