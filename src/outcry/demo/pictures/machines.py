"""Machines to hold and use: a rangefinder camera, a typewriter, a pocket telephone."""

import math
import random

from outcry.demo.pictures.backdrops import standing_shadow
from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.colours import (
    CHROME,
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

NICKEL = (rgb("#fbfbfa"), rgb("#c9cbcc"), rgb("#e9eae9"), rgb("#8c9093"), rgb("#d7d9d9"))


def camera(canvas: Canvas, look: random.Random) -> None:
    """A rangefinder with a collapsible lens, three-quarter light."""
    skin = look.choice((rgb("#232224"), rgb("#5a2f1e"), rgb("#26352f")))
    with canvas.placed(placing(800, 610, 1.12)):
        standing_shadow(canvas, 0, 262, 500, 44)
        for x, w, h, y in ((-400, 120, 52, -300), (-60, 96, 30, -284), (250, 96, 58, -308), (372, 86, 40, -290)):
            _knob(canvas, x, y, w, h)
        top = canvas.mask(box(-500, -262, 1000, 150, 46))
        body = canvas.mask(box(-510, -230, 1020, 486, 70))
        canvas.fill(body, across(-510, 510, *NICKEL, darker(NICKEL[3], 0.3)))
        canvas.fill(body, down(-230, 256, NICKEL[0], NICKEL[1], NICKEL[3]), 0.5)
        leather = canvas.mask(box(-510, -118, 1020, 306, 10)).meet(body)
        canvas.fill(leather, across(-510, 510, lighter(skin, 0.1), lighter(skin, 0.18), skin, darker(skin, 0.55)))
        canvas.grain(leather, 16, 6, 6)
        canvas.grain(leather, 8, 2.2, 2.2)
        canvas.inner(leather, 0, 9, 6, (0, 0, 0), 0.6)
        canvas.fill(top, down(-262, -112, rgb("#ffffff"), NICKEL[1], NICKEL[2], rgb("#a2a6a9")))
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
            canvas.line(ellipse(x, -170, 18), 8, Linear((x, -190), (x, -150), ramp(NICKEL[0], NICKEL[3])), closed=True)
        _lens(canvas, 40, 70)


def _knob(canvas: Canvas, x: float, y: float, width: float, height: float) -> None:
    knob = canvas.mask(box(x - width / 2, y, width, height + 30, 9))
    canvas.fill(knob, across(x - width / 2, x + width / 2, NICKEL[3], NICKEL[0], NICKEL[1], NICKEL[2], rgb("#6b7074")))
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
            (262, NICKEL, 210),
            (238, (rgb("#3c3d40"), rgb("#151517"), rgb("#515257"), rgb("#101012")), 215),
            (214, NICKEL, 30),
            (192, (rgb("#2d2e31"), rgb("#0e0e10"), rgb("#3c3d42"), rgb("#0c0c0e")), 200),
            (150, NICKEL, 220),
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
        canvas.line([(-480, -190), (480, -190)], 9, down(-195, -185, NICKEL[0], NICKEL[3]))
        for x in (-170, 170):
            canvas.fill(
                ellipse(x, -190, 19), Conic((x, -190), ramp(NICKEL[0], NICKEL[3], NICKEL[0], NICKEL[3], NICKEL[0]))
            )
        canvas.line(
            [(-540, -180), (-610, -230), (-640, -290)],
            12,
            Linear((-640, -290), (-540, -180), ramp(NICKEL[0], NICKEL[3])),
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
                Linear((x - 30, y - 20), (x + 30, y + 20), ramp(NICKEL[0], NICKEL[3], rgb("#5a5d60"))),
            )
            canvas.fill(
                ellipse(x, y, 28, 17.5),
                Linear((x - 26, y - 16), (x + 22, y + 16), ramp(rgb("#fffdf4"), rgb("#efe6d0"), rgb("#c8bb9e"))),
            )
            canvas.letters(letter, x, y, 22, rgb("#2b2622"), 0.95)
    bar = box(-270, 288, 540, 34, 17)
    canvas.shadow(bar, 8, 0.8, dy=8)
    canvas.fill(bar, down(288, 322, rgb("#f6efdf"), rgb("#d6cab0"), rgb("#8f8570")))


def telephone(canvas: Canvas, look: random.Random) -> None:
    """A pocket telephone, front and back, floating over paper."""
    back, wall = look.choice(
        (
            (rgb("#3c4a5c"), ("#f6b26b", "#d9534f", "#4a2a63")),
            (rgb("#d8c9b4"), ("#a8d5ba", "#3d8b8b", "#1d3557")),
            (rgb("#5d6b58"), ("#fbe3c0", "#e39b6b", "#6d3b47")),
        )
    )
    top, middle, low = (rgb(c) for c in wall)
    with canvas.placed(placing(1010, 610, 1, 14)):
        rear = canvas.mask(box(-215, -450, 430, 900, 74))
        canvas.shadow(rear, 50, 0.5, dx=46, dy=64)
        canvas.fill(rear, Linear((-215, -450), (215, 450), ramp(lighter(back, 0.35), back, darker(back, 0.3))))
        canvas.fill(
            canvas.soft([(-260, 60), (260, -300), (260, -160), (-260, 240)], 40),
            (255, 255, 255),
            0.2,
            clip=rear,
            mode="screen",
        )
        canvas.inner(rear, 4, 5, 4, (255, 255, 255), 0.7, "screen")
        canvas.inner(rear, -5, -7, 7, darker(back, 0.8), 0.6)
        bump = canvas.mask(box(-182, -418, 214, 214, 56))
        canvas.shadow(bump, 14, 0.5, dx=8, dy=12)
        canvas.fill(bump, Linear((-182, -418), (32, -204), ramp(lighter(back, 0.28), darker(back, 0.1))))
        for x, y in ((-126, -362), (-126, -262), (-26, -312)):
            canvas.fill(ellipse(x, y, 43), Conic((x, y), ramp(*CHROME, CHROME[0]), 200))
            canvas.fill(ellipse(x, y, 37), (8, 8, 12))
            canvas.fill(
                ellipse(x, y, 26), Radial((x - 4, y - 5), 30, 30, ramp(rgb("#2a3f6e"), rgb("#120f22"), (2, 2, 4)))
            )
            canvas.fill(canvas.soft(ellipse(x - 9, y - 11, 8, 6), 2), (255, 255, 255), 0.8)
    with canvas.placed(placing(600, 600, 1, -8)):
        front = canvas.mask(box(-215, -450, 430, 900, 74))
        canvas.shadow(front, 56, 0.6, dx=50, dy=66)
        canvas.shadow(front, 14, 0.5, dx=10, dy=14)
        canvas.fill(front, Linear((-215, -450), (215, 450), ramp(CHROME[0], CHROME[3], CHROME[1], rgb("#3c4045"))))
        canvas.fill(box(-208, -443, 416, 886, 68), (6, 6, 8))
        screen = canvas.mask(box(-194, -429, 388, 858, 56))
        canvas.fill(screen, down(-429, 429, top, middle, low))
        canvas.glow(-40, 20, 260, 240, lighter(top, 0.6), 0.8, clip=screen)
        for i in range(4):
            y = 60 + i * 92
            hill = (
                [(-220, 460), (-220, y)]
                + [(-220 + k * 24, y + 34 * math.sin(k * 0.42 + i * 1.7) - 14 * i) for k in range(19)]
                + [(220, 460)]
            )
            canvas.fill(hill, mix(mix(middle, low, 0.35 + i * 0.18), (10, 8, 20), i * 0.14), clip=screen)
        canvas.letters("20:47", 0, -258, 106, (255, 255, 255), 0.96)
        canvas.letters("Lot 12 closes in 3 minutes", 0, -178, 25, (255, 255, 255), 0.9)
        canvas.fill(box(-54, -412, 108, 30, 15), (4, 4, 6))
        canvas.fill(
            [(-194, -429), (120, -429), (-194, 260)],
            fading((255, 255, 255), (-194, -429), (0, -60), 0.2, 0),
            clip=screen,
            mode="screen",
        )
