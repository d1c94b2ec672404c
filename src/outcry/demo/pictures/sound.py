"""Things that sound: a turntable, a record, headphones, a synthesiser, a loudspeaker, a guitar, a pocket telephone."""

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

CHROME = (rgb("#fdfdfc"), rgb("#b9bdc0"), rgb("#eceded"), rgb("#71777c"), rgb("#cfd2d3"))
LABELS = (rgb("#d8542f"), rgb("#2f6f73"), rgb("#e3b23c"), rgb("#7b2d43"))


def _disc(canvas: Canvas, radius: float, label: Colour) -> None:
    """A black record around the origin."""
    canvas.fill(ellipse(0, 0, radius), rgb("#131315"))
    disc = canvas.mask(ellipse(0, 0, radius))
    rings = [ellipse(0, 0, radius * (0.98 - i * 0.0125)) for i in range(48)]
    for start, tint, opacity in ((0, (255, 255, 255), 0.055), (1, (0, 0, 0), 0.35)):
        canvas.fill(canvas.strokes(rings[start::2], radius * 0.004, round_ends=False), tint, opacity)
    for gap in (0.78, 0.62):
        canvas.line(ellipse(0, 0, radius * gap), radius * 0.008, (0, 0, 0), 0.6, closed=True)
    black, shine = (20, 20, 22), (150, 152, 160)
    sheen = (
        Stop(0, black, 0),
        Stop(0.08, shine, 0.5),
        Stop(0.17, black, 0),
        Stop(0.48, black, 0),
        Stop(0.57, shine, 0.36),
        Stop(0.68, black, 0),
        Stop(1, black, 0),
    )
    canvas.fill(disc, Conic((0, 0), sheen, 195), mode="screen")
    canvas.fill(
        ellipse(0, 0, radius * 0.36),
        Radial(
            (-radius * 0.1, -radius * 0.12),
            radius * 0.5,
            radius * 0.5,
            ramp(lighter(label, 0.25), label, darker(label, 0.2)),
        ),
    )
    canvas.line(ellipse(0, 0, radius * 0.33), radius * 0.006, lighter(label, 0.7), 0.6, closed=True)
    canvas.letters("NOCTURNE", 0, -radius * 0.19, radius * 0.072, lighter(label, 0.8), 0.95, spacing=radius * 0.008)
    canvas.letters("SIDE A   33", 0, radius * 0.17, radius * 0.045, lighter(label, 0.8), 0.9, spacing=radius * 0.006)
    canvas.fill(ellipse(0, 0, radius * 0.022), rgb("#0c0c0d"))


def turntable(canvas: Canvas, look: random.Random) -> None:
    """A belt-drive turntable from above, a record playing."""
    wood = look.choice((rgb("#7a4a2c"), rgb("#33302e"), rgb("#d9d4ca"), rgb("#2d4a45")))
    with canvas.placed(placing(800, 600, 1.02, -4)):
        plinth = canvas.mask(box(-600, -450, 1200, 900, 30))
        canvas.shadow(plinth, 60, 0.6, dx=56, dy=70)
        canvas.shadow(plinth, 16, 0.55, dx=14, dy=18)
        canvas.fill(plinth, Linear((-600, -450), (600, 450), ramp(lighter(wood, 0.3), wood, darker(wood, 0.4))))
        canvas.grain(plinth, 9, 500, 6)
        canvas.inner(plinth, 5, 6, 5, lighter(wood, 0.7), 0.7, "screen")
        canvas.inner(plinth, -6, -8, 7, darker(wood, 0.9), 0.6)
        with canvas.placed(placing(-130, 0)):
            canvas.shadow(ellipse(0, 0, 412), 26, 0.6, dx=16, dy=22)
            canvas.fill(ellipse(0, 0, 412), Conic((0, 0), ramp(*CHROME, *CHROME, CHROME[0]), 210))
            canvas.fill(
                canvas.strokes(
                    [
                        [(404 * math.cos(a), 404 * math.sin(a)), (411 * math.cos(a), 411 * math.sin(a))]
                        for a in (math.radians(i * 2) for i in range(180))
                    ],
                    4,
                ),
                (20, 20, 22),
                0.7,
            )
            canvas.fill(ellipse(0, 0, 396), rgb("#2b2b2d"))
            canvas.shadow(ellipse(0, 0, 382), 8, 0.6, dx=4, dy=6)
            _disc(canvas, 382, look.choice(LABELS))
            canvas.fill(ellipse(0, 0, 11), Radial((-3, -3), 13, 13, ramp(CHROME[0], CHROME[3])))
        _tonearm(canvas)
        for x, y, radius in ((470, 340, 50), (350, 380, 22)):
            canvas.shadow(ellipse(x, y, radius), 12, 0.6, dx=8, dy=12)
            canvas.fill(ellipse(x, y, radius), Conic((x, y), ramp(*CHROME, CHROME[0]), 200))
            canvas.fill(
                ellipse(x, y, radius * 0.82),
                Linear(
                    (x - radius, y - radius),
                    (x + radius, y + radius),
                    ramp(rgb("#ffffff"), rgb("#c4c7ca"), rgb("#8b9095")),
                ),
            )
        canvas.line([(470, 340), (470, 302)], 5, rgb("#d9532c"))
        canvas.letters(
            "SONETA", -480, 410, 30, lighter(wood, 0.75) if sum(wood) < 450 else darker(wood, 0.6), 0.85, spacing=7
        )


