"""For collectors: coins, a chess set, a globe, a film poster."""

import math
import random

from outcry.demo.pictures.backdrops import standing_shadow
from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.colours import (
    Colour,
    Conic,
    Linear,
    Radial,
    across,
    darker,
    down,
    fading,
    lighter,
    mix,
    ramp,
    rgb,
)
from outcry.demo.pictures.shapes import arc, box, ellipse, path, smooth, symmetric

COIN_METALS = (
    (rgb("#fff3c9"), rgb("#d8a640"), rgb("#8a5c17"), rgb("#f0cf7c")),
    (rgb("#fbfbf8"), rgb("#b9bcbf"), rgb("#6b6f74"), rgb("#dfe1e2")),
    (rgb("#f4c7a0"), rgb("#a86437"), rgb("#5b2e14"), rgb("#d9976a")),
)


def coins(canvas: Canvas, look: random.Random) -> None:
    """A handful of struck coins on a table."""
    places = [
        (540, 470, 250, 0),
        (1090, 390, 190, 1),
        (960, 830, 235, 0),
        (420, 960, 165, 2),
        (1370, 760, 150, 1),
        (1420, 1080, 180, 2),
        (150, 250, 150, 1),
    ]
    for x, y, radius, metal in places:
        with canvas.placed(placing(x, y, radius / 200, look.uniform(-25, 25))):
            _coin(canvas, COIN_METALS[metal], look.randrange(3))


def _coin(canvas: Canvas, metal: tuple[Colour, ...], device: int) -> None:
    shine, mid, dark, light = metal
    canvas.shadow(ellipse(0, 0, 200), 30, 0.55, dx=24, dy=30)
    canvas.shadow(ellipse(0, 0, 200), 8, 0.6, dx=7, dy=9)
    canvas.fill(ellipse(4, 6, 200), dark)
    canvas.fill(ellipse(0, 0, 200), Linear((-150, -170), (150, 170), ramp(shine, mid, dark)))
    reeds = [
        [(192 * math.cos(a), 192 * math.sin(a)), (200 * math.cos(a), 200 * math.sin(a))]
        for a in (math.radians(i * 3) for i in range(120))
    ]
    canvas.fill(canvas.strokes(reeds, 2.6), dark, 0.5)
    field = canvas.fill(
        ellipse(0, 0, 182),
        Conic((0, 0), ramp(light, mid, light, darker(mid, 0.2), mid, shine, mid, darker(mid, 0.15), light), 205),
    )
    canvas.inner(field, 6, 8, 7, darker(dark, 0.3), 0.7)
    canvas.inner(field, -4, -5, 4, shine, 0.7, "screen")
    beads = [
        ellipse(166 * math.cos(math.radians(i * 7.5)), 166 * math.sin(math.radians(i * 7.5)), 4.6) for i in range(48)
    ]
    relief = canvas.mask(*beads)
    if device == 0:
        head = smooth(
            [
                (-38, 116),
                (-30, 70),
                (-52, 52),
                (-62, 30),
                (-52, 10),
                (-70, -8),
                (-52, -34),
                (-46, -74),
                (-10, -104),
                (44, -100),
                (76, -62),
                (78, -16),
                (58, 24),
                (56, 66),
                (86, 116),
                (86, 116),
                (-38, 116),
            ]
        )
        relief = relief.join(canvas.mask(head)).join(
            canvas.strokes([arc(10, -40, 80, 62, 190 + i * 8, 330 + i * 4) for i in range(4)], 5)
        )
    elif device == 1:
        ship = [
            path("M -96 44 C -60 84 60 84 100 36 L -96 44 Z"),
            path("M -8 36 L -8 -106 C 60 -80 70 -20 66 22 Z"),
            path("M -20 32 L -20 -90 C -70 -60 -84 -10 -80 22 Z"),
        ]
        waves = canvas.strokes(
            [[(x, 98 + 9 * math.sin(x / 13 + k)) for x in range(-108 + 10 * k, 108 - 10 * k, 6)] for k in range(2)], 7
        )
        relief = relief.join(canvas.mask(*ship)).join(waves)
    else:
        rays = [
            [
                (math.cos(math.radians(i * 30 + 15)) * 62, math.sin(math.radians(i * 30 + 15)) * 62),
                (math.cos(math.radians(i * 30 + 15)) * 120, math.sin(math.radians(i * 30 + 15)) * 120),
            ]
            for i in range(12)
        ]
        relief = relief.join(canvas.mask(ellipse(0, 0, 46))).join(canvas.strokes(rays, 11))
    letters = "REPUBLICA LIBERTAS"
    for i, letter in enumerate(letters):
        angle = -90 + (i - (len(letters) - 1) / 2) * 12
        x, y = 141 * math.cos(math.radians(angle)), 141 * math.sin(math.radians(angle))
        canvas.letters(letter, x + 1.6, y + 2, 24, darker(dark, 0.3), 0.8, turn_degrees=angle + 90)
        canvas.letters(letter, x, y, 24, shine, 0.9, turn_degrees=angle + 90)
    canvas.shadow(relief, 5, 0.6, dx=5, dy=6, colour=darker(dark, 0.5), clip=field)
    canvas.fill(relief, Linear((-110, -120), (110, 120), ramp(shine, light, mid)))
    canvas.inner(relief, 5, 6, 4, (255, 255, 255), 0.75, "screen")
    canvas.inner(relief, -5, -7, 6, dark, 0.75)
    canvas.glow(-70, -90, 150, 110, (255, 255, 255), 0.35, clip=canvas.mask(ellipse(0, 0, 200)))


