"""For collectors: a rangefinder camera, a typewriter, coins, a chess set, a globe, a film poster."""

import math
import random

from outcry.demo.pictures.backdrops import standing_shadow
from outcry.demo.pictures.canvas import (
    Canvas,
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
    placing,
    ramp,
    rgb,
)
from outcry.demo.pictures.shapes import arc, box, ellipse, path, smooth, symmetric

CHROME = (rgb("#fbfbfa"), rgb("#c9cbcc"), rgb("#e9eae9"), rgb("#8c9093"), rgb("#d7d9d9"))


def camera(canvas: Canvas, look: random.Random) -> None:
    """A rangefinder with a collapsible lens, three-quarter light."""
    skin = look.choice((rgb("#232224"), rgb("#5a2f1e"), rgb("#26352f")))
    with canvas.placed(placing(800, 610, 1.12)):
        standing_shadow(canvas, 0, 262, 500, 44)
        for x, w, h, y in ((-400, 120, 52, -300), (-60, 96, 30, -284), (250, 96, 58, -308), (372, 86, 40, -290)):
            _knob(canvas, x, y, w, h)
        top = canvas.mask(box(-500, -262, 1000, 150, 46))
        body = canvas.mask(box(-510, -230, 1020, 486, 70))
        canvas.fill(body, across(-510, 510, *CHROME, darker(CHROME[3], 0.3)))
        canvas.fill(body, down(-230, 256, CHROME[0], CHROME[1], CHROME[3]), 0.5)
        leather = canvas.mask(box(-510, -118, 1020, 306, 10)).meet(body)
        canvas.fill(leather, across(-510, 510, lighter(skin, 0.1), lighter(skin, 0.18), skin, darker(skin, 0.55)))
        canvas.grain(leather, 16, 6, 6)
        canvas.grain(leather, 8, 2.2, 2.2)
        canvas.inner(leather, 0, 9, 6, (0, 0, 0), 0.6)
        canvas.fill(top, down(-262, -112, rgb("#ffffff"), CHROME[1], CHROME[2], rgb("#a2a6a9")))
        canvas.fill(
            top, across(-500, 500, (255, 255, 255), (128, 128, 128), (160, 160, 160), (60, 60, 66)), 0.6, mode="overlay"
        )
        canvas.inner(top, 0, 5, 4, (255, 255, 255), 0.9, "screen")
        canvas.inner(top, 0, -8, 7, (40, 44, 50), 0.45)
        canvas.inner(body, 0, -12, 10, (30, 30, 40), 0.55)
        for x, w, h, tint in (
            (-410, 112, 62, rgb("#33475a")),
            (-112, 66, 48, rgb("#5a4c33")),
            (300, 140, 74, rgb("#2c3f3a")),
        ):
            _window(canvas, x, -222, w, h, tint)
        canvas.letters("AURELIA", -266, -190, 33, rgb("#4c5054"), 0.9, spacing=6)
        for x in (-510, 510):
            canvas.line(ellipse(x, -170, 18), 8, Linear((x, -190), (x, -150), ramp(CHROME[0], CHROME[3])), closed=True)
        _lens(canvas, 40, 70)


