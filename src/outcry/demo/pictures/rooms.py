"""For the home: a lounge chair, a table lamp, an espresso machine."""

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
    ramp,
    rgb,
)
from outcry.demo.pictures.masks import Mask
from outcry.demo.pictures.shapes import arc, box, ellipse, path, smooth


def _wood(canvas: Canvas, what: Mask, wood: Colour, along: float = 120, across_: float = 4) -> None:
    canvas.grain(what, 9, along, across_)
    canvas.inner(what, 3, 4, 3, lighter(wood, 0.6), 0.5, "screen")
    canvas.inner(what, -4, -6, 5, darker(wood, 0.8), 0.6)


def _cushion(
    canvas: Canvas,
    outline: list[tuple[float, float]] | tuple[tuple[float, float], ...],
    leather: Colour,
    folds: int = 0,
) -> Mask:
    pad = canvas.mask(outline)
    xs, ys = [p[0] for p in outline], [p[1] for p in outline]
    canvas.shadow(pad, 14, 0.45, dx=6, dy=10)
    canvas.fill(
        pad,
        Linear((min(xs), min(ys)), (max(xs), max(ys)), ramp(lighter(leather, 0.32), leather, darker(leather, 0.45))),
    )
    canvas.grain(pad, 7, 5, 5)
    canvas.grain(pad, 5, 40, 30)
    canvas.inner(pad, -16, -22, 22, darker(leather, 0.8), 0.6)
    canvas.inner(pad, 12, 14, 14, lighter(leather, 0.6), 0.5, "screen")
    return pad


def lounge_chair(canvas: Canvas, look: random.Random) -> None:
    """A moulded-plywood lounge chair with leather cushions, from the side."""
    leather, wood = look.choice(
        (
            (rgb("#2b2523"), rgb("#7a4427")),
            (rgb("#a8643a"), rgb("#5b3320")),
            (rgb("#e2d8c6"), rgb("#8a5a36")),
            (rgb("#3e5147"), rgb("#8a5a36")),
        )
    )
    with canvas.placed(placing(790, 620, 1.06)):
        standing_shadow(canvas, 20, 420, 360, 40)
        for foot in (-250, -120, 130, 290):
            leg = [(0, 250), (foot * 0.5, 330), (foot, 420)]
            canvas.line(
                smooth(leg, closed=False),
                24,
                Linear((0, 250), (foot, 430), ramp(rgb("#4a4d50"), CHROME[1], rgb("#1c1d1f"))),
            )
            canvas.fill(ellipse(foot, 424, 22, 9), rgb("#141416"))
        canvas.fill(box(-26, 190, 52, 80, 8), across(-26, 26, CHROME[3], CHROME[0], rgb("#2b2d30")))
        seat_shell = path(
            "M -300 118 C -180 214 120 216 330 128 C 352 118 362 136 346 152 C 150 262 -190 256 -330 150 "
            "C -340 130 -320 104 -300 118 Z"
        )
        back_shell = path(
            "M -330 130 C -392 20 -440 -110 -452 -236 C -452 -262 -424 -262 -418 -240 C -398 -120 -350 0 "
            "-290 92 C -284 120 -314 150 -330 130 Z"
        )
        head_shell = path(
            "M -448 -262 C -476 -330 -486 -400 -470 -450 C -460 -470 -438 -462 -440 -440 C -444 -390 "
            "-432 -330 -416 -276 C -418 -254 -440 -246 -448 -262 Z"
        )
        for shell in (head_shell, back_shell, seat_shell):
            mask = canvas.mask(shell)
            canvas.shadow(mask, 12, 0.4, dx=6, dy=10)
            canvas.fill(mask, Linear((-440, -300), (200, 260), ramp(lighter(wood, 0.32), wood, darker(wood, 0.4))))
            _wood(canvas, mask, wood, 90, 5)
        canvas.line(
            smooth([(-400, -240), (-352, -90), (-280, 60)], closed=False),
            16,
            Linear((-400, -240), (-280, 60), ramp(CHROME[3], rgb("#2a2c2e"))),
        )
        head = smooth(
            [
                (-446, -452),
                (-400, -476),
                (-352, -452),
                (-326, -380),
                (-318, -310),
                (-340, -276),
                (-386, -270),
                (-420, -296),
                (-440, -370),
            ]
        )
        back = smooth(
            [
                (-418, -246),
                (-370, -268),
                (-318, -252),
                (-262, -150),
                (-204, -40),
                (-176, 44),
                (-196, 88),
                (-250, 98),
                (-300, 62),
                (-364, -60),
            ]
        )
        seat = smooth(
            [
                (-286, 86),
                (-240, 36),
                (-130, 46),
                (60, 54),
                (230, 36),
                (322, 46),
                (356, 92),
                (336, 138),
                (200, 178),
                (0, 194),
                (-170, 172),
                (-270, 132),
            ]
        )
        for outline in (head, back, seat):
            _cushion(canvas, outline, leather)
        for line in ([(-354, -300), (-396, -420)], [(-250, 40), (-360, -190)]):
            canvas.line(
                smooth(
                    [line[0], ((line[0][0] + line[1][0]) / 2 - 8, (line[0][1] + line[1][1]) / 2), line[1]], closed=False
                ),
                3,
                darker(leather, 0.7),
                0.6,
            )
        for x, y in ((-120, 100), (40, 110), (190, 98), (-262, -70), (-314, -170), (-384, -370)):
            canvas.glow(x, y, 40, 26, darker(leather, 0.6), 0.7, mode="multiply")
            canvas.fill(ellipse(x, y, 9, 8), darker(leather, 0.3))
            canvas.fill(ellipse(x - 2, y - 2, 4, 3), lighter(leather, 0.5), 0.7)
        arm = canvas.mask(
            smooth(
                [
                    (-270, -72),
                    (-200, -92),
                    (-60, -88),
                    (60, -76),
                    (96, -54),
                    (70, -34),
                    (-60, -36),
                    (-200, -38),
                    (-262, -50),
                ]
            )
        )
        canvas.line([(-70, -40), (-40, 70)], 20, across(-70, -20, CHROME[3], CHROME[0], rgb("#3a3d40")))
        canvas.shadow(arm, 14, 0.5, dx=6, dy=16)
        canvas.fill(arm, down(-92, -34, lighter(leather, 0.4), leather, darker(leather, 0.5)))
        canvas.grain(arm, 7, 5, 5)
        canvas.inner(arm, 4, 6, 6, lighter(leather, 0.7), 0.5, "screen")
        canvas.inner(arm, -4, -8, 8, darker(leather, 0.8), 0.6)


