"""Open air: skies, ridges in the haze, meadows, roads and water."""

import math
import random
from typing import NamedTuple

from outcry.demo.pictures.canvas import Canvas
from outcry.demo.pictures.colours import Colour, Linear, Stop, darker, down, lighter, mix, ramp, rgb
from outcry.demo.pictures.shapes import Point, ellipse


class Air(NamedTuple):
    """The colours of an hour of the day: sky from top to horizon, haze, far land, near land, sun."""

    sky: tuple[Colour, ...]
    haze: Colour
    land: Colour
    ground: Colour
    sun: Colour


def _air(sky: str, haze: str, land: str, ground: str, sun: str) -> Air:
    return Air(tuple(rgb(c) for c in sky.split()), rgb(haze), rgb(land), rgb(ground), rgb(sun))


AIRS: dict[str, Air] = {
    "dusk": _air("#2b2f5b #6d4f7f #d77b68 #f6b26b #ffd99a", "#e79a76", "#3d2f4e", "#1d1826", "#fff0c4"),
    "golden": _air("#6f8fb0 #b9b8a8 #f0cf98 #fbe2ad", "#ecc998", "#7d6a55", "#5b4a39", "#fff6d8"),
    "morning": _air("#8fb1c7 #bcd0d6 #e6e4d6 #f5ead2", "#dfe2d6", "#6f8a84", "#7f8f63", "#fffbe8"),
    "noon": _air("#3f7fb8 #78acd2 #b4d5e6 #e4eff0", "#cfe2e8", "#5f7f86", "#6f8a4c", "#ffffff"),
    "blue": _air("#0f1a38 #23375f #4a6089 #a48f9c #e3ac85", "#8f86a0", "#26304e", "#141b2c", "#ffe0b0"),
}


def sky(canvas: Canvas, air: Air, horizon: float, sun: Point | None = None) -> None:
    """Sky down to the horizon, with a low sun where given."""
    canvas.fill(canvas.whole(), down(0, horizon, *air.sky))
    if sun is not None:
        canvas.glow(sun[0], sun[1], 760, 560, air.sun, 0.5)
        canvas.glow(sun[0], sun[1], 260, 230, air.sun, 0.75)


def clouds(canvas: Canvas, look: random.Random, air: Air, top: float, bottom: float, count: int = 7) -> None:
    """Flat evening clouds, lit from below."""
    for _ in range(count):
        x, y = look.uniform(-100, 1700), look.uniform(top, bottom)
        width = look.uniform(160, 420)
        puffs = [
            ellipse(
                x + look.uniform(-width, width),
                y + look.gauss(0, 9),
                look.uniform(0.3, 0.7) * width,
                look.uniform(7, 20),
            )
            for _ in range(5)
        ]
        soft = canvas.soft(list(puffs), 9)
        canvas.fill(soft, lighter(air.sky[-1], 0.35), 0.42)


def ridges(canvas: Canvas, look: random.Random, air: Air, horizon: float, layers: int = 3, height: float = 110) -> None:
    """Hills behind hills, paler with distance, standing on the horizon."""
    for i in range(layers):
        share = (i + 1) / layers
        phase, base = look.uniform(0, 9), horizon - height * (1 - share) * 0.9
        crest = [
            (
                x,
                base
                - height
                * (
                    0.5 * math.sin(x / 230 + phase)
                    + 0.26 * math.sin(x / 97 + phase * 2)
                    + 0.1 * math.sin(x / 31 + phase * 5)
                ),
            )
            for x in range(-20, 1660, 16)
        ]
        colour = mix(air.haze, air.land, 0.22 + 0.5 * share)
        low = horizon + 6
        canvas.fill(
            [(-20.0, low), *crest, (1660.0, low)],
            Linear((0, base - height), (0, low), ramp(colour, mix(colour, air.haze, 0.75))),
        )


