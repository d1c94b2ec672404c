"""For fair weather: a road bicycle, a telescope, a surfboard, a model yacht."""

import math
import random

from outcry.demo.pictures.backdrops import standing_shadow
from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.colours import Colour, Conic, Linear, Radial, across, darker, down, lighter, mix, ramp, rgb
from outcry.demo.pictures.shapes import Point, box, ellipse, path, smooth, symmetric

CHROME = (rgb("#fdfdfc"), rgb("#b9bdc0"), rgb("#eceded"), rgb("#71777c"), rgb("#cfd2d3"))
FRAMES = (rgb("#3f8f86"), rgb("#c4402e"), rgb("#2f4f86"), rgb("#e0a93a"), rgb("#d9dbd6"))


def _tube(canvas: Canvas, a: Point, b: Point, width: float, colour: Colour) -> None:
    """A round tube from a to b, lit from above."""
    nx, ny = b[1] - a[1], a[0] - b[0]
    length = math.hypot(nx, ny)
    nx, ny = nx / length * width / 2, ny / length * width / 2
    if ny > 0:
        nx, ny = -nx, -ny
    centre = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    lit, shade = (centre[0] + nx, centre[1] + ny), (centre[0] - nx, centre[1] - ny)
    canvas.line(
        [a, b],
        width,
        Linear(
            lit,
            shade,
            ramp(lighter(colour, 0.35), lighter(colour, 0.6), colour, darker(colour, 0.3), darker(colour, 0.6)),
        ),
    )


def bicycle(canvas: Canvas, look: random.Random) -> None:
    """A steel road bicycle in profile, with brown leather."""
    colour = look.choice(FRAMES)
    leather = rgb("#8a5230")
    rear, front, crank = (-410.0, 190.0), (430.0, 190.0), (-60.0, 200.0)
    seat, head_top, head_low = (-150.0, -210.0), (270.0, -214.0), (296.0, -110.0)
    with canvas.placed(placing(800, 590, 1.08)):
        for x in (rear[0], front[0]):
            standing_shadow(canvas, x + 10, 462, 190, 22, 0.9)
        canvas.shadow(ellipse(20, 470, 640, 26), 22, 0.35)
        for x, y in (rear, front):
            _wheel(canvas, x, y)
        for a, b, width in ((crank, rear, 17), ((seat[0] + 8, seat[1] + 20), rear, 14)):
            _tube(canvas, a, b, width, darker(colour, 0.12))
        teeth = [
            [
                (crank[0] + 80 * math.cos(t), crank[1] + 80 * math.sin(t)),
                (crank[0] + 89 * math.cos(t), crank[1] + 89 * math.sin(t)),
            ]
            for t in (math.radians(i * 8) for i in range(45))
        ]
        canvas.line([(crank[0], crank[1] - 84), (rear[0], rear[1] - 34)], 5, rgb("#3b3d40"))
        canvas.line([(crank[0], crank[1] + 84), (rear[0] + 10, rear[1] + 60)], 5, rgb("#3b3d40"))
        canvas.fill(ellipse(*rear, 38), Conic(rear, ramp(*CHROME, CHROME[0])))
        for a, b, width in (
            (seat, crank, 27),
            (head_low, crank, 30),
            (seat, (head_top[0] + 6, head_top[1] + 22), 26),
            (head_top, head_low, 36),
        ):
            _tube(canvas, a, b, width, colour)
        canvas.letters("ARDENTE", 118, 36, 36, lighter(colour, 0.85), 0.95, spacing=8, turn_degrees=-41)
        fork = smooth([(300, -104), (340, 20), (378, 120), (430, 190)], closed=False)
        canvas.line(fork, 19, across(290, 440, lighter(colour, 0.5), colour, darker(colour, 0.4)))
        for a, b in ((seat, (-166, -280)), (head_top, (262, -262))):
            _tube(canvas, a, b, 20, rgb("#b9bdc0"))
        saddle = canvas.mask(
            smooth(
                [
                    (-262, -306),
                    (-236, -322),
                    (-160, -312),
                    (-80, -304),
                    (-30, -298),
                    (-34, -284),
                    (-90, -282),
                    (-150, -270),
                    (-220, -268),
                    (-256, -284),
                ]
            )
        )
        canvas.fill(saddle, down(-320, -266, lighter(leather, 0.35), leather, darker(leather, 0.55)))
        canvas.grain(saddle, 7, 4, 4)
        canvas.line([(262, -262), (340, -272)], 20, down(-282, -258, CHROME[0], CHROME[3]))
        bar = smooth([(330, -276), (392, -274), (430, -240), (428, -180), (390, -150), (340, -150)], closed=False)
        canvas.line(bar, 24, darker(leather, 0.3))
        canvas.line([(x - 3, y - 4) for x, y in bar], 12, lighter(leather, 0.25), 0.8)
        canvas.fill(
            canvas.strokes([[(x - 9, y - 9), (x + 9, y + 9)] for x, y in bar[::2]], 2), darker(leather, 0.7), 0.5
        )
        canvas.fill(
            path("M 414 -250 C 440 -286 462 -276 456 -240 L 446 -150 C 444 -140 434 -142 436 -152 L 438 -220 Z"),
            across(414, 456, CHROME[0], CHROME[3]),
        )
        canvas.fill(canvas.strokes(teeth, 5), rgb("#9ba0a4"))
        canvas.fill(
            canvas.stroke(ellipse(*crank, 76), 17, closed=True), Conic(crank, ramp(*CHROME, *CHROME, CHROME[0]))
        )
        for t in range(5):
            a = math.radians(t * 72 - 30)
            canvas.line([crank, (crank[0] + 74 * math.cos(a), crank[1] + 74 * math.sin(a))], 11, rgb("#c3c7ca"))
        for sign in (1, -1):
            end = (crank[0] + sign * 118, crank[1] + sign * 62)
            if sign == 1:
                canvas.line(
                    [crank, end],
                    21,
                    Linear((crank[0], crank[1] - 16), (crank[0] + 10, crank[1] + 20), ramp(CHROME[0], CHROME[3])),
                )
            canvas.fill(
                box(end[0] - 44, end[1] - 10, 88, 20, 7), down(end[1] - 10, end[1] + 10, rgb("#83888c"), rgb("#26282a"))
            )
        canvas.fill(ellipse(*crank, 22), Conic(crank, ramp(*CHROME, CHROME[0])))


