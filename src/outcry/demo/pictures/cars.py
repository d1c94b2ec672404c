"""Cars in profile: an air-cooled coupe, an open roadster, a square estate, an off-roader."""

import math
import random

from outcry.demo.pictures import scenery
from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.car_shapes import COUPE, ESTATE, OFFROADER, ROADSTER, Car
from outcry.demo.pictures.colours import (
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
from outcry.demo.pictures.masks import Mask
from outcry.demo.pictures.shapes import Point, arc, box, ellipse, path

CHROME = (rgb("#fdfdfc"), rgb("#aeb2b6"), rgb("#e6e8e9"), rgb("#6a6f74"), rgb("#cfd2d3"))


def _ground_shade(canvas: Canvas) -> None:
    canvas.shadow(ellipse(30, 204, 640, 34), 26, 0.75)
    canvas.shadow(ellipse(10, 196, 560, 17), 9, 0.8)


def _body(canvas: Canvas, car: Car, colour: Colour, air: scenery.Air) -> Mask:
    shell = canvas.mask(path(car.body))
    xs = [y for _, y in path(car.body)]
    top, bottom = min(xs), max(xs)
    stops = (
        Stop(0, lighter(mix(colour, air.sky[1], 0.35), 0.45)),
        Stop(0.34, lighter(colour, 0.22)),
        Stop(0.5, colour),
        Stop(0.62, darker(colour, 0.24)),
        Stop(0.7, darker(mix(colour, air.land, 0.2), 0.42)),
        Stop(0.86, darker(colour, 0.2)),
        Stop(1, darker(colour, 0.62)),
    )
    canvas.fill(shell, Linear((0, top), (0, bottom), stops))
    canvas.fill(
        shell,
        across(-600, 600, (96, 90, 100), (140, 138, 136), (168, 164, 158), (120, 116, 118), (84, 80, 90)),
        0.5,
        mode="overlay",
    )
    for i, line in enumerate(car.shoulder):
        points = path(line)
        canvas.fill(
            canvas.soft(canvas.stroke(points, 15 if i == 0 else 10), 7),
            lighter(air.sun, 0.3),
            0.62 if i == 0 else 0.4,
            clip=shell,
            mode="screen",
        )
        canvas.fill(
            canvas.soft(canvas.stroke([(x, y + 20) for x, y in points], 16), 10),
            darker(colour, 0.7),
            0.3,
            clip=shell,
            mode="multiply",
        )
    canvas.inner(shell, 0, 7, 5, lighter(air.sun, 0.5), 0.75, "screen")
    canvas.inner(shell, 0, -22, 18, (10, 8, 14), 0.6)
    canvas.inner(shell, -16, 0, 16, (10, 8, 14), 0.35)
    for line in car.seams:
        canvas.line(path(line), 3.2, darker(colour, 0.75), 0.8, clip=shell)
        canvas.line([(x + 3, y + 1.5) for x, y in path(line)], 1.8, lighter(colour, 0.6), 0.4, clip=shell)
    return shell


def _glasshouse(canvas: Canvas, car: Car, air: scenery.Air) -> None:
    for outline in car.glass:
        points = path(outline)
        pane = canvas.mask(points)
        top, bottom = min(y for _, y in points), max(y for _, y in points)
        canvas.fill(
            pane,
            Linear(
                (0, top),
                (0, bottom),
                (
                    Stop(0, mix(rgb("#1a222b"), air.sky[0], 0.55)),
                    Stop(0.5, rgb("#151b22")),
                    Stop(0.52, rgb("#232b31")),
                    Stop(1, mix(rgb("#2c343a"), air.haze, 0.35)),
                ),
            ),
        )
        middle = sum(x for x, _ in points) / len(points)
        beam = [
            (middle - 60, bottom + 10),
            (middle + 10, bottom + 10),
            (middle + 96, top - 10),
            (middle + 26, top - 10),
        ]
        canvas.fill(canvas.soft(beam, 5), lighter(air.sky[-1], 0.4), 0.22, clip=pane, mode="screen")
        canvas.inner(pane, 4, 7, 7, (0, 0, 0), 0.7)
        canvas.line(points, 5, Linear((0, top), (0, bottom), ramp(*CHROME[:4])), 0.95, closed=True)


def _wheel(canvas: Canvas, centre: Point, radius: float, rim: str, body: Mask) -> None:
    x, y = centre
    canvas.fill(ellipse(x, y - 2, radius * 1.17), (9, 8, 10), clip=body)
    canvas.line(arc(x, y - 2, radius * 1.18, radius * 1.18, 190, 350), 4, (255, 255, 255), 0.35, clip=body)
    canvas.fill(
        ellipse(x, y, radius),
        Radial(
            (x - radius * 0.2, y - radius * 0.3),
            radius * 1.4,
            radius * 1.4,
            ramp(rgb("#37373b"), rgb("#1c1c1f"), rgb("#0b0b0c")),
        ),
    )
    canvas.line(ellipse(x, y, radius * 0.84), 2, (120, 120, 126), 0.5, closed=True)
    inner = radius * 0.68
    canvas.fill(ellipse(x, y, inner), Conic((x, y), ramp(*CHROME, *CHROME, CHROME[0]), 215))
    canvas.fill(ellipse(x, y, inner * 0.9), rgb("#17181a") if rim != "disc" else rgb("#b5b9bc"))
    spots = [
        (x + inner * k * math.cos(math.radians(a)), y + inner * k * math.sin(math.radians(a)))
        for k, a in ((0.6, i * 72 - 90) for i in range(5))
    ]
    if rim == "five":
        for i in range(5):
            with canvas.placed(placing(x, y, inner, i * 72 - 90)):
                canvas.fill(
                    path("M 0.1 -0.2 C 0.4 -0.1 0.7 -0.13 0.92 -0.26 L 0.92 0.26 C 0.7 0.13 0.4 0.1 0.1 0.2 Z"),
                    across(0, 0.92, CHROME[3], CHROME[0], CHROME[1]),
                )
    elif rim == "wire":
        spokes = [
            [
                (x + inner * 0.16 * math.cos(a + s), y + inner * 0.16 * math.sin(a + s)),
                (x + inner * 0.9 * math.cos(a), y + inner * 0.9 * math.sin(a)),
            ]
            for i in range(36)
            for s in (0.9 if i % 2 else -0.9,)
            for a in (math.radians(i * 10),)
        ]
        canvas.fill(canvas.strokes(spokes, 2.2), rgb("#e9ebec"), 0.9)
    else:
        face = CHROME[2] if rim == "disc" else rgb("#d9d4c6")
        canvas.fill(
            ellipse(x, y, inner * 0.88),
            Radial(
                (x - inner * 0.3, y - inner * 0.35),
                inner * 1.3,
                inner * 1.3,
                ramp(lighter(face, 0.5), face, darker(face, 0.5)),
            ),
        )
        canvas.fill([ellipse(px, py, inner * 0.13) for px, py in spots], rgb("#1c1d20"))
        canvas.line(ellipse(x, y, inner * 0.42), 3, darker(face, 0.4), 0.6, closed=True)
    canvas.fill(
        ellipse(x, y, inner * 0.22),
        Radial((x - 5, y - 6), inner * 0.3, inner * 0.3, ramp(CHROME[0], CHROME[1], CHROME[3])),
    )
    canvas.fill(arc(x, y, radius, radius, 0, 180), fading((0, 0, 0), (x, y), (x, y + radius), 0, 0.6))


def _lamp(canvas: Canvas, x: float, y: float, rx: float, ry: float, tint: Colour) -> None:
    canvas.fill(ellipse(x, y, rx + 4, ry + 4), Linear((x, y - ry), (x, y + ry), ramp(*CHROME[:4])))
    glass = canvas.fill(
        ellipse(x, y, rx, ry),
        Radial((x - rx * 0.2, y - ry * 0.3), rx * 1.3, ry * 1.3, ramp(lighter(tint, 0.8), tint, darker(tint, 0.55))),
    )
    canvas.glow(x - rx * 0.3, y - ry * 0.4, rx * 0.8, ry * 0.6, (255, 255, 255), 0.8, clip=glass)


def _stage(canvas: Canvas, look: random.Random, car: Car) -> tuple[Colour, scenery.Air]:
    """The road it stands on; and the paint and the hour, drawn from the seed."""
    colour, air = rgb(look.choice(car.paints)), scenery.AIRS[look.choice((car.air, car.air, "dusk", "golden"))]
    scenery.sky(canvas, air, 720, (380, 560))
    scenery.clouds(canvas, look, air, 120, 480)
    scenery.ridges(canvas, look, air, 720, 3, 110)
    scenery.road(canvas, look, air, 720)
    return colour, air


def coupe(canvas: Canvas, look: random.Random) -> None:
    """A rear-engined coupe of the seventies."""
    colour, air = _stage(canvas, look, COUPE)
    with canvas.placed(placing(800, 720, 1.06)):
        _ground_shade(canvas)
        shell = _body(canvas, COUPE, colour, air)
        _glasshouse(canvas, COUPE, air)
        canvas.line([(-84, -160), (-80, -74)], 9, darker(colour, 0.2))
        _common(canvas, COUPE, colour, shell, bumper=(96, 30))
        _lamp(canvas, 520, -4, 17, 40, rgb("#dfe6e2"))
        canvas.fill(
            path("M -600 20 L -574 12 L -570 44 L -604 50 Z"), across(-604, -570, rgb("#7a1512"), rgb("#e0453a"))
        )
        canvas.fill(path("M 566 40 L 588 52 L 590 66 L 566 58 Z"), rgb("#f0a23c"))


def _common(canvas: Canvas, car: Car, colour: Colour, shell: Mask, bumper: tuple[float, float]) -> None:
    """What every car has: wheels, sill, bumpers, handle, mirror."""
    canvas.line(
        [(car.wheels[0][0] + car.radius * 1.2, car.sill), (car.wheels[1][0] - car.radius * 1.2, car.sill)],
        9,
        rgb("#1b1b1e"),
    )
    for centre in car.wheels:
        _wheel(canvas, centre, car.radius, car.rim, shell)
    y, height = bumper
    ends = path(car.body)
    left, right = min(x for x, _ in ends), max(x for x, _ in ends)
    for x, width in ((left - 8, 110), (right - 92, 100)):
        bar = canvas.mask(box(x, y, width, height, height / 2))
        canvas.shadow(bar, 5, 0.5, dy=6, clip=shell)
        canvas.fill(bar, down(y, y + height, CHROME[0], CHROME[1], CHROME[3], CHROME[2]))


def roadster(canvas: Canvas, look: random.Random) -> None:
    """An open two-seater with the roof down."""
    colour, air = _stage(canvas, look, ROADSTER)
    with canvas.placed(placing(800, 720, 1.08)):
        _ground_shade(canvas)
        leather = rgb("#8a5230")
        for x in (-128, -20):
            seat = canvas.mask(
                path(
                    f"M {x - 44} -40 C {x - 56} -90 {x - 50} -132 {x - 24} -138 C {x + 4} -140 {x + 10} "
                    f"-110 {x + 6} -40 Z"
                )
            )
            canvas.fill(
                seat, across(x - 50, x + 10, darker(leather, 0.4), lighter(leather, 0.25), darker(leather, 0.2))
            )
        canvas.line(arc(96, -66, 16, 44, 100, 300, 24), 8, rgb("#3a2418"))
        canvas.fill(path("M -168 -54 C -200 -86 -300 -84 -320 -54 Z"), down(-84, -50, rgb("#4a3a30"), rgb("#1f1612")))
        screen = canvas.mask(path("M 176 -60 L 112 -164 C 106 -170 96 -170 94 -162 L 130 -58 Z"))
        canvas.fill(
            screen,
            Linear((90, -160), (180, -60), ramp(lighter(air.sky[1], 0.5), mix(air.sky[0], (30, 40, 50), 0.4))),
            0.6,
        )
        canvas.line([(178, -58), (112, -166), (94, -168)], 8, across(94, 178, *CHROME[:4]))
        shell = _body(canvas, ROADSTER, colour, air)
        _common(canvas, ROADSTER, colour, shell, bumper=(70, 22))
        _lamp(canvas, 560, 10, 15, 32, rgb("#e6ebe6"))
        canvas.fill(
            path("M -606 22 L -580 12 L -576 40 L -610 44 Z"), across(-610, -576, rgb("#7a1512"), rgb("#e0453a"))
        )
        canvas.fill(box(-104, -24, 56, 9, 4), down(-24, -15, CHROME[0], CHROME[3]))


def estate(canvas: Canvas, look: random.Random) -> None:
    """A square-shouldered family estate with roof rails."""
    colour, air = _stage(canvas, look, ESTATE)
    with canvas.placed(placing(800, 720, 1.04)):
        _ground_shade(canvas)
        shell = _body(canvas, ESTATE, colour, air)
        _glasshouse(canvas, ESTATE, air)
        _common(canvas, ESTATE, colour, shell, bumper=(74, 34))
        canvas.line([(-490, -236), (-10, -238)], 9, down(-242, -232, CHROME[0], CHROME[3]))
        for x in (-470, -250, -40):
            canvas.line([(x, -236), (x, -218)], 8, rgb("#4a4d50"))
        canvas.line([(-606, 34), (608, 36)], 11, rgb("#222326"))
        canvas.line([(-606, 31), (608, 33)], 2.4, rgb("#c9cccd"))
        canvas.fill(box(560, -26, 42, 44, 5), across(560, 602, rgb("#f0c37a"), rgb("#f3f4f2"), rgb("#9fa6a8")))
        canvas.fill(
            box(-610, -30, 26, 96, 4), down(-30, 66, rgb("#e0453a"), rgb("#c9402f"), rgb("#f2e9dc"), rgb("#8f1d18"))
        )
        for x in (-80, -276):
            canvas.fill(box(x, -46, 62, 12, 4), down(-46, -34, CHROME[0], CHROME[3]))
        canvas.fill(
            path("M 150 -76 L 196 -80 C 204 -100 196 -112 176 -112 C 156 -112 148 -98 150 -76 Z"),
            down(-112, -76, rgb("#46494c"), rgb("#151618")),
        )


def offroader(canvas: Canvas, look: random.Random) -> None:
    """An upright off-roader with a roof rack."""
    colour, air = _stage(canvas, look, OFFROADER)
    with canvas.placed(placing(800, 720, 1.06)):
        _ground_shade(canvas)
        canvas.fill(box(-590, -90, 40, 190, 16), across(-590, -550, rgb("#111113"), rgb("#37373b"), rgb("#0d0d0e")))
        shell = _body(canvas, OFFROADER, colour, air)
        white = canvas.mask(box(-540, -300, 700, 38)).meet(shell)
        canvas.fill(white, down(-292, -258, rgb("#fbf9f2"), rgb("#cfcabd")))
        _glasshouse(canvas, OFFROADER, air)
        canvas.fill(box(-556, 90, 1120, 22, 5), rgb("#1c1c1f"), clip=shell)
        _common(canvas, OFFROADER, colour, shell, bumper=(66, 34))
        for x, _ in OFFROADER.wheels:
            canvas.line(arc(x, 86, 136, 134, 186, 354), 17, rgb("#1d1d20"))
        canvas.line([(-470, -322), (110, -324)], 9, rgb("#232327"))
        canvas.line([(-470, -300), (110, -302)], 7, rgb("#232327"))
        canvas.fill(
            canvas.strokes([[(-460 + i * 94, -322), (-460 + i * 94, -290)] for i in range(7)], 7), rgb("#232327")
        )
        case = canvas.mask(box(-380, -372, 210, 52, 10))
        canvas.fill(case, down(-372, -320, rgb("#b98a52"), rgb("#8a5f33"), rgb("#4a2f18")))
        canvas.fill(box(-130, -360, 170, 40, 18), down(-360, -320, rgb("#6f7a58"), rgb("#39402c")))
        _lamp(canvas, 520, -26, 13, 28, rgb("#e9ece6"))
        canvas.fill(box(510, 14, 22, 24, 6), rgb("#f0a23c"))
        canvas.fill(box(-552, 4, 20, 40, 5), rgb("#c9302a"))
        canvas.fill(
            path("M 152 -92 L 186 -96 C 192 -126 184 -136 168 -136 C 154 -136 148 -120 152 -92 Z"), rgb("#1d1e21")
        )
        for x in (-6, -190):
            canvas.fill(box(x, -50, 40, 12, 4), rgb("#1d1e21"))
        canvas.fill(
            canvas.strokes([[(226 + i * 12, -24), (226 + i * 12, 10)] for i in range(6)], 5), darker(colour, 0.7), 0.7
        )