def _tonearm(canvas: Canvas) -> None:
    pivot = (450, -250)
    canvas.shadow(ellipse(*pivot, 96), 18, 0.55, dx=10, dy=14)
    canvas.fill(ellipse(*pivot, 96), Conic(pivot, ramp(*CHROME, CHROME[0]), 215))
    canvas.fill(ellipse(*pivot, 78), Linear((380, -320), (520, -180), ramp(rgb("#4a4b4e"), rgb("#1a1a1c"))))
    arm = smooth([(472, -372), (450, -250), (420, 60), (350, 190), (262, 262)], closed=False)
    canvas.shadow(canvas.stroke(arm, 20), 12, 0.55, dx=18, dy=24)
    canvas.line(arm, 21, across(400, 480, rgb("#63686d"), CHROME[0], rgb("#9da2a6")))
    canvas.line([(x - 3, y - 2) for x, y in arm], 5, (255, 255, 255), 0.8)
    with canvas.placed(placing(472, -372, 1, 12)):
        canvas.shadow(box(-40, -66, 80, 110, 14), 12, 0.6, dx=12, dy=16)
        canvas.fill(
            box(-40, -66, 80, 110, 14), across(-40, 40, rgb("#3a3b3e"), rgb("#8d9297"), rgb("#202123"), rgb("#111112"))
        )
    with canvas.placed(placing(262, 262, 1, 38)):
        canvas.shadow(box(-34, -14, 68, 96, 8), 8, 0.6, dx=10, dy=12)
        canvas.fill(box(-32, -14, 64, 92, 8), across(-32, 32, rgb("#55585c"), rgb("#1a1a1c")))
        canvas.fill(box(-22, 62, 44, 16, 3), rgb("#d9532c"))
        canvas.line([(30, 20), (74, 10)], 7, CHROME[1])
    canvas.fill(ellipse(*pivot, 40), Conic(pivot, ramp(*CHROME, CHROME[0]), 30))


def record(canvas: Canvas, look: random.Random) -> None:
    """A record half out of its sleeve."""
    label = look.choice(LABELS)
    paper, ink = look.choice(
        ((rgb("#f1e7d3"), rgb("#20344a")), (rgb("#1f2f3d"), rgb("#f0dfc0")), (rgb("#e9b44c"), rgb("#5b1f24")))
    )
    with canvas.placed(placing(800, 600, 1, -7)):
        with canvas.placed(placing(270, 0, 1, 18)):
            canvas.shadow(ellipse(0, 0, 410), 34, 0.55, dx=30, dy=38)
            _disc(canvas, 410, label)
        sleeve = canvas.mask(box(-640, -440, 880, 880, 5))
        canvas.shadow(sleeve, 40, 0.55, dx=26, dy=36)
        canvas.shadow(sleeve, 10, 0.6, dx=9, dy=10)
        canvas.fill(sleeve, Linear((-640, -440), (240, 440), ramp(lighter(paper, 0.2), paper, darker(paper, 0.18))))
        for i in range(15):
            r = 320 - i * 21
            tint = mix(ink, label, i / 14)
            canvas.fill(ellipse(-200 + i * 5, 70 - i * 7, r), tint, 1 if i % 2 == 0 else 0.0, clip=sleeve)
            if i % 2:
                canvas.fill(ellipse(-200 + i * 5, 70 - i * 7, r), mix(paper, label, i / 40), clip=sleeve)
        canvas.letters("NOCTURNE IN BLUE", -248, -366, 54, ink, 0.95, spacing=9)
        canvas.letters("THE VERA LINDQUIST QUARTET", -248, -312, 25, ink, 0.85, spacing=8)
        canvas.grain(sleeve, 6, 3, 3)
        canvas.grain(sleeve, 4, 90, 90)
        canvas.line(ellipse(-200, 0, 400), 8, lighter(paper, 0.6), 0.14, closed=True, clip=sleeve)
        canvas.inner(sleeve, 3, 4, 4, (255, 255, 255), 0.5, "screen")
        canvas.inner(sleeve, -5, -6, 6, (10, 8, 12), 0.45)
        canvas.fill(
            [(-640, -440), (-100, -440), (-640, 320)],
            fading((255, 255, 255), (-640, -440), (-300, -60), 0.25, 0),
            clip=sleeve,
            mode="screen",
        )