def _wheel(canvas: Canvas, x: float, y: float) -> None:
    spokes: list[list[Point]] = []
    for i in range(32):
        a = math.radians(i * 11.25)
        b = a + (0.5 if i % 2 else -0.5)
        spokes.append([(x + 18 * math.cos(b), y + 18 * math.sin(b)), (x + 252 * math.cos(a), y + 252 * math.sin(a))])
    canvas.fill(canvas.strokes(spokes, 2.2), rgb("#eef0f1"), 0.85)
    canvas.line(ellipse(x, y, 263), 18, rgb("#1a1a1c"), closed=True)
    canvas.line(ellipse(x, y, 268), 4, rgb("#6b6b70"), 0.6, closed=True)
    canvas.line(ellipse(x, y, 257), 5, rgb("#b98d5c"), closed=True)
    canvas.line(ellipse(x, y, 248), 11, Conic((x, y), ramp(*CHROME, *CHROME, CHROME[0]), 215), closed=True)
    canvas.fill(ellipse(x, y, 22), Conic((x, y), ramp(*CHROME, CHROME[0]), 200))


def telescope(canvas: Canvas, look: random.Random) -> None:
    """A brass refractor on a wooden tripod under the stars."""
    wood = look.choice((rgb("#6b3d22"), rgb("#2c2422"), rgb("#8a5a36")))
    brass = (rgb("#8a5f1f"), rgb("#fff2c6"), rgb("#d9a94e"), rgb("#7a5016"), rgb("#3f2a0a"))
    with canvas.placed(placing(0, 0)):
        _night(canvas, look)
    with canvas.placed(placing(780, 600, 1.05)):
        for foot, top in ((-330, -20), (330, 20), (40, 0)):
            leg = [(top - 17, -20), (top + 17, -20), (foot + 15, 520), (foot - 15, 520)]
            canvas.fill(
                leg,
                Linear(
                    (foot * 0.5 - 24, 200), (foot * 0.5 + 24, 216), ramp(lighter(wood, 0.35), wood, darker(wood, 0.55))
                ),
            )
            canvas.line(
                [(top + (foot - top) * 0.55 - 16, 280), (top + (foot - top) * 0.55 + 18, 280)],
                14,
                across(foot * 0.5 - 30, foot * 0.5 + 40, *brass),
            )
        canvas.line([(-176, 270), (182, 270)], 7, across(-176, 182, *brass))
        canvas.fill(path("M -54 -70 L 54 -70 L 40 0 L -40 0 Z"), across(-54, 54, *brass))
        with canvas.placed(placing(0, -110, 1, -27)):
            sections = (
                (-520, -450, 26),
                (-450, -400, 40),
                (-400, -150, 48),
                (-150, -118, 60),
                (-118, 330, 66),
                (330, 372, 78),
                (372, 520, 88),
            )
            for i, (left, right, half) in enumerate(sections):
                tint = (
                    (rgb("#4a2a17"), rgb("#b9794a"), rgb("#7a4526"), rgb("#3a1e0f"), rgb("#1a0c06"))
                    if i == 4
                    else brass
                )
                tube = canvas.mask(box(left, -half, right - left, half * 2, 5))
                canvas.fill(tube, down(-half, half, *tint))
                if i == 4:
                    canvas.grain(tube, 9, 160, 4)
                canvas.line([(left + 3, -half), (left + 3, half)], 4, (30, 16, 4), 0.5, clip=tube)
                canvas.line([(right - 4, -half), (right - 4, half)], 3, (255, 246, 214), 0.5, clip=tube)
            canvas.fill(ellipse(520, 0, 26, 88), Linear((500, -88), (540, 88), ramp(*brass)))
            canvas.fill(
                ellipse(522, 0, 20, 76),
                Radial((516, -24), 30, 90, ramp(rgb("#9fc4ee"), rgb("#243a66"), rgb("#080c18"))),
            )
            canvas.fill(box(-270, -108, 300, 30, 8), down(-108, -78, *brass))
            for x in (-230, -10):
                canvas.fill(box(x, -86, 18, 44), across(x, x + 18, *brass))
            canvas.fill(ellipse(-200, 70, 32), Conic((-200, 70), ramp(*brass, brass[0])))