def lamp(canvas: Canvas, look: random.Random) -> None:
    """A mushroom table lamp, lit."""
    shade = look.choice((rgb("#e8763c"), rgb("#f0ead9"), rgb("#3f6b5b"), rgb("#b02a30")))
    with canvas.placed(placing(800, 660)):
        canvas.glow(0, 10, 900, 700, rgb("#ffc98a"), 0.5, mode="soft")
        canvas.glow(0, 40, 620, 480, rgb("#ffcf96"), 0.42)
        standing_shadow(canvas, 0, 330, 210, 34)
        canvas.glow(0, 340, 620, 90, rgb("#ffd9a0"), 0.65, mode="soft")
        stem = canvas.mask(
            path(
                "M -66 -60 C -64 100 -92 220 -170 296 C -190 318 -180 334 -150 336 L 150 336 C 180 334 "
                "190 318 170 296 C 92 220 64 100 66 -60 Z"
            )
        )
        canvas.fill(
            stem,
            across(-170, 170, darker(shade, 0.5), lighter(shade, 0.2), shade, darker(shade, 0.45), darker(shade, 0.6)),
        )
        canvas.fill(stem, fading(rgb("#ffd9a0"), (0, -60), (0, 140), 0.75, 0))
        canvas.inner(stem, 0, -10, 8, (20, 6, 2), 0.5)
        dome = canvas.mask(
            path(
                "M -420 -40 C -420 -290 -220 -420 0 -420 C 220 -420 420 -290 420 -40 C 420 -18 410 -10 "
                "390 -10 L -390 -10 C -410 -10 -420 -18 -420 -40 Z"
            )
        )
        canvas.shadow(dome, 16, 0.3, dy=18, clip=stem)
        canvas.fill(
            dome,
            Radial(
                (-110, -230),
                640,
                560,
                (
                    Stop(0, lighter(shade, 0.75)),
                    Stop(0.35, lighter(shade, 0.2)),
                    Stop(0.75, shade),
                    Stop(1, darker(shade, 0.4)),
                ),
            ),
        )
        canvas.glow(0, 0, 470, 240, rgb("#fff0cc"), 0.85, clip=dome)
        canvas.inner(dome, -24, 10, 34, darker(shade, 0.6), 0.45)
        canvas.fill(canvas.soft(ellipse(-180, -300, 120, 44, -32), 20), (255, 255, 255), 0.6, clip=dome)
        canvas.fill(
            ellipse(0, -14, 398, 22),
            Radial((0, -14), 398, 22, (Stop(0, rgb("#fffdf2")), Stop(0.6, rgb("#ffe7b6")), Stop(1, rgb("#e7a55c")))),
        )
        canvas.glow(0, -6, 420, 60, rgb("#fff2d0"), 0.7)


