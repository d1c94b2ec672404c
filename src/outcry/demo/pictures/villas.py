"""A glass villa by its pool."""

import random

from outcry.demo.pictures import scenery
from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.colours import Colour, Linear, Stop, across, darker, down, lighter, mix, rgb
from outcry.demo.pictures.houses import WARM, stones
from outcry.demo.pictures.shapes import Point, arc, box, smooth


def villa(canvas: Canvas, look: random.Random) -> None:
    """A flat-roofed villa of glass and timber over a lit pool at dusk."""
    air = scenery.AIRS[look.choice(("blue", "dusk"))]
    timber = look.choice((rgb("#8a5a38"), rgb("#6b5648"), rgb("#a8744a")))
    concrete = rgb("#cfc8bf")
    scenery.sky(canvas, air, 760, (1250, 640))
    scenery.clouds(canvas, look, air, 90, 380)
    scenery.ridges(canvas, look, air, 770, 3, 150)
    scenery.treeline(canvas, look, 790, 120, mix(air.land, rgb("#1d2a26"), 0.5))
    with canvas.placed(placing(800, 800)):
        canvas.fill(
            box(-900, -20, 1800, 460), down(-20, 420, mix(concrete, air.land, 0.45), mix(concrete, air.land, 0.75))
        )
        canvas.glow(0, 30, 760, 120, WARM, 0.5)
        _storey(canvas, -520, -230, 980, 214, air, timber, look)
        upper = canvas.mask(box(-300, -470, 900, 230))
        canvas.shadow(upper, 18, 0.6, dy=26)
        _storey(canvas, -270, -440, 820, 196, air, timber, look)
        for x, y, wide in ((-350, -484, 1010), (-600, -246, 1160)):
            slab = canvas.mask(box(x, y, wide, 34, 3))
            canvas.shadow(slab, 16, 0.6, dy=18)
            canvas.fill(
                slab, down(y, y + 34, lighter(mix(concrete, air.haze, 0.3), 0.2), mix(concrete, air.land, 0.35))
            )
            canvas.fill(box(x, y + 30, wide, 6), WARM, 0.6)
        post = canvas.mask(box(-470, -470, 120, 470))
        canvas.fill(post, across(-470, -350, mix(concrete, air.haze, 0.3), mix(concrete, air.land, 0.5)))
        stones(canvas, look, post, (-470, -470, -350, 0), mix(concrete, air.land, 0.4), 26, 60)
        canvas.grain(post, 7, 5, 5)
        _pool(canvas, look, air)
        for x, size in ((-730, 420), (-664, 350), (-604, 300), (590, 330), (648, 400), (716, 460)):
            _cypress(canvas, look, x, 40, size, mix(rgb("#24382d"), air.land, 0.35))


def _storey(
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    height: float,
    air: scenery.Air,
    timber: Colour,
    look: random.Random,
) -> None:
    """Glass bays with warm rooms behind, one bay clad in timber."""
    room = canvas.mask(box(x, y, width, height))
    canvas.fill(room, down(y, y + height, rgb("#ffedc4"), rgb("#f6c277"), rgb("#b9763c")))
    for _ in range(9):
        at, wide = look.uniform(x, x + width), look.uniform(40, 130)
        tall = look.uniform(30, 100)
        canvas.fill(box(at, y + height - tall, wide, tall, 6), rgb("#6b3f26"), 0.55, clip=room)
    for _ in range(5):
        at = look.uniform(x + 40, x + width - 40)
        canvas.line([(at, y), (at, y + 46)], 2, rgb("#4a2d1c"), 0.8)
        canvas.fill(arc(at, y + 60, 20, 18, 180, 360), rgb("#4a2d1c"), clip=room)
        canvas.glow(at, y + 66, 70, 60, rgb("#fff6dc"), 0.8, clip=room)
    canvas.fill(
        room,
        Linear(
            (x, y),
            (x + width, y + height),
            (
                Stop(0, air.sky[1], 0.42),
                Stop(0.4, air.sky[1], 0.04),
                Stop(0.75, air.sky[2], 0.06),
                Stop(1, air.sky[0], 0.4),
            ),
        ),
    )
    clad_x = x + width * 0.62
    clad = canvas.mask(box(clad_x, y, width * 0.16, height))
    canvas.fill(clad, down(y, y + height, lighter(timber, 0.2), timber, darker(timber, 0.4)))
    canvas.fill(
        canvas.strokes(
            [[(clad_x + i * 13, y), (clad_x + i * 13, y + height)] for i in range(1, int(width * 0.16 / 13) + 1)], 3
        ),
        darker(timber, 0.65),
        0.8,
        clip=clad,
    )
    bays = [[(x + width * i / 8, y), (x + width * i / 8, y + height)] for i in range(9)]
    canvas.fill(canvas.strokes(bays, 6, round_ends=False), rgb("#2a2523"))
    canvas.line([(x, y + height - 4), (x + width, y + height - 4)], 8, rgb("#2a2523"))