def _night(canvas: Canvas, look: random.Random) -> None:
    canvas.fill(
        canvas.whole(), down(0, 1200, rgb("#070b1c"), rgb("#142247"), rgb("#36406e"), rgb("#8a5f7a"), rgb("#d98f6a"))
    )
    for _ in range(26):
        t = look.random()
        x, y = 200 + t * 1300 + look.gauss(0, 60), 820 - t * 800 + look.gauss(0, 50)
        canvas.glow(
            x,
            y,
            look.uniform(120, 260),
            look.uniform(70, 150),
            look.choice((rgb("#6d7fc4"), rgb("#a487b8"), rgb("#4a5f9e"))),
            0.16,
        )
    for size, count, opacity in ((0.9, 420, 0.6), (1.5, 130, 0.8), (2.4, 34, 1.0)):
        stars = [ellipse(look.uniform(0, 1600), look.uniform(0, 900) ** 1.0, size) for _ in range(count)]
        canvas.fill(list(stars), (255, 250, 240), opacity)
    for depth, base in ((0.35, 880), (0.7, 960), (1.0, 1060)):
        phase = look.uniform(0, 9)
        ridge = [
            (0.0, 1200.0),
            *[
                (x, base + 46 * math.sin(x / 190 + phase) + 20 * math.sin(x / 61 + phase * 2))
                for x in range(0, 1640, 40)
            ],
            (1600.0, 1200.0),
        ]
        canvas.fill(ridge, mix(rgb("#6a4a66"), rgb("#0d1020"), depth))


def surfboard(canvas: Canvas, look: random.Random) -> None:
    """A longboard leaning on a sunlit wall."""
    deck, stripe, second = look.choice(
        (
            (rgb("#f3ead6"), rgb("#d8562f"), rgb("#e8b04a")),
            (rgb("#e6efe9"), rgb("#2f7f86"), rgb("#1e3d52")),
            (rgb("#f2d7c4"), rgb("#7b2d43"), rgb("#f0f0e6")),
        )
    )
    with canvas.placed(placing(800, 590, 1.04, 13)):
        board = canvas.mask(
            symmetric(path("M 0 -540 C 80 -500 146 -330 156 -80 C 164 180 130 400 86 500 C 70 528 40 536 0 538"), 0)
        )
        canvas.shadow(board, 44, 0.5, dx=96, dy=18)
        canvas.shadow(board, 12, 0.4, dx=14, dy=8)
        canvas.fill(board, across(-156, 156, lighter(deck, 0.4), deck, darker(deck, 0.16)))
        for x0, x1, colour in ((-70, -34, stripe), (-20, 20, second), (34, 70, stripe)):
            canvas.fill([(x0, -560), (x1, -560), (x1, 560), (x0, 560)], colour, clip=board)
        for y, colour, height in ((-250, stripe, 30), (-205, second, 16), (300, stripe, 30)):
            canvas.fill([(-200, y), (200, y), (200, y + height), (-200, y + height)], colour, clip=board)
        canvas.fill(ellipse(0, -60, 74), deck, clip=board)
        canvas.line(ellipse(0, -60, 74), 7, stripe, closed=True)
        for i in range(3):
            canvas.line([(x, -84 + i * 26 + 9 * math.sin(x / 13)) for x in range(-48, 50, 6)], 8, second)
        canvas.line([(0, -540), (0, 538)], 4, rgb("#8a6238"), clip=board)
        canvas.inner(board, 14, 6, 18, (255, 255, 255), 0.8, "screen")
        canvas.inner(board, -22, -6, 24, (60, 40, 40), 0.5)
        canvas.fill(
            canvas.soft(path("M -110 -330 C -140 -180 -138 60 -110 260 L -92 260 C -118 60 -118 -180 -84 -340 Z"), 8),
            (255, 255, 255),
            0.85,
            clip=board,
        )
        canvas.grain(board, 4, 2, 2)


