"""Made by hand, for the home: ceramics, a painting, a rug."""

import math
import random

from outcry.demo.pictures.backdrops import standing_shadow
from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.colours import Colour, Linear, across, darker, down, lighter, mix, ramp, rgb
from outcry.demo.pictures.masks import Mask
from outcry.demo.pictures.shapes import arc, box, ellipse, path, smooth, symmetric

GLAZES = (
    (rgb("#2f5d73"), rgb("#c8b08a")),
    (rgb("#d9d2c3"), rgb("#8b5a3c")),
    (rgb("#7c8b63"), rgb("#c7a27a")),
    (rgb("#a33d2b"), rgb("#2a1a16")),
    (rgb("#1f2a3a"), rgb("#b9a98c")),
)


def ceramics(canvas: Canvas, look: random.Random) -> None:
    """Three thrown vessels in two-tone glaze with a dry branch."""
    glaze, clay = look.choice(GLAZES)
    with canvas.placed(placing(800, 880)):
        branch_root = (-22, -640)
        for k in range(6):
            angle = math.radians(-128 + k * 17 + look.uniform(-6, 6))
            reach = look.uniform(230, 330)
            end = (branch_root[0] + reach * math.cos(angle), branch_root[1] + reach * math.sin(angle))
            bend = (
                branch_root[0] + reach * 0.5 * math.cos(angle) + look.uniform(-26, 26),
                branch_root[1] + reach * 0.55 * math.sin(angle),
            )
            stem = smooth([branch_root, bend, end], closed=False)
            canvas.line(stem, 5, rgb("#6b5236"))
            for i in range(5, len(stem) - 1, 3):
                x, y = stem[i]
                for side in (-1, 1):
                    turn = math.degrees(angle) + side * 52
                    with canvas.placed(placing(x, y, look.uniform(0.8, 1.2), turn)):
                        canvas.fill(
                            path("M 0 0 C 12 -15 38 -15 54 0 C 38 12 12 12 0 0 Z"),
                            Linear((0, -14), (0, 12), ramp(rgb("#d8b98a"), rgb("#a97f4c"), rgb("#76532c"))),
                            0.95,
                        )
        tall = (
            "M 0 -650 L 44 -650 C 54 -648 54 -632 46 -622 C 40 -560 52 -500 116 -420 C 190 -330 206 "
            "-220 176 -110 C 160 -50 130 -14 110 0 L 0 12"
        )
        bowl = "M 0 -190 L 196 -196 C 208 -194 208 -180 200 -174 C 186 -100 130 -30 84 -14 L 80 4 L 0 10"
        bottle = (
            "M 0 -360 L 26 -360 C 36 -358 36 -346 30 -340 C 26 -300 30 -270 60 -236 C 112 -186 118 "
            "-90 90 -22 C 84 -6 74 0 66 4 L 0 10"
        )
        for x, y, scale, half, top, cover in (
            (-22, 0, 1.0, tall, -650, 0.52),
            (310, 46, 1.08, bottle, -360, 0.7),
            (-340, 70, 1.0, bowl, -196, 0.42),
        ):
            with canvas.placed(placing(x, y, scale)):
                swap = x == 310
                _vessel(
                    canvas, symmetric(path(half), 0), clay if swap else glaze, glaze if swap else clay, top, cover, look
                )


def _vessel(
    canvas: Canvas,
    outline: list[tuple[float, float]],
    glaze: Colour,
    clay: Colour,
    top: float,
    cover: float,
    look: random.Random,
) -> None:
    width = max(x for x, _ in outline)
    standing_shadow(canvas, 0, -4, width * 0.78, 34, 1.1)
    body = canvas.mask(outline)
    sides = (darker(clay, 0.35), lighter(clay, 0.3), lighter(clay, 0.12), clay, darker(clay, 0.45), darker(clay, 0.3))
    canvas.fill(body, across(-width, width, *sides))
    canvas.grain(body, 8, 60, 3)
    edge = top * (1 - cover)
    waves = [
        (-width * 1.3 + i * width * 2.6 / 24, edge + 26 * math.sin(i * 0.62 + cover * 9) + look.uniform(-9, 9))
        for i in range(25)
    ]
    coat = canvas.mask([(-width * 1.3, top - 20), *smooth(waves, closed=False), (width * 1.3, top - 20)]).meet(body)
    canvas.shadow(coat, 7, 0.4, dy=6, clip=body)
    sides = (
        darker(glaze, 0.4),
        lighter(glaze, 0.26),
        lighter(glaze, 0.1),
        glaze,
        darker(glaze, 0.5),
        darker(glaze, 0.3),
    )
    canvas.fill(coat, across(-width, width, *sides))
    canvas.grain(coat, 12, 34, 20)
    canvas.grain(coat, 10, 3, 3)
    canvas.inner(coat, 0, -7, 6, darker(glaze, 0.7), 0.5)
    canvas.inner(body, -width * 0.16, -8, width * 0.16, (14, 8, 12), 0.55)
    mouth = max(x for x, y in outline if y < top + 12)
    canvas.fill(ellipse(0, top + 4, mouth * 0.96, mouth * 0.11), darker(glaze, 0.75))
    canvas.line(arc(0, top + 4, mouth * 0.97, mouth * 0.12, 0, 360), 5, lighter(glaze, 0.35), 0.8, clip=body)
    shine = [(x * 0.66 - width * 0.04, y) for x, y in outline if x < -width * 0.3 and top * 0.8 < y < top * 0.2]
    if len(shine) > 4:
        canvas.fill(canvas.soft(canvas.stroke(shine, width * 0.09), 9), (255, 255, 255), 0.5, clip=body)