def _knob(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    knob = canvas.mask(box(x - width / 2, y, width, height + 30, 9))
    canvas.fill(knob, across(x - width / 2, x + width / 2, CHROME[3], CHROME[0], CHROME[1], CHROME[2], rgb("#6b7074")))
    ridges = [[(x - width / 2 + i * 5, y + 12), (x - width / 2 + i * 5, y + height)] for i in range(1, int(width / 5))]
    canvas.fill(canvas.strokes(ridges, 1.6), (40, 44, 48), 0.5, clip=knob)
    canvas.inner(knob, 0, 4, 3, (255, 255, 255), 0.8, "screen")


def _window(canvas: Canvas, x: float, y: float, width: float, height: float, tint: Colour) -> None:
    frame = box(x - width / 2, y, width, height, 10)
    canvas.fill(frame, rgb("#5d6165"))
    canvas.inner(frame, -3, -3, 3, (255, 255, 255), 0.5, "screen")
    glass = canvas.fill(
        box(x - width / 2 + 9, y + 9, width - 18, height - 18, 5),
        Linear((x - width / 2, y), (x + width / 2, y + height), ramp(lighter(tint, 0.55), tint, darker(tint, 0.7))),
    )
    canvas.glow(x - width * 0.2, y + height * 0.35, width * 0.5, height * 0.5, (255, 255, 255), 0.5, clip=glass)


def _lens(canvas: Canvas, x: float, y: float) -> None:
    with canvas.placed(placing(x, y)):
        canvas.shadow(ellipse(0, 0, 262), 34, 0.62, dx=36, dy=44)
        rings = (
            (262, CHROME, 210),
            (238, (rgb("#3c3d40"), rgb("#151517"), rgb("#515257"), rgb("#101012")), 215),
            (214, CHROME, 30),
            (192, (rgb("#2d2e31"), rgb("#0e0e10"), rgb("#3c3d42"), rgb("#0c0c0e")), 200),
            (150, CHROME, 220),
        )
        for radius, colours, angle in rings:
            canvas.fill(ellipse(0, 0, radius), Conic((0, 0), ramp(*colours, *colours, colours[0]), angle))
            canvas.line(ellipse(0, 0, radius - 1), 2, (255, 255, 255), 0.28, closed=True)
        knurl = [
            [(241 * math.cos(a), 241 * math.sin(a)), (260 * math.cos(a), 260 * math.sin(a))]
            for a in (math.radians(i * 3) for i in range(120))
        ]
        canvas.fill(canvas.strokes(knurl, 3), (30, 32, 36), 0.55)
        for i, mark in enumerate(("2", "2.8", "4", "5.6", "8", "11", "16", "22")):
            angle = math.radians(-160 + i * 20)
            canvas.letters(
                mark, 226 * math.cos(angle), 226 * math.sin(angle), 19, rgb("#f0ede4"), 0.95, turn_degrees=-70 + i * 20
            )
        for i, letter in enumerate("AURELIA  50 mm  f/2"):
            angle = math.radians(-164 + i * 8.2)
            canvas.letters(
                letter,
                171 * math.cos(angle),
                171 * math.sin(angle),
                20,
                rgb("#f3f0e8"),
                0.92,
                turn_degrees=-74 + i * 8.2,
            )
        canvas.fill(ellipse(0, 0, 138), (8, 8, 10))
        canvas.fill(
            ellipse(0, 0, 120),
            Radial(
                (-14, -20),
                140,
                140,
                (
                    Stop(0, rgb("#0b0f1c")),
                    Stop(0.45, rgb("#182a52")),
                    Stop(0.7, rgb("#3c2a5e")),
                    Stop(0.86, rgb("#13131c")),
                    Stop(1, (4, 4, 6)),
                ),
            ),
        )
        glass = canvas.mask(ellipse(0, 0, 120))
        canvas.fill(
            ellipse(6, 8, 62),
            Radial((6, 8), 62, 62, (Stop(0, (2, 2, 4)), Stop(0.8, (4, 4, 10)), Stop(1, rgb("#28406e")))),
            0.9,
        )
        canvas.glow(-44, -52, 70, 52, rgb("#bcd6ff"), 0.75, clip=glass)
        canvas.fill(canvas.soft(ellipse(-48, -56, 24, 17, -40), 3), (255, 255, 255), 0.9)
        canvas.glow(46, 56, 64, 44, rgb("#c98cff"), 0.5, clip=glass)
        canvas.fill(canvas.soft(ellipse(52, 60, 10, 7, -40), 2), rgb("#ffe2c4"), 0.8)
        canvas.inner(glass, 8, 10, 14, (0, 0, 0), 0.8)


def typewriter(canvas: Canvas, look: random.Random) -> None:
    """A portable typewriter from the front with a sheet in it."""
    shell = look.choice((rgb("#3f7d78"), rgb("#b5452f"), rgb("#d9c9a6"), rgb("#51616f")))
    with canvas.placed(placing(800, 640, 1.04)):
        standing_shadow(canvas, 0, 338, 600, 54)
        sheet = canvas.mask([(-250, -470), (250, -476), (256, -130), (-256, -130)])
        canvas.shadow(sheet, 14, 0.3, dx=10, dy=4)
        canvas.fill(sheet, down(-476, -130, rgb("#fbf7ec"), rgb("#f4eddc"), rgb("#c9bda4")))
        for i, line in enumerate(("It was the last lot", "of the evening, and", "nobody moved.")):
            canvas.letters(line, -20, -400 + i * 44, 28, rgb("#3a352f"), 0.85, spacing=4)
        for side in (-1, 1):
            canvas.fill(
                box(side * 560 - 44, -222, 88, 84, 14),
                across(side * 560 - 44, side * 560 + 44, (70, 70, 72), (24, 24, 26), (8, 8, 10)),
            )
        roller = canvas.mask(box(-520, -216, 1040, 74, 20))
        canvas.fill(roller, down(-216, -142, rgb("#4a4a4d"), rgb("#232325"), rgb("#0d0d0f")))
        canvas.fill(sheet.meet(roller), (250, 246, 236), 0.92)
        canvas.fill(
            roller.meet(sheet), down(-216, -142, (255, 255, 255), (210, 205, 190), (120, 112, 100)), mode="multiply"
        )
        canvas.line([(-480, -190), (480, -190)], 9, down(-195, -185, CHROME[0], CHROME[3]))
        for x in (-170, 170):
            canvas.fill(
                ellipse(x, -190, 19), Conic((x, -190), ramp(CHROME[0], CHROME[3], CHROME[0], CHROME[3], CHROME[0]))
            )
        canvas.line(
            [(-540, -180), (-610, -230), (-640, -290)],
            12,
            Linear((-640, -290), (-540, -180), ramp(CHROME[0], CHROME[3])),
        )
        hood = canvas.mask(
            path(
                "M -500 -150 L 500 -150 C 540 -150 560 -120 566 -80 L 590 60 L -590 60 L -566 -80 C -560 "
                "-120 -540 -150 -500 -150 Z"
            )
        )
        canvas.fill(
            hood,
            Linear((-420, -160), (200, 120), ramp(lighter(shell, 0.42), lighter(shell, 0.08), darker(shell, 0.15))),
        )
        basket = canvas.mask(path("M -210 -150 L 210 -150 C 190 -60 110 -28 0 -28 C -110 -28 -190 -60 -210 -150 Z"))
        canvas.fill(basket, down(-150, -28, rgb("#1a1a1c"), rgb("#050506")))
        bars = [
            [(0 + 190 * math.cos(a) * 0.3, -20 + 60 * math.sin(a) * 0.2), (190 * math.cos(a), -40 + 100 * math.sin(a))]
            for a in (math.radians(-170 + i * 5) for i in range(33))
        ]
        canvas.fill(canvas.strokes(bars, 3), rgb("#a9adb0"), 0.8, clip=basket)
        canvas.inner(basket, 0, 10, 10, (0, 0, 0), 0.7)
        canvas.letters("HALCYON 22", 380, -64, 26, rgb("#f3ead2"), 0.9, spacing=4)
        bed = canvas.mask(
            path("M -600 40 L 600 40 L 640 300 C 642 330 626 346 600 346 L -600 346 C -626 346 -642 330 -640 300 Z")
        )
        canvas.fill(bed, Linear((-420, 40), (300, 380), ramp(lighter(shell, 0.25), shell, darker(shell, 0.35))))
        well = canvas.mask(
            path("M -540 60 L 540 60 L 566 286 C 566 300 560 306 546 306 L -546 306 C -560 306 -566 300 -566 286 Z")
        )
        canvas.fill(well, down(60, 306, rgb("#121214"), rgb("#2a2a2d")))
        canvas.inner(well, 0, 18, 16, (0, 0, 0), 0.8)
        _typewriter_keys(canvas)
        for mask in (hood, bed):
            canvas.grain(mask, 4, 2, 2)
            canvas.inner(mask, 6, 8, 8, (255, 250, 235), 0.5, "screen")
        canvas.inner(bed, 0, -16, 14, (10, 8, 14), 0.55)


def _typewriter_keys(canvas: Canvas) -> None:
    rows = ("QWERTYUIOP", "ASDFGHJKL", "ZXCVBNM,.")
    for row, letters in enumerate(("234567890-", *rows)):
        y, pitch = 92 + row * 52, 94 + row * 3
        for i, letter in enumerate(letters):
            x = (i - (len(letters) - 1) / 2) * pitch + (14 if row % 2 else -8)
            canvas.shadow(ellipse(x, y + 10, 33, 22), 8, 0.8)
            canvas.fill(ellipse(x, y + 5, 34, 23), rgb("#4e4e50"))
            canvas.fill(
                ellipse(x, y, 34, 22),
                Linear((x - 30, y - 20), (x + 30, y + 20), ramp(CHROME[0], CHROME[3], rgb("#5a5d60"))),
            )
            canvas.fill(
                ellipse(x, y, 28, 17.5),
                Linear((x - 26, y - 16), (x + 22, y + 16), ramp(rgb("#fffdf4"), rgb("#efe6d0"), rgb("#c8bb9e"))),
            )
            canvas.letters(letter, x, y, 22, rgb("#2b2622"), 0.95)
    bar = box(-270, 288, 540, 34, 17)
    canvas.shadow(bar, 8, 0.8, dy=8)
    canvas.fill(bar, down(288, 322, rgb("#f6efdf"), rgb("#d6cab0"), rgb("#8f8570")))


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