def yacht(canvas: Canvas, look: random.Random) -> None:
    """A pond yacht on its stand."""
    hull = look.choice((rgb("#1f3d5c"), rgb("#8e2f2a"), rgb("#f1ece0"), rgb("#234a40")))
    wood = rgb("#9a6238")
    with canvas.placed(placing(800, 690, 1.02)):
        standing_shadow(canvas, 0, 372, 330, 34)
        for x in (-170, 150):
            canvas.fill(
                path(f"M {x - 26} 180 L {x + 26} 180 L {x + 40} 366 L {x - 40} 366 Z"),
                across(x - 40, x + 40, lighter(wood, 0.25), wood, darker(wood, 0.5)),
            )
        base = canvas.mask(box(-300, 352, 600, 32, 8))
        canvas.fill(base, down(352, 384, lighter(wood, 0.3), wood, darker(wood, 0.5)))
        canvas.grain(base, 9, 160, 4)
        canvas.fill(
            path("M -60 210 C -40 300 60 320 96 300 C 110 270 96 240 90 210 Z"),
            across(-60, 100, rgb("#5a5d60"), rgb("#a3a7ab"), rgb("#2c2e30")),
        )
        body = canvas.mask(
            path("M -470 84 C -330 100 330 104 470 60 C 420 180 220 246 10 246 C -200 246 -390 190 -470 84 Z")
        )
        canvas.fill(body, down(70, 246, lighter(hull, 0.35), hull, darker(hull, 0.45)))
        canvas.fill(
            path("M -420 150 C -200 200 240 200 430 120 L 420 140 C 240 220 -200 216 -404 166 Z"),
            rgb("#f3ead6"),
            clip=body,
        )
        canvas.fill(
            path("M -400 168 C -200 222 240 222 416 146 L 300 300 L -300 300 Z"),
            down(160, 250, rgb("#9a3a2a"), rgb("#5b1c14")),
            clip=body,
        )
        canvas.inner(body, 0, 7, 6, (255, 255, 255), 0.5, "screen")
        canvas.inner(body, 0, -14, 14, (0, 0, 0), 0.5)
        deck = canvas.mask(path("M -474 84 C -330 64 330 62 474 58 C 330 96 -330 104 -474 84 Z"))
        canvas.fill(deck, down(60, 100, lighter(wood, 0.45), wood))
        canvas.fill(box(-70, 40, 190, 34, 8), down(40, 74, lighter(wood, 0.4), darker(wood, 0.3)))
        canvas.line([(-10, 70), (-10, -640)], 13, across(-17, -3, rgb("#d9a36b"), rgb("#8a5630"), rgb("#4a2a14")))
        canvas.line([(-10, 18), (-370, 30)], 10, down(12, 36, rgb("#d9a36b"), rgb("#6a4020")))
        sails = (
            (
                "M -22 -620 C -120 -420 -260 -160 -362 10 C -240 26 -120 18 -22 4 C -32 -200 -30 -420 -22 -620 Z",
                (-362, -20),
            ),
            ("M 6 -560 C 60 -340 220 -90 440 44 C 290 60 130 40 22 22 C 40 -180 36 -380 6 -560 Z", (20, 440)),
        )
        for text, (x0, x1) in sails:
            sail = canvas.mask(path(text))
            canvas.shadow(sail, 22, 0.25, dx=26, dy=20)
            canvas.fill(sail, across(x0, x1, rgb("#fffaf0"), rgb("#f3e7d0"), rgb("#cdb995")))
            seams = [[(-480, -560 + i * 92), (500, -520 + i * 92)] for i in range(7)]
            canvas.fill(canvas.strokes(seams, 2.4), rgb("#a58f6b"), 0.45, clip=sail)
            canvas.grain(sail, 5, 3, 3)
            canvas.inner(sail, -16, 0, 22, rgb("#8a7450"), 0.4)
        for a, b in (((-10, -640), (470, 60)), ((-10, -640), (-466, 84))):
            canvas.line([a, b], 2, rgb("#4a3a2c"), 0.7)
        canvas.letters("K 47", -130, -190, 54, rgb("#27405c"), 0.8, spacing=4)