def chess(canvas: Canvas, look: random.Random) -> None:
    """Turned pieces in boxwood and ebony, low evening light."""
    light, dark = rgb("#dfb987"), look.choice((rgb("#33221c"), rgb("#4a1f1a"), rgb("#22282c")))
    for x, y, scale, wood, kind in (
        (1180, 880, 0.74, dark, 1),
        (380, 890, 0.78, light, 2),
        (990, 960, 1.0, dark, 0),
        (640, 1010, 1.16, light, 0),
        (1290, 1060, 0.98, light, 2),
        (270, 1080, 1.0, dark, 2),
    ):
        with canvas.placed(placing(x, y, scale)):
            _piece(canvas, wood, kind)


def _piece(canvas: Canvas, wood: Colour, kind: int) -> None:
    standing_shadow(canvas, 0, -6, 150, 36, 1.1)
    if kind == 0:
        half = (
            "M 0 -720 L 16 -720 L 16 -696 L 40 -696 L 40 -672 L 16 -672 L 16 -640 C 50 -640 70 -620 "
            "66 -596 L 88 -500 C 92 -488 70 -484 60 -480 C 92 -476 92 -452 66 -448 C 58 -340 66 -240 "
            "96 -160 C 110 -150 116 -130 100 -118 C 126 -108 150 -70 148 -36 C 150 -10 140 0 120 8 L "
            "0 20"
        )
    elif kind == 1:
        half = (
            "M 0 -560 C 20 -560 26 -536 18 -522 C 60 -480 80 -430 62 -380 C 56 -366 60 -360 74 -356 C "
            "92 -350 92 -330 66 -326 C 56 -260 64 -200 92 -140 C 108 -130 112 -112 98 -102 C 124 -92 "
            "142 -60 140 -32 C 142 -10 132 0 114 6 L 0 16"
        )
    else:
        half = (
            "M 0 -410 C 46 -410 78 -376 78 -336 C 78 -306 62 -284 44 -272 C 80 -268 82 -246 56 -240 C "
            "54 -190 60 -150 84 -112 C 100 -104 104 -90 92 -82 C 116 -72 128 -48 126 -26 C 128 -8 118 "
            "0 104 6 L 0 14"
        )
    body = canvas.mask(symmetric(path(half), 0))
    canvas.fill(
        body,
        across(
            -125,
            125,
            darker(wood, 0.5),
            lighter(wood, 0.16),
            lighter(wood, 0.3),
            wood,
            darker(wood, 0.55),
            darker(wood, 0.35),
        ),
    )
    canvas.grain(body, 10, 5, 60)
    for y, width in ((-118, 100), (-60, 142), (-30, 148)) if kind == 0 else ((-98, 98), (-48, 130)):
        canvas.line(arc(0, y - 14, width, 16, 10, 170), 4, darker(wood, 0.7), 0.5, clip=body)
        canvas.line(arc(0, y - 8, width, 16, 60, 150), 3, lighter(wood, 0.6), 0.4, clip=body)
    canvas.inner(body, -16, -4, 16, darker(wood, 0.8), 0.6)
    canvas.inner(body, 9, 5, 8, lighter(wood, 0.5), 0.35, "screen")
    top = {0: -590, 1: -450, 2: -350}[kind]
    canvas.fill(canvas.soft(ellipse(-28, top, 14, 34, 12), 7), (255, 248, 232), 0.55, clip=body)
    canvas.fill(canvas.soft(ellipse(-62, -44, 30, 9, -8), 6), (255, 248, 232), 0.5, clip=body)


