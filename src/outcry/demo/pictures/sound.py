"""To hear music with: a turntable, a record, headphones, a loudspeaker."""

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
from outcry.demo.pictures.shapes import arc, box, ellipse, path, smooth

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
