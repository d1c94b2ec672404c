"""To make music on: a synthesiser, a guitar."""

import math
import random

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
from outcry.demo.pictures.shapes import box, ellipse, path, smooth, symmetric


def synthesiser(canvas: Canvas, look: random.Random) -> None:
    """An analogue synthesiser from above: knobs, sliders, two octaves."""
    panel, accent = look.choice(
        ((rgb("#23262b"), rgb("#e8813a")), (rgb("#e9e3d4"), rgb("#3b6ea8")), (rgb("#2f4a52"), rgb("#f0c05a")))
    )
    ink = rgb("#f3efe4") if sum(panel) < 400 else rgb("#38342f")
    wood = rgb("#8a5532")
    with canvas.placed(placing(800, 600, 1, -5)):
        whole = canvas.mask(box(-690, -400, 1380, 800, 14))
        canvas.shadow(whole, 56, 0.6, dx=46, dy=60)
        canvas.shadow(whole, 14, 0.55, dx=12, dy=16)
        canvas.fill(whole, down(-400, 400, lighter(panel, 0.14), panel, darker(panel, 0.25)))
        canvas.grain(whole, 4, 2, 2)
        for x in (-690, 634):
            cheek = canvas.mask(box(x, -404, 56, 808, 12))
            canvas.fill(cheek, across(x, x + 56, lighter(wood, 0.25), wood, darker(wood, 0.4)))
            canvas.grain(cheek, 12, 5, 220)
            canvas.inner(cheek, 3, 4, 4, lighter(wood, 0.6), 0.5, "screen")
        canvas.letters("KESTREL  SIX", -430, -352, 34, ink, 0.95, spacing=9)
        for i, title in enumerate(("OSCILLATOR", "FILTER", "ENVELOPE", "MODULATION")):
            x = -600 + i * 308
            canvas.line(box(x, -318, 288, 300, 10), 2.4, accent, 0.8, closed=True)
            canvas.letters(title, x + 144, -296, 17, accent, 0.95, spacing=4)
            if i == 2:
                for k in range(4):
                    _slider(canvas, x + 48 + k * 64, -150, look.uniform(-70, 70), accent, ink)
            else:
                for k in range(6):
                    _synth_knob(
                        canvas,
                        x + 54 + (k % 3) * 90,
                        -216 + (k // 3) * 120,
                        look.uniform(-140, 140),
                        ink,
                        accent,
                        k == 1,
                    )
        _keys(canvas)


def _slider(canvas: Canvas, x: float, y: float, offset: float, accent: Colour, ink: Colour) -> None:
    canvas.fill(canvas.strokes([[(x - 20, y - 96 + i * 24), (x - 10, y - 96 + i * 24)] for i in range(9)], 2), ink, 0.5)
    canvas.fill(box(x - 4, y - 104, 8, 208, 4), (6, 6, 8))
    cap = box(x - 17, y + offset - 24, 34, 48, 5)
    canvas.shadow(cap, 7, 0.6, dx=6, dy=9)
    canvas.fill(cap, down(y + offset - 24, y + offset + 24, rgb("#5a5d62"), rgb("#2a2b2e"), rgb("#141416")))
    canvas.line([(x - 14, y + offset), (x + 14, y + offset)], 4, accent)


def _synth_knob(canvas: Canvas, x: float, y: float, turn: float, ink: Colour, accent: Colour, marked: bool) -> None:
    marks = [
        [(x + 40 * math.cos(a), y + 40 * math.sin(a)), (x + 46 * math.cos(a), y + 46 * math.sin(a))]
        for a in (math.radians(-230 + i * 28) for i in range(11))
    ]
    canvas.fill(canvas.strokes(marks, 2), ink, 0.6)
    canvas.shadow(ellipse(x, y, 34), 10, 0.6, dx=8, dy=11)
    canvas.fill(
        ellipse(x, y, 34),
        Conic((x, y), ramp(rgb("#55585d"), rgb("#17181a"), rgb("#3c3e42"), rgb("#0e0e10"), rgb("#55585d")), 210),
    )
    top = accent if marked else rgb("#3a3c40")
    canvas.fill(
        ellipse(x, y, 25), Linear((x - 20, y - 22), (x + 18, y + 22), ramp(lighter(top, 0.35), top, darker(top, 0.4)))
    )
    a = math.radians(turn - 90)
    canvas.line(
        [(x + 8 * math.cos(a), y + 8 * math.sin(a)), (x + 27 * math.cos(a), y + 27 * math.sin(a))], 4.5, rgb("#f6f2e8")
    )


def _keys(canvas: Canvas) -> None:
    bed = canvas.mask(box(-626, 6, 1252, 388, 4))
    canvas.fill(bed, rgb("#0c0c0e"))
    for i in range(15):
        x = -620 + i * 83
        key = canvas.mask(box(x, 12, 79, 372, 5))
        canvas.fill(key, down(12, 384, rgb("#cfc9bd"), rgb("#fbf8f0"), rgb("#fffdf7"), rgb("#ded8cb")))
        canvas.inner(key, -4, -7, 4, (60, 50, 44), 0.5)
    for i in range(14):
        if i % 7 in (2, 6):
            continue
        x = -620 + (i + 1) * 83 - 27
        canvas.shadow(box(x, 12, 50, 226, 5), 9, 0.6, dx=9, dy=9)
        key = canvas.mask(box(x, 10, 50, 228, 6))
        canvas.fill(key, down(10, 238, rgb("#1b1b1e"), rgb("#2f3034"), rgb("#0d0d0f")))
        canvas.fill(box(x + 7, 14, 36, 196, 5), down(14, 210, rgb("#26272a"), rgb("#4a4b50")))
    canvas.fill(box(-626, 6, 1252, 26), fading((0, 0, 0), (0, 6), (0, 32), 0.7, 0))


GUITARS = ((rgb("#e3a04a"), rgb("#5b1f12")), (rgb("#d9b07a"), rgb("#d9b07a")), (rgb("#3d1512"), rgb("#1a0a0a")))


def guitar(canvas: Canvas, look: random.Random) -> None:
    """A flat-top acoustic guitar against a wall."""
    middle, edge = look.choice(GUITARS)
    with canvas.placed(placing(760, 780, 0.92, 22)):
        half = path(
            "M 0 -250 C 70 -262 156 -248 184 -172 C 206 -106 152 -60 146 -4 C 142 52 206 88 236 168 C "
            "262 262 196 362 0 372"
        )
        body = canvas.mask(symmetric(half, 0))
        canvas.shadow(body, 46, 0.55, dx=60, dy=50)
        canvas.shadow(body, 14, 0.5, dx=16, dy=14)
        canvas.fill([(x + 10, y + 9) for x, y in symmetric(half, 0)], darker(edge, 0.6))
        canvas.fill(
            body,
            Radial(
                (0, 80),
                285,
                390,
                (Stop(0, lighter(middle, 0.25)), Stop(0.45, middle), Stop(0.78, mix(middle, edge, 0.6)), Stop(1, edge)),
            ),
        )
        canvas.grain(body, 9, 4, 300)
        canvas.line(symmetric(half, 0), 11, rgb("#f3e6c8"), closed=True)
        canvas.line(symmetric(half, 0), 3, (30, 16, 10), 0.8, closed=True)
        hole = (0, -30)
        for r, tint in ((92, rgb("#2a1710")), (86, rgb("#e8d3a6")), (80, rgb("#2a1710")), (72, rgb("#0c0706"))):
            canvas.fill(ellipse(*hole, r), tint)
        canvas.inner(canvas.mask(ellipse(*hole, 72)), 12, 14, 12, (0, 0, 0), 0.9)
        guard = canvas.mask(smooth([(66, -50), (120, -20), (132, 60), (100, 110), (70, 70), (62, 20)]))
        canvas.fill(guard, Linear((60, -50), (130, 110), ramp(rgb("#6b2a17"), rgb("#1e0b07"))), 0.93)
        canvas.grain(guard, 20, 26, 16)
        bridge = canvas.mask(
            smooth([(-120, 176), (-70, 168), (70, 168), (120, 176), (124, 196), (70, 212), (-70, 212), (-124, 196)])
        )
        canvas.shadow(bridge, 7, 0.5, dx=5, dy=7)
        canvas.fill(bridge, down(168, 212, rgb("#4a2a1c"), rgb("#1d0e08")))
        canvas.line([(-74, 184), (74, 180)], 6, rgb("#f5ecd6"))
        neck = canvas.mask([(-34, -720), (34, -720), (42, -110), (-42, -110)])
        canvas.shadow(neck, 16, 0.5, dx=24, dy=16)
        canvas.fill(neck, across(-42, 42, rgb("#54301f"), rgb("#3a2016"), rgb("#1e0f0a")))
        canvas.grain(neck, 6, 3, 120)
        frets = [-720 + 610 * (1 - 2 ** (-i / 12)) / (1 - 2 ** (-20 / 12)) for i in range(21)]
        canvas.fill(
            canvas.strokes([[(-38, y), (38, y)] for y in frets], 3.4, round_ends=False), rgb("#d9d6cc"), clip=neck
        )
        canvas.fill([ellipse(0, (frets[i - 1] + frets[i]) / 2, 8) for i in (3, 5, 7, 9)], rgb("#f5f0e2"))
        head = canvas.mask(path("M -36 -716 L -52 -740 L -62 -930 C -40 -950 40 -950 62 -930 L 52 -740 L 36 -716 Z"))
        canvas.shadow(head, 14, 0.45, dx=20, dy=14)
        canvas.fill(head, Linear((-60, -940), (60, -720), ramp(rgb("#4a2a1c"), rgb("#1d0e08"))))
        canvas.letters("Aldane", 0, -905, 26, rgb("#ecd9a4"), 0.95)
        for side in (-1, 1):
            for i in range(3):
                y = -780 - i * 52
                canvas.fill(box(side * 88 - 17, y - 11, 34, 22, 9), down(y - 11, y + 11, *CHROME[:4]))
                canvas.fill(ellipse(side * 36, y, 11), Conic((side * 36, y), ramp(*CHROME, CHROME[0])))
        canvas.fill(box(-38, -724, 76, 9), rgb("#f5ecd6"))
        strings = [[(-26 + i * 10.4, -720), (-30 + i * 12, 184)] for i in range(6)]
        canvas.fill(
            canvas.strokes([[(a[0] + 4, a[1] + 5), (b[0] + 5, b[1] + 7)] for a, b in strings], 2), (0, 0, 0), 0.35
        )
        canvas.fill(canvas.strokes(strings, 2), rgb("#f1e3bd"), 0.95)
        canvas.fill(
            canvas.soft(
                path(
                    "M -190 120 C -170 60 -100 40 -110 -40 C -120 -120 -150 -160 -100 -220 C -180 -200 "
                    "-190 -120 -150 -40 C -150 30 -230 60 -214 190 Z"
                ),
                14,
            ),
            (255, 250, 235),
            0.4,
            clip=body,
            mode="screen",
        )