def globe(canvas: Canvas, look: random.Random) -> None:
    """A library globe in a brass meridian."""
    sea = look.choice((rgb("#3d6f7d"), rgb("#c9ad7c"), rgb("#2d4a66")))
    land = rgb("#c9a46a") if sea != rgb("#c9ad7c") else rgb("#8d6a3e")
    brass = (rgb("#fff0c0"), rgb("#c3933f"), rgb("#7a5318"), rgb("#e9c677"), rgb("#6a4512"))
    with canvas.placed(placing(800, 540, 1.0)):
        standing_shadow(canvas, 0, 470, 250, 44)
        foot = canvas.mask(
            path(
                "M -60 400 C -60 430 -220 420 -232 462 C -236 482 -210 492 -180 492 L 180 492 C 210 492 "
                "236 482 232 462 C 220 420 60 430 60 400 Z"
            )
        )
        canvas.fill(foot, across(-232, 232, rgb("#2c150c"), rgb("#9a5a35"), rgb("#6a3820"), rgb("#1f0e08")))
        canvas.grain(foot, 8, 60, 5)
        canvas.inner(foot, 0, 6, 5, (255, 220, 180), 0.5, "screen")
        canvas.fill(box(-24, 360, 48, 60, 8), across(-24, 24, *brass))
        with canvas.placed(placing(0, 0, 1, 21)):
            canvas.line(ellipse(0, 0, 392), 26, Conic((0, 0), ramp(*brass, *brass, brass[0]), 200), closed=True)
            canvas.line(ellipse(0, 0, 404), 2.5, rgb("#fff3cf"), 0.6, closed=True)
            for y in (-386, 386):
                canvas.fill(
                    ellipse(0, y * 1.03, 18), Radial((-5, y * 1.03 - 5), 22, 22, ramp(brass[0], brass[1], brass[2]))
                )
        ball = canvas.mask(ellipse(0, 0, 356))
        canvas.fill(ball, Radial((-120, -140), 560, 560, ramp(lighter(sea, 0.45), sea, darker(sea, 0.6))))
        with canvas.placed(placing(0, 0, 1, 21)):
            for k in (-0.86, -0.5, 0, 0.5, 0.86):
                canvas.line(
                    arc(0, k * 356, 356 * math.sqrt(1 - k * k * 0.98), 40, 0, 180), 2, rgb("#f4ead0"), 0.3, clip=ball
                )
            for k in (0.25, 0.55, 0.82, 1):
                canvas.line(ellipse(0, 0, 356 * k, 356), 2, rgb("#f4ead0"), 0.26, closed=True, clip=ball)
            lands = (
                [
                    (-190, -240),
                    (-120, -300),
                    (-10, -290),
                    (30, -230),
                    (-30, -190),
                    (-60, -130),
                    (-110, -110),
                    (-140, -60),
                    (-180, -90),
                    (-230, -150),
                ],
                [(-120, -30), (-60, -40), (10, 0), (40, 50), (0, 120), (-40, 220), (-70, 260), (-90, 180), (-130, 80)],
                [
                    (130, -260),
                    (220, -210),
                    (280, -120),
                    (260, -60),
                    (190, -80),
                    (150, -40),
                    (200, 20),
                    (230, 110),
                    (190, 190),
                    (140, 110),
                    (100, 20),
                    (90, -60),
                    (110, -140),
                    (80, -200),
                ],
                [(250, 200), (290, 190), (280, 240), (240, 260)],
            )
            for outline in lands:
                jagged = [(x + look.uniform(-14, 14), y + look.uniform(-14, 14)) for x, y in smooth(outline)[::4]]
                piece = canvas.mask(smooth(jagged)).meet(ball)
                canvas.shadow(piece, 4, 0.4, clip=ball)
                canvas.fill(piece, Radial((-120, -160), 560, 560, ramp(lighter(land, 0.35), land, darker(land, 0.55))))
                canvas.line(smooth(jagged), 2, darker(land, 0.5), 0.6, closed=True, clip=ball)
        canvas.grain(ball, 5, 26, 26)
        canvas.inner(ball, -60, -64, 76, (8, 8, 20), 0.6)
        canvas.fill(canvas.soft(ellipse(-146, -170, 84, 52, -38), 30), (255, 255, 255), 0.5, clip=ball, mode="screen")
        with canvas.placed(placing(0, 0, 1, 21)):
            canvas.line(arc(0, 0, 392, 392, 92, 268), 22, Conic((0, 0), ramp(*brass, *brass, brass[0]), 200))