def espresso(canvas: Canvas, look: random.Random) -> None:
    """A lever espresso machine in polished steel with a cup."""
    accent = look.choice((rgb("#b3382c"), rgb("#22252a"), rgb("#e9dfc9"), rgb("#27514a")))
    with canvas.placed(placing(800, 640, 1.04)):
        standing_shadow(canvas, 0, 372, 400, 50)
        base = canvas.mask(box(-350, 300, 700, 80, 22))
        canvas.fill(base, across(-350, 350, CHROME[3], CHROME[0], CHROME[1], CHROME[0], rgb("#565b60")))
        canvas.inner(base, 0, 6, 4, (255, 255, 255), 0.9, "screen")
        grate = canvas.mask(box(-240, 286, 440, 22, 8))
        canvas.fill(grate, down(286, 308, rgb("#5d6266"), rgb("#1b1d1f")))
        canvas.fill(
            canvas.strokes([[(-230 + i * 14, 288), (-230 + i * 14, 304)] for i in range(31)], 5), (8, 8, 10), 0.8
        )
        column = canvas.mask(box(120, -220, 200, 530, 40))
        canvas.fill(
            column, across(120, 320, rgb("#8c9196"), CHROME[0], CHROME[1], rgb("#4d5257"), CHROME[2], rgb("#3c4044"))
        )
        boiler = canvas.mask(
            path(
                "M -230 -290 C -230 -350 -190 -380 -150 -380 L 270 -380 C 320 -380 350 -350 350 -300 L "
                "350 -150 C 350 -110 320 -90 280 -90 L -170 -90 C -210 -90 -230 -120 -230 -150 Z"
            )
        )
        canvas.shadow(boiler, 24, 0.5, dy=24, clip=column)
        canvas.fill(boiler, down(-380, -90, lighter(accent, 0.55), lighter(accent, 0.12), accent, darker(accent, 0.45)))
        canvas.fill(canvas.soft(box(-200, -352, 520, 26, 12), 9), (255, 255, 255), 0.6, clip=boiler)
        canvas.fill(canvas.soft(box(-200, -130, 520, 20, 8), 12), lighter(accent, 0.6), 0.35, clip=boiler)
        canvas.inner(boiler, -14, -10, 16, (10, 6, 8), 0.5)
        for y in (-300, -164):
            canvas.fill(box(-234, y, 588, 8), across(-234, 350, CHROME[0], CHROME[3], CHROME[0], CHROME[3]))
        canvas.letters("brava", 190, -232, 64, rgb("#f7f3ea") if sum(accent) < 500 else rgb("#5b4a3a"), 0.95)
        _gauge(canvas, 10, -232)
        group = canvas.mask(
            path("M -190 -110 L -10 -110 L -10 -40 C -10 -20 -24 -10 -40 -10 L -160 -10 C -176 -10 -190 -20 -190 -40 Z")
        )
        canvas.fill(group, across(-190, -10, CHROME[3], CHROME[0], CHROME[1], rgb("#4b5055"), CHROME[2]))
        canvas.inner(group, 0, -10, 8, (20, 20, 26), 0.5)
        lever = [(-100, -380), (-100, -420), (-330, -470)]
        canvas.line(lever, 24, Linear((-240, -490), (-200, -400), ramp(CHROME[0], CHROME[3], CHROME[2], CHROME[3])))
        with canvas.placed(placing(-300, -464, 1, 12)):
            grip = canvas.mask(box(-190, -24, 190, 46, 22))
            canvas.fill(grip, down(-24, 22, rgb("#c98a55"), rgb("#7a4526"), rgb("#3a1d0e")))
            _wood(canvas, grip, rgb("#8a5a36"), 60, 4)
        handle = canvas.mask(box(-470, -22, 300, 46, 22))
        canvas.fill(box(-200, -14, 210, 34, 10), down(-14, 20, CHROME[0], CHROME[3], CHROME[1]))
        canvas.shadow(handle, 10, 0.4, dx=10, dy=16)
        canvas.fill(handle, down(-22, 24, rgb("#c98a55"), rgb("#7a4526"), rgb("#3a1d0e")))
        _wood(canvas, handle, rgb("#8a5a36"), 60, 4)
        for x in (-124, -76):
            canvas.fill(
                path(f"M {x - 12} 18 L {x + 12} 18 L {x + 7} 66 L {x - 7} 66 Z"),
                across(x - 12, x + 12, CHROME[0], CHROME[3]),
            )
            canvas.line([(x, 66), (x, 212)], 5, across(x - 3, x + 3, rgb("#8a5228"), rgb("#3b1d0c")))
        canvas.line(
            smooth([(330, -90), (420, -60), (430, 60), (400, 220)], closed=False),
            15,
            across(390, 440, CHROME[0], CHROME[3], CHROME[0]),
        )
        _cup(canvas, -100, 286)


