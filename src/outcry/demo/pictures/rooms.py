"""For the home: a lounge chair, ceramics, a table lamp, an espresso machine, a painting, a rug."""

import math
import random

from outcry.demo.pictures.backdrops import standing_shadow
from outcry.demo.pictures.canvas import (
    Canvas,
    Colour,
    Conic,
    Linear,
    Mask,
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