POSTERS = (
    (rgb("#f0a63c"), rgb("#c0392b"), rgb("#182236"), "THE LAST LOT"),
    (rgb("#f4dfb8"), rgb("#2f6f73"), rgb("#1d2a33"), "NIGHT FERRY"),
    (rgb("#f2c9a8"), rgb("#7b2d43"), rgb("#241522"), "ORCHID ROAD"),
)


def poster(canvas: Canvas, look: random.Random) -> None:
    """A framed film poster on a wall."""
    sky, accent, night, title = look.choice(POSTERS)
    with canvas.placed(placing(800, 590, 0.98)):
        frame = canvas.mask(box(-400, -540, 800, 1080, 4))
        canvas.shadow(frame, 50, 0.5, dx=46, dy=60)
        canvas.shadow(frame, 12, 0.5, dx=10, dy=14)
        canvas.fill(frame, Linear((-400, -540), (400, 540), ramp(rgb("#4d3a2c"), rgb("#2a1c14"), rgb("#3b2a1f"))))
        canvas.inner(frame, 4, 4, 3, rgb("#b08f70"), 0.8, "screen")
        canvas.fill(box(-376, -516, 752, 1032), rgb("#f3eee2"))
        canvas.inner(canvas.mask(box(-376, -516, 752, 1032)), 8, 10, 9, (30, 20, 20), 0.5)
        sheet = canvas.mask(box(-326, -466, 652, 932))
        canvas.fill(sheet, down(-466, 466, lighter(sky, 0.3), sky, accent, darker(accent, 0.5)))
        canvas.fill(ellipse(60, -60, 190), down(-250, 130, lighter(sky, 0.85), lighter(sky, 0.3)), clip=sheet)
        for i, depth in enumerate((0.25, 0.55, 0.85)):
            y = 60 + i * 80
            ridge = (
                [(-340, 480), (-340, y)]
                + [
                    (-340 + k * 34, y + 46 * math.sin(k * 0.55 + i * 2.1) - 30 * math.sin(k * 0.23 + i))
                    for k in range(21)
                ]
                + [(340, 480)]
            )
            canvas.fill(ridge, mix(accent, night, depth), clip=sheet)
        road = path(
            "M -40 470 C -20 380 60 330 40 280 C 30 250 60 220 74 210 C 84 230 70 260 84 290 C 110 340 "
            "130 400 190 470 Z"
        )
        canvas.fill(road, down(210, 470, lighter(sky, 0.5), mix(sky, night, 0.35)), 0.85, clip=sheet)
        figure = path(
            "M -128 446 L -112 330 C -126 322 -130 290 -124 262 C -120 240 -104 232 -90 230 C -108 214 "
            "-104 184 -82 184 C -60 184 -56 214 -74 230 C -58 234 -46 244 -44 266 C -40 296 -44 322 -56 "
            "330 L -44 446 L -72 446 L -84 350 L -98 446 Z"
        )
        canvas.fill(figure, night, clip=sheet)
        canvas.fill(path("M -118 196 L -46 196 L -58 184 C -60 160 -104 160 -106 184 Z"), night, clip=sheet)
        canvas.letters(title, 0, -392, 74, night, 0.95, spacing=6)
        canvas.letters("A FILM BY I. MARCHETTI", 0, -330, 25, night, 0.85, spacing=8)
        canvas.letters("IN CINEMAS FROM 9 OCTOBER", 0, 438, 20, lighter(sky, 0.7), 0.85, spacing=6)
        canvas.grain(sheet, 7, 3, 3)
        for y in (-150, 160):
            canvas.line([(-326, y), (326, y + 1)], 2, (255, 255, 255), 0.14, clip=sheet)
        glass = canvas.mask(box(-376, -516, 752, 1032))
        canvas.fill(
            [(-376, -516), (60, -516), (-376, 330)],
            fading((255, 255, 255), (-376, -516), (-60, 0), 0.22, 0.02),
            clip=glass,
            mode="screen",
        )