def meadow(canvas: Canvas, look: random.Random, air: Air, horizon: float, blades: bool = True) -> None:
    """Grassland from the horizon to the lower edge."""
    ground = canvas.mask([(0, horizon), (1600, horizon), (1600, 1200), (0, 1200)])
    canvas.fill(
        ground,
        Linear(
            (0, horizon),
            (0, 1200),
            (
                Stop(0, mix(air.ground, air.haze, 0.75)),
                Stop(0.3, mix(air.ground, air.haze, 0.25)),
                Stop(1, darker(air.ground, 0.45)),
            ),
        ),
    )
    canvas.grain(ground, 9, 60, 7)
    canvas.grain(ground, 8, 7, 5)
    if blades:
        for tint, count, tall in (
            (darker(air.ground, 0.35), 420, 46),
            (mix(air.ground, air.sun, 0.3), 260, 36),
            (darker(air.ground, 0.6), 320, 80),
        ):
            lines: list[list[Point]] = []
            for _ in range(count):
                y = horizon + (1200 - horizon) * look.uniform(0.25, 1.06)
                x, reach = look.uniform(0, 1600), tall * (0.25 + (y - horizon) / (1200 - horizon))
                lines.append(
                    [(x, y), (x + look.uniform(-7, 9), y - reach * 0.6), (x + look.uniform(-16, 22), y - reach)]
                )
            canvas.fill(canvas.strokes(lines, 2.6), tint, 0.55)


def road(canvas: Canvas, look: random.Random, air: Air, horizon: float, wet: bool = False) -> None:
    """Asphalt with a verge, seen across: the place where a car stands."""
    verge = canvas.mask([(0, horizon), (1600, horizon), (1600, horizon + 70), (0, horizon + 70)])
    canvas.fill(verge, down(horizon, horizon + 70, mix(air.ground, air.haze, 0.7), mix(air.ground, air.haze, 0.2)))
    canvas.grain(verge, 10, 12, 5)
    tarmac = canvas.mask([(0, horizon + 64), (1600, horizon + 64), (1600, 1200), (0, 1200)])
    grey = mix(rgb("#5d5a5c"), air.haze, 0.28)
    canvas.fill(tarmac, down(horizon + 64, 1200, mix(grey, air.haze, 0.35), grey, darker(grey, 0.5)))
    canvas.grain(tarmac, 8, 4, 2.4)
    canvas.grain(tarmac, 6, 120, 14)
    canvas.line([(0, horizon + 84), (1600, horizon + 84)], 7, mix(grey, (255, 255, 255), 0.6), 0.7)
    canvas.glow(760, horizon + 120, 1000, 90, air.sun, 0.3, clip=tarmac, mode="soft")
    canvas.fill(canvas.soft([(0, 1080), (1600, 1080), (1600, 1240), (0, 1240)], 60), (10, 8, 14), 0.35)


def treeline(canvas: Canvas, look: random.Random, base: float, height: float, colour: Colour) -> None:
    """A far wood as one soft edge."""
    crowns: list[list[Point]] = [
        [(-20.0, base), (-20.0, base - height * 0.4), (1620.0, base - height * 0.4), (1620.0, base)]
    ]
    x = -20.0
    while x < 1640:
        wide, tall = look.uniform(16, 46), height * look.uniform(0.25, 0.75)
        for _ in range(3):
            crowns.append(
                ellipse(
                    x + look.gauss(0, wide * 0.5),
                    base - height * 0.3 - tall * look.uniform(0, 0.7),
                    wide * 0.8,
                    wide * 0.7,
                )
            )
        x += wide * 0.8
    canvas.fill(
        canvas.soft(list(crowns), 1.6), Linear((0, base - height), (0, base), ramp(colour, lighter(colour, 0.45)))
    )


def mist(canvas: Canvas, look: random.Random, air: Air, top: float, bottom: float, strength: float = 0.6) -> None:
    """Drifting ground fog."""
    colour = lighter(air.haze, 0.35)
    for _ in range(9):
        x, y = look.uniform(-100, 1700), look.uniform(top, bottom)
        canvas.glow(
            x, y, look.uniform(300, 640), look.uniform(30, 80), colour, strength * look.uniform(0.4, 1), mode="normal"
        )