def _pool(canvas: Canvas, look: random.Random, air: scenery.Air) -> None:
    rim = canvas.mask([(-560, 96), (520, 96), (820, 400), (-900, 400)])
    canvas.fill(rim, down(90, 400, mix(rgb("#d9d2c6"), air.haze, 0.3), mix(rgb("#a39a8e"), air.land, 0.35)))
    water = canvas.mask([(-520, 116), (484, 116), (740, 400), (-820, 400)])
    canvas.fill(water, down(116, 400, rgb("#9fe6e0"), rgb("#38a3ad"), rgb("#175e78")))
    for x, wide in ((-420, 120), (-160, 90), (100, 150), (330, 90)):
        canvas.fill(
            canvas.soft([(x, 116), (x + wide, 116), (x + wide * 1.1, 330), (x - wide * 0.1, 330)], 12),
            WARM,
            0.4,
            clip=water,
            mode="screen",
        )
    ripples: list[list[Point]] = []
    for _ in range(150):
        y = look.uniform(122, 400)
        x, wide = look.uniform(-820, 740), look.uniform(20, 90) * (y / 260)
        ripples.append([(x, y), (x + wide / 2, y - 2), (x + wide, y)])
    canvas.fill(canvas.strokes(ripples, 2.6), rgb("#e9fffb"), 0.34, clip=water)
    canvas.inner(water, 0, 9, 7, rgb("#0b3f55"), 0.6)
    for x in (-700, -600, 600):
        bed = canvas.mask([(x, 66), (x + 84, 66), (x + 96, 92), (x - 8, 92)])
        canvas.shadow(bed, 7, 0.5, dy=8)
        canvas.fill(bed, down(66, 92, rgb("#f5efe4"), rgb("#cfc5b4")))


def _cypress(canvas: Canvas, look: random.Random, x: float, y: float, size: float, leaf: Colour) -> None:
    """A slender evergreen."""
    right = [
        (x, y - size),
        (x + size * 0.07, y - size * 0.7),
        (x + size * 0.1, y - size * 0.35),
        (x + size * 0.07, y - size * 0.06),
        (x, y),
    ]
    left = [(2 * x - px, py) for px, py in right[::-1]]
    crown = canvas.mask(smooth([*right, *left]))
    canvas.fill(crown, across(x - size * 0.1, x + size * 0.1, lighter(leaf, 0.14), leaf, darker(leaf, 0.5)))
    tufts = [
        [(x + look.gauss(0, size * 0.04), yy), (x + look.gauss(0, size * 0.05), yy - size * 0.07)]
        for yy in (y - size * look.uniform(0.02, 0.95) for _ in range(70))
    ]
    canvas.fill(canvas.strokes(tufts, size * 0.012), lighter(leaf, 0.25), 0.3, clip=crown)