PAINTINGS = (
    ("#f4c27a", "#e07a4f", "#35506b", "#1b2b3f"),
    ("#e9dcc6", "#b3bfa6", "#5c7f7a", "#27403f"),
    ("#f3d9d2", "#cf8a8c", "#6b4c6f", "#2c2440"),
)


def painting(canvas: Canvas, look: random.Random) -> None:
    """An oil of a coast in broad strokes, in a gilt frame."""
    sky, glow, sea, dark = (rgb(c) for c in look.choice(PAINTINGS))
    with canvas.placed(placing(800, 590)):
        outer = canvas.mask(box(-620, -460, 1240, 920, 4))
        canvas.shadow(outer, 54, 0.55, dx=50, dy=64)
        canvas.shadow(outer, 14, 0.5, dx=12, dy=16)
        gilt = (rgb("#fbe6ad"), rgb("#b98a3a"), rgb("#7d5719"), rgb("#e2bd6a"))
        for inset, colours in (
            (0, (gilt[0], gilt[1], gilt[2])),
            (20, (gilt[2], gilt[1], gilt[0])),
            (44, (gilt[0], gilt[3], gilt[1])),
            (74, (gilt[2], gilt[2], gilt[3])),
        ):
            band = canvas.fill(
                box(-620 + inset, -460 + inset, 1240 - 2 * inset, 920 - 2 * inset, 4),
                Linear((-500, -460), (500, 460), ramp(*colours)),
            )
            canvas.inner(band, 3, 3, 3, rgb("#fff3cf"), 0.6, "screen")
            canvas.inner(band, -3, -3, 4, rgb("#3a2406"), 0.6)
        canvas.grain(outer, 5, 3, 3)
        cloth = canvas.mask(box(-536, -376, 1072, 752))
        canvas.fill(cloth, down(-376, 60, mix(sea, sky, 0.5), sky, lighter(glow, 0.2), glow))
        canvas.fill(box(-536, 40, 1072, 340), down(40, 376, mix(glow, sea, 0.5), sea, dark), clip=cloth)
        canvas.glow(150, 30, 300, 230, lighter(sky, 0.8), 0.8, clip=cloth)
        canvas.fill(ellipse(150, -6, 56), lighter(sky, 0.7), clip=cloth)
        _brushwork(canvas, cloth, look, (sky, glow, sea, dark))
        canvas.grain(cloth, 7, 2.4, 2.4)
        canvas.inner(cloth, 9, 11, 10, (16, 8, 6), 0.6)


def _brushwork(canvas: Canvas, cloth: Mask, look: random.Random, colours: tuple[Colour, ...]) -> None:
    sky, glow, sea, dark = colours
    for layer in range(26):
        share = layer / 25
        y = -360 + share * 720
        if y < 40:
            tone = mix(mix(mix(sea, sky, 0.6), sky, min(1, share * 2)), glow, max(0.0, share * 2.4 - 0.5))
        else:
            tone = mix(mix(glow, sea, 0.55), dark, min(1.0, (y - 40) / 300))
        strokes: list[list[tuple[float, float]]] = []
        for _ in range(11):
            x, length, tilt = look.uniform(-560, 500), look.uniform(60, 190), look.uniform(-10, 10)
            yy = y + look.uniform(-20, 20)
            strokes.append(smooth([(x, yy), (x + length / 2, yy + tilt - 6), (x + length, yy + tilt)], closed=False))
        tint = lighter(tone, 0.28) if layer % 2 else darker(tone, 0.1)
        canvas.fill(canvas.strokes(strokes, look.uniform(7, 15)), tint, 0.42, clip=cloth)
    sparkle = [
        [(150 + look.gauss(0, 30 + k), 46 + k * 3.2), (150 + look.gauss(0, 30 + k) + 24, 46 + k * 3.2)]
        for k in range(90)
    ]
    canvas.fill(
        canvas.strokes([[a, (a[0] + look.uniform(14, 50), a[1])] for a, _ in sparkle], 5),
        lighter(sky, 0.6),
        0.6,
        clip=cloth,
    )
    cliff = smooth(
        [
            (-560, -130),
            (-470, -150),
            (-380, -96),
            (-330, -90),
            (-260, -20),
            (-180, 20),
            (-120, 60),
            (-240, 110),
            (-400, 150),
            (-560, 210),
        ]
    )
    canvas.fill(
        cliff, Linear((-500, -140), (-180, 200), ramp(mix(dark, glow, 0.4), dark, darker(dark, 0.4))), clip=cloth
    )
    rocks = canvas.mask(cliff).meet(cloth)
    slashes = [
        [(x, y), (x + look.uniform(16, 50), y + look.uniform(20, 60))]
        for x, y in ((look.uniform(-540, -160), look.uniform(-140, 160)) for _ in range(60))
    ]
    canvas.fill(canvas.strokes(slashes[:30], 10), mix(glow, sky, 0.4), 0.35, clip=rocks)
    canvas.fill(canvas.strokes(slashes[30:], 11), darker(dark, 0.5), 0.5, clip=rocks)
    canvas.fill(path("M 250 66 L 340 66 L 326 84 L 264 84 Z"), darker(dark, 0.4), clip=cloth)
    canvas.fill(path("M 292 60 L 292 -40 C 326 -10 334 30 334 60 Z"), lighter(sky, 0.75), clip=cloth)
    canvas.fill(path("M 286 60 L 286 -20 L 252 60 Z"), lighter(sky, 0.45), clip=cloth)