def _gauge(canvas: Canvas, x: float, y: float) -> None:
    canvas.fill(ellipse(x, y, 60), Conic((x, y), ramp(CHROME[0], CHROME[3], CHROME[2], CHROME[3], CHROME[0])))
    dial = canvas.fill(ellipse(x, y, 48), down(y - 48, y + 48, rgb("#fffdf6"), rgb("#e6e0d2")))
    marks = [
        [(x + 36 * math.cos(a), y + 36 * math.sin(a)), (x + 44 * math.cos(a), y + 44 * math.sin(a))]
        for a in (math.radians(140 + i * 26) for i in range(11))
    ]
    canvas.fill(canvas.strokes(marks, 3), rgb("#2b2622"), 0.85)
    canvas.line([(x - 10, y + 8), (x + 28, y - 22)], 4.5, rgb("#c4372b"))
    canvas.fill(ellipse(x, y, 7), rgb("#2b2622"))
    canvas.inner(dial, 4, 6, 6, (0, 0, 0), 0.4)


def _cup(canvas: Canvas, x: float, y: float) -> None:
    canvas.fill(ellipse(x, y, 96, 15), down(y - 15, y + 15, rgb("#ffffff"), rgb("#cfcac2")))
    canvas.line(arc(x + 64, y - 46, 30, 26, -80, 100), 12, rgb("#e9e5de"))
    body = canvas.mask(
        path(
            f"M {x - 72} {y - 84} L {x + 72} {y - 84} C {x + 66} {y - 34} {x + 40} {y - 4} {x} {y - 4} C "
            f"{x - 40} {y - 4} {x - 66} {y - 34} {x - 72} {y - 84} Z"
        )
    )
    canvas.fill(body, across(x - 72, x + 72, rgb("#ffffff"), rgb("#f4f1ec"), rgb("#b9b3aa")))
    canvas.inner(body, 0, -10, 10, (60, 50, 50), 0.4)
    canvas.fill(ellipse(x, y - 84, 72, 12), rgb("#fbf9f5"))
    canvas.fill(ellipse(x, y - 82, 63, 9), across(x - 63, x + 63, rgb("#b9783c"), rgb("#6b3a17"), rgb("#3c1d0b")))