def headphones(canvas: Canvas, look: random.Random) -> None:
    """Closed headphones with leather pads, hanging upright."""
    shell, leather = look.choice(
        (
            (rgb("#2b2d31"), rgb("#7a4a2e")),
            (rgb("#e8e3da"), rgb("#b98d64")),
            (rgb("#27453f"), rgb("#c29a70")),
            (rgb("#5b2430"), rgb("#2b2322")),
        )
    )
    with canvas.placed(placing(800, 650, 1.04)):
        standing_shadow(canvas, 0, 412, 400, 40)
        for width, points, paint in (
            (
                64,
                arc(0, -60, 352, 400, 184, 356),
                across(-360, 360, darker(leather, 0.4), lighter(leather, 0.25), leather, darker(leather, 0.55)),
            ),
            (20, arc(0, -58, 384, 434, 186, 354), across(-390, 390, CHROME[3], CHROME[0], CHROME[1], CHROME[3])),
        ):
            band = canvas.stroke(points, width)
            canvas.shadow(band, 14, 0.35, dx=14, dy=14)
            canvas.fill(band, paint)
            canvas.inner(band, 0, 7, 6, (255, 246, 230), 0.5, "screen")
            canvas.inner(band, 0, -9, 9, (20, 8, 4), 0.55)
            if width == 64:
                canvas.grain(band, 9, 4, 4)
                canvas.fill(
                    canvas.strokes(
                        [
                            [a, b]
                            for a, b in zip(
                                arc(0, -60, 374, 422, 186, 354)[::2],
                                arc(0, -60, 374, 422, 186, 354)[1::2],
                                strict=False,
                            )
                        ],
                        3,
                    ),
                    lighter(leather, 0.6),
                    0.7,
                )
        for side in (-1, 1):
            canvas.line(
                [(side * 384, -110), (side * 392, 60)],
                26,
                across(side * 384 - 14, side * 384 + 14, CHROME[3], CHROME[0], rgb("#565b60")),
            )
            canvas.fill(
                canvas.strokes(
                    [[(side * 386 - 9, -70 + i * 16), (side * 386 + 9, -70 + i * 16)] for i in range(7)], 2.4
                ),
                (30, 30, 34),
                0.6,
            )
            pad = canvas.mask(box(side * 262 - 74, -52, 148, 430, 70))
            canvas.shadow(pad, 20, 0.5, dx=12, dy=20)
            canvas.fill(
                pad,
                across(
                    side * 262 - 74,
                    side * 262 + 74,
                    darker(leather, 0.55),
                    lighter(leather, 0.1),
                    leather,
                    darker(leather, 0.5),
                ),
            )
            canvas.grain(pad, 9, 4, 4)
            canvas.inner(pad, -10, -16, 20, (14, 6, 4), 0.6)
            for i in range(9):
                y = -12 + i * 44
                canvas.line([(side * 262 - 60, y), (side * 262 + 60, y + 8)], 3, darker(leather, 0.7), 0.28, clip=pad)
            cup = canvas.mask(
                path(
                    f"M {side * 320} -70 C {side * 400} -76 {side * 462} 20 {side * 466} 164 C "
                    f"{side * 462} 310 {side * 400} 400 {side * 320} 394 Z"
                )
            )
            canvas.shadow(cup, 16, 0.5, dx=8, dy=12)
            lit, shade_ = (lighter(shell, 0.35), darker(shell, 0.5))
            canvas.fill(
                cup, across(side * 466, side * 310, *((lit, shell, shade_) if side < 0 else (shade_, shell, lit)))
            )
            canvas.fill(
                canvas.soft(ellipse(side * 410 - 10, 40, 22, 76, side * -14), 14), (255, 255, 255), 0.55, clip=cup
            )
            canvas.inner(cup, -6, -14, 12, (4, 4, 6), 0.6)
            rim = canvas.mask(box(side * 322 - 13, -78, 26, 482, 12))
            canvas.fill(rim, across(side * 322 - 13, side * 322 + 13, CHROME[3], CHROME[0], CHROME[1], rgb("#50555a")))
            canvas.fill(
                canvas.strokes([[(side * 430, 120 + i * 18), (side * 452, 120 + i * 18)] for i in range(6)], 5),
                darker(shell, 0.8),
                0.7,
                clip=cup,
            )
        canvas.line(
            smooth(
                [(-390, 390), (-400, 440), (-330, 470), (-100, 462), (60, 480), (240, 520), (520, 560)], closed=False
            ),
            11,
            rgb("#1a1a1c"),
        )
        canvas.line(
            smooth(
                [(-390, 388), (-402, 438), (-330, 467), (-100, 459), (60, 477), (240, 517), (520, 557)], closed=False
            ),
            3,
            (140, 140, 146),
            0.7,
        )


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