RUGS = (
    ("#8e2f2a", "#1f3349", "#e3cfa5", "#c98b3f"),
    ("#23495a", "#7d2f34", "#e6dcc4", "#c7a35c"),
    ("#d8c7a8", "#5c6f5a", "#8c4f35", "#2d3b44"),
)


def rug(canvas: Canvas, look: random.Random) -> None:
    """A knotted rug from above, on boards."""
    field, border, ivory, gold = (rgb(c) for c in look.choice(RUGS))
    with canvas.placed(placing(800, 600, 1, -8)):
        whole = canvas.mask(box(-640, -430, 1280, 860, 4))
        fringe = [
            [(s * 640, -424 + i * 12), (s * (676 + (i % 3) * 6), -424 + i * 12 + (i % 5) - 2)]
            for s in (-1, 1)
            for i in range(72)
        ]
        tassels = canvas.strokes(fringe, 5)
        canvas.shadow(tassels, 4, 0.4, dx=4, dy=6)
        canvas.fill(tassels, lighter(ivory, 0.3))
        canvas.shadow(whole, 20, 0.55, dx=14, dy=18)
        for inset, colour in (
            (0, darker(border, 0.3)),
            (18, ivory),
            (30, border),
            (128, gold),
            (138, ivory),
            (150, darker(field, 0.1)),
        ):
            canvas.fill(box(-640 + inset, -430 + inset, 1280 - inset * 2, 860 - inset * 2, 3), colour)
        _border_flowers(canvas, ivory, gold, field)
        inner = canvas.mask(box(-490, -280, 980, 560))
        for scale, colour in (
            (1, border),
            (0.93, gold),
            (0.9, darker(field, 0.25)),
            (0.62, ivory),
            (0.57, border),
            (0.32, gold),
            (0.26, field),
        ):
            petals = [
                ((380 + 30 * math.cos(8 * a)) * scale * math.cos(a), (246 + 26 * math.cos(8 * a)) * scale * math.sin(a))
                for a in (i * math.tau / 160 for i in range(160))
            ]
            canvas.fill(petals, colour, clip=inner)
        buds = [
            ellipse(x * math.cos(a), y * math.sin(a), 15, 11, math.degrees(a))
            for x, y in ((300, 188), (175, 110))
            for a in (i * math.tau / 20 for i in range(20))
        ]
        canvas.fill(list(buds), ivory, 0.9)
        canvas.fill(
            [
                ellipse(x * math.cos(a), y * math.sin(a), 6)
                for x, y in ((300, 188), (175, 110))
                for a in (i * math.tau / 20 for i in range(20))
            ],
            field,
        )
        for sx in (-1, 1):
            for sy in (-1, 1):
                for r, colour in ((150, border), (128, gold), (112, ivory), (84, field)):
                    canvas.fill(ellipse(sx * 490, sy * 280, r, r * 0.86), colour, clip=inner)
        canvas.grain(whole, 14, 3, 3)
        canvas.grain(whole, 9, 1300, 5)
        canvas.grain(whole, 7, 90, 70)
        canvas.inner(whole, -8, -8, 8, (10, 4, 4), 0.5)
        canvas.glow(-300, -240, 800, 520, rgb("#fff0d6"), 0.3, clip=whole, mode="soft")


def _border_flowers(canvas: Canvas, ivory: Colour, gold: Colour, field: Colour) -> None:
    spots = [(-560 + i * 112, s * 351) for i in range(11) for s in (-1, 1)] + [
        (s * 561, -234 + i * 117) for i in range(5) for s in (-1, 1)
    ]
    canvas.fill(
        [
            ellipse(x + 30 * math.cos(k), y + 30 * math.sin(k), 13)
            for x, y in spots
            for k in (0, math.pi / 2, math.pi, 4.712)
        ],
        field,
    )
    canvas.fill([[(x - 26, y), (x, y - 26), (x + 26, y), (x, y + 26)] for x, y in spots], ivory)
    canvas.fill([ellipse(x, y, 11) for x, y in spots], gold)