def loudspeaker(canvas: Canvas, look: random.Random) -> None:
    """A pair of bookshelf loudspeakers in veneer."""
    wood = look.choice((rgb("#8a5532"), rgb("#3a2a22"), rgb("#c39a68")))
    for x, y, scale in ((540, 640, 0.94), (1060, 660, 1.0)):
        with canvas.placed(placing(x, y, scale)):
            standing_shadow(canvas, 0, 404, 220, 34)
            side = canvas.mask([(200, -400), (256, -372), (256, 372), (200, 404)])
            canvas.fill(side, across(200, 256, darker(wood, 0.55), darker(wood, 0.75)))
            box_ = canvas.mask(box(-216, -404, 424, 808, 8))
            canvas.fill(box_, Linear((-216, -404), (208, 404), ramp(lighter(wood, 0.3), wood, darker(wood, 0.3))))
            canvas.grain(box_, 11, 5, 460)
            baffle = canvas.mask(box(-190, -378, 372, 756, 6))
            canvas.fill(baffle, down(-378, 378, rgb("#2d2d30"), rgb("#1a1a1c")))
            canvas.grain(baffle, 5, 2, 2)
            canvas.inner(box_, 4, 5, 4, lighter(wood, 0.6), 0.6, "screen")
            for cy, r in ((-220, 92), (116, 168)):
                _driver(canvas, -4, cy, r)
            canvas.letters("HALDEN", -4, 340, 24, rgb("#d6d0c4"), 0.9, spacing=6)


def _driver(canvas: Canvas, x: float, y: float, r: float) -> None:
    canvas.fill(ellipse(x, y, r), Conic((x, y), ramp(*CHROME, *CHROME, CHROME[0]), 215))
    for k in range(8):
        a = math.radians(k * 45 + 22)
        canvas.fill(ellipse(x + r * 0.93 * math.cos(a), y + r * 0.93 * math.sin(a), r * 0.035), (20, 20, 22))
    canvas.fill(ellipse(x, y, r * 0.86), rgb("#0e0e10"))
    canvas.line(
        ellipse(x, y, r * 0.78),
        r * 0.13,
        Linear((x - r, y - r), (x + r, y + r), ramp(rgb("#54565b"), rgb("#18181a"), rgb("#2d2e31"))),
        closed=True,
    )
    cone = canvas.fill(
        ellipse(x, y, r * 0.7), Radial((x, y), r * 0.7, r * 0.7, ramp(rgb("#0d0d0f"), rgb("#2b2b2e"), rgb("#46474b")))
    )
    canvas.fill(
        cone,
        Conic(
            (x, y),
            (
                Stop(0, (0, 0, 0), 0),
                Stop(0.1, (255, 255, 255), 0.22),
                Stop(0.22, (0, 0, 0), 0),
                Stop(0.5, (0, 0, 0), 0),
                Stop(0.62, (255, 255, 255), 0.12),
                Stop(0.75, (0, 0, 0), 0),
                Stop(1, (0, 0, 0), 0),
            ),
            190,
        ),
    )
    canvas.fill(
        ellipse(x, y, r * 0.27),
        Radial((x - r * 0.09, y - r * 0.1), r * 0.36, r * 0.36, ramp(rgb("#b9bcc2"), rgb("#44464a"), rgb("#121214"))),
    )


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
