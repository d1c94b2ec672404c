"""Places to live: a stone cottage, a brick loft building."""

import random

from outcry.demo.pictures import scenery
from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.colours import Colour, Linear, across, darker, down, lighter, mix, ramp, rgb
from outcry.demo.pictures.masks import Mask
from outcry.demo.pictures.shapes import Point, arc, box, ellipse, path

WARM = rgb("#ffd48a")


def _window(
    canvas: Canvas,
    x: float,
    y: float,
    width: float,
    height: float,
    frame: Colour,
    columns: int,
    rows: int,
    lit: bool,
    air: scenery.Air,
) -> None:
    """A framed window with glazing bars; lit ones glow into the evening."""
    outer = canvas.mask(box(x - 9, y - 9, width + 18, height + 18, 3))
    canvas.shadow(outer, 5, 0.5, dx=3, dy=5)
    canvas.fill(outer, down(y - 9, y + height + 9, lighter(frame, 0.3), frame))
    pane = canvas.mask(box(x, y, width, height))
    if lit:
        canvas.fill(pane, down(y, y + height, rgb("#fff0c2"), WARM, rgb("#e69a4a")))
        canvas.fill(
            path(
                f"M {x} {y} L {x + width * 0.26} {y} C {x + width * 0.22} {y + height * 0.5} "
                f"{x + width * 0.1} {y + height * 0.8} {x} {y + height * 0.9} Z"
            ),
            rgb("#c97f3c"),
            0.5,
            clip=pane,
        )
        canvas.glow(x + width / 2, y + height / 2, width * 1.5, height * 1.4, WARM, 0.3)
    else:
        canvas.fill(
            pane,
            Linear(
                (x, y),
                (x + width, y + height),
                ramp(mix(air.sky[0], (20, 30, 40), 0.35), mix(air.sky[1], (30, 40, 50), 0.2), air.sky[-1]),
            ),
        )
        canvas.fill(
            [(x, y + height), (x + width * 0.5, y), (x + width * 0.8, y), (x + width * 0.3, y + height)],
            (255, 255, 255),
            0.16,
            clip=pane,
        )
    canvas.inner(pane, 4, 6, 5, (20, 14, 14), 0.55)
    bars = [[(x + width * i / columns, y), (x + width * i / columns, y + height)] for i in range(1, columns)]
    bars += [[(x, y + height * i / rows), (x + width, y + height * i / rows)] for i in range(1, rows)]
    if bars:
        canvas.fill(canvas.strokes(bars, 5, round_ends=False), frame)


def stones(
    canvas: Canvas,
    look: random.Random,
    wall: Mask,
    bounds: tuple[float, float, float, float],
    tone: Colour,
    course: float,
    long: float,
) -> None:
    """Courses of stone or brick."""
    x0, y0, x1, y1 = bounds
    groups: tuple[list[list[Point]], ...] = ([], [], [])
    y, row = y0, 0
    while y < y1:
        x = x0 - (long / 2 if row % 2 else 0)
        while x < x1:
            wide = long * look.uniform(0.7, 1.3)
            look.choice(groups).append(box(x + 1.5, y + 1.5, wide - 3, course - 3, 3))
            x += wide
        y += course
        row += 1
    for group, tint, opacity in zip(
        groups,
        (lighter(tone, 0.28), darker(tone, 0.25), mix(tone, rgb("#b98a5c"), 0.4)),
        (0.42, 0.36, 0.4),
        strict=True,
    ):
        if group:
            canvas.fill(canvas.mask(*group), tint, opacity, clip=wall)


def cottage(canvas: Canvas, look: random.Random) -> None:
    """A stone cottage at the end of a garden path, lamps lit."""
    air = scenery.AIRS[look.choice(("golden", "dusk"))]._replace(ground=rgb("#56663c"))
    stone, roof, door = look.choice(
        (
            (rgb("#b7a488"), rgb("#5a4a48"), rgb("#35604f")),
            (rgb("#d9cfbd"), rgb("#8a4a36"), rgb("#2f5673")),
            (rgb("#a8968a"), rgb("#4a4f58"), rgb("#8a2f2a")),
        )
    )
    scenery.sky(canvas, air, 800, (330, 520))
    scenery.clouds(canvas, look, air, 90, 420)
    scenery.ridges(canvas, look, air, 800, 3, 140)
    scenery.treeline(canvas, look, 822, 150, mix(air.land, rgb("#3c4a38"), 0.5))
    scenery.meadow(canvas, look, air, 815, blades=False)
    with canvas.placed(placing(800, 880)):
        canvas.shadow(ellipse(120, 8, 620, 40), 26, 0.6)
        for x in (-330, 380):
            stack = canvas.mask(box(x - 44, -640, 88, 220))
            canvas.fill(stack, across(x - 44, x + 44, lighter(stone, 0.1), stone, darker(stone, 0.5)))
            stones(canvas, look, stack, (x - 44, -640, x + 44, -420), stone, 20, 40)
            canvas.fill(box(x - 52, -652, 104, 20, 3), darker(stone, 0.3))
            canvas.fill(box(x - 18, -690, 36, 42, 6), across(x - 18, x + 18, rgb("#c9774f"), rgb("#6a3420")))
        wall = canvas.mask(box(-480, -330, 960, 336))
        canvas.fill(wall, Linear((-480, -330), (480, 6), ramp(lighter(stone, 0.2), stone, darker(stone, 0.28))))
        stones(canvas, look, wall, (-480, -330, 480, 6), stone, 24, 54)
        canvas.grain(wall, 8, 6, 6)
        slope = canvas.mask([(-430, -560), (430, -560), (530, -314), (-530, -314)])
        canvas.shadow(slope, 14, 0.5, dy=18, clip=wall)
        canvas.fill(slope, Linear((-300, -560), (100, -310), ramp(lighter(roof, 0.3), roof, darker(roof, 0.3))))
        tiles: list[list[Point]] = []
        for row in range(12):
            y = -556 + row * 21
            tiles.append([(-540, y), (540, y)])
            tiles.extend(
                [
                    [(-540 + i * 30 + (15 if row % 2 else 0), y), (-540 + i * 30 + (15 if row % 2 else 0), y + 20)]
                    for i in range(37)
                ]
            )
        canvas.fill(canvas.strokes(tiles, 2.4), darker(roof, 0.6), 0.5, clip=slope)
        canvas.grain(slope, 12, 26, 18)
        canvas.fill(box(-436, -568, 872, 18, 8), darker(roof, 0.2))
        for x in (-240, 240):
            front = canvas.mask([(x - 86, -330), (x - 86, -430), (x, -522), (x + 86, -430), (x + 86, -330)])
            canvas.shadow(front, 12, 0.4, dx=12, dy=6, clip=slope)
            canvas.fill(
                front, Linear((x - 86, -520), (x + 86, -330), ramp(lighter(stone, 0.25), stone, darker(stone, 0.2)))
            )
            stones(canvas, look, front, (x - 90, -530, x + 90, -330), stone, 24, 50)
            canvas.line([(x - 112, -412), (x, -534), (x + 112, -412)], 22, darker(roof, 0.25), round_ends=False)
            canvas.line([(x - 112, -420), (x, -542), (x + 112, -420)], 5, lighter(roof, 0.35), 0.7, round_ends=False)
            _window(canvas, x - 42, -432, 84, 86, rgb("#f3ede0"), 2, 2, x > 0, air)
        for x, lit in ((-420, True), (-210, False), (110, True), (320, True)):
            _window(canvas, x, -236, 104, 130, rgb("#f3ede0"), 2, 3, lit, air)
            canvas.fill(box(x - 18, -94, 140, 26, 6), darker(stone, 0.4))
            blooms = [
                ellipse(x - 10 + look.uniform(0, 124), -98 + look.uniform(-16, 8), look.uniform(5, 10))
                for _ in range(34)
            ]
            canvas.fill([ellipse(x - 10 + k * 9, -94 + look.uniform(-8, 8), 12, 10) for k in range(15)], rgb("#4f6b41"))
            canvas.fill(list(blooms), look.choice((rgb("#d9566a"), rgb("#f3efe6"), rgb("#e0a03c"))))
        _door(canvas, -52, -214, 112, 214, door, stone)
        _garden(canvas, look, air)


def _door(canvas: Canvas, x: float, y: float, width: float, height: float, colour: Colour, stone: Colour) -> None:
    canvas.fill(box(x - 22, y - 22, width + 44, height + 22, 10), lighter(stone, 0.3))
    leaf = canvas.mask(box(x, y, width, height, 6))
    canvas.fill(leaf, Linear((x, y), (x + width, y + height), ramp(lighter(colour, 0.25), colour, darker(colour, 0.3))))
    for px in (x + 12, x + width / 2 + 5):
        for py, tall in ((y + 74, 54), (y + 138, 64)):
            panel = canvas.mask(box(px, py, width / 2 - 17, tall, 2))
            canvas.inner(panel, 3, 4, 3, darker(colour, 0.7), 0.8)
            canvas.inner(panel, -2, -3, 2, lighter(colour, 0.6), 0.5, "screen")
    canvas.fill(arc(x + width / 2, y + 60, 44, 44, 180, 360), down(y + 16, y + 60, rgb("#fff0c2"), WARM))
    canvas.fill(ellipse(x + width - 16, y + 132, 6), rgb("#e0b860"))
    canvas.inner(leaf, 5, 8, 7, (0, 0, 0), 0.5)
    canvas.glow(x + width + 50, y + 20, 90, 90, WARM, 0.7)
    canvas.fill(box(x + width + 40, y + 6, 18, 30, 5), rgb("#fff4d6"))


def _garden(canvas: Canvas, look: random.Random, air: scenery.Air) -> None:
    trail = canvas.mask(
        path(
            "M -50 4 L 62 4 C 90 90 60 150 130 240 C 160 290 200 330 240 380 L -230 380 C -180 300 -110 "
            "240 -90 170 C -70 110 -60 60 -50 4 Z"
        )
    )
    canvas.fill(trail, down(0, 340, mix(rgb("#b9a88c"), air.haze, 0.4), rgb("#8f7f6a"), rgb("#4f463d")))
    slabs = [
        ellipse(look.uniform(-40, 70) + (y / 330) * look.uniform(-130, 60), y, 34 + y * 0.12, 9 + y * 0.04)
        for y in range(20, 340, 26)
    ]
    canvas.fill(list(slabs), lighter(rgb("#b9a88c"), 0.25), 0.6, clip=trail)
    canvas.grain(trail, 9, 6, 4)
    for side in (-1, 1):
        for depth in range(5):
            shrubs: list[list[Point]] = []
            lights: list[list[Point]] = []
            for _ in range(70):
                t = look.random()
                x = side * (120 + t * 620) + look.gauss(0, 20)
                y = 14 + depth * 46 + look.gauss(0, 16) + abs(x) * 0.05
                r = look.uniform(10, 24) * (0.7 + depth * 0.2)
                shrubs.append(ellipse(x, y, r, r * 0.8))
                if look.random() < 0.42:
                    lights.append(ellipse(x - r * 0.3, y - r * 0.3, r * 0.45, r * 0.3))
            green = mix(rgb("#54693f"), air.ground, 0.35)
            canvas.fill(list(shrubs), darker(green, 0.1 + depth * 0.12))
            canvas.fill(list(lights), mix(green, air.sun, 0.35), 0.6)
            petals = [
                ellipse(side * look.uniform(130, 720), 8 + depth * 46 + look.gauss(0, 14), look.uniform(4, 8))
                for _ in range(20)
            ]
            canvas.fill(
                list(petals), look.choice((rgb("#d98aa6"), rgb("#f1e6d2"), rgb("#a98bd0"), rgb("#e8b04a"))), 0.92
            )


def loft(canvas: Canvas, look: random.Random) -> None:
    """A brick warehouse made into lofts, a few windows lit."""
    brick = look.choice((rgb("#94503c"), rgb("#7a4a44"), rgb("#a8694a")))
    air = scenery.AIRS[look.choice(("golden", "blue"))]
    scenery.sky(canvas, air, 1000, (300, 420))
    scenery.clouds(canvas, look, air, 60, 360)
    for i in range(12):
        x, tall = i * 140 - 30, look.uniform(240, 560)
        canvas.fill(
            box(x, 1000 - tall, look.uniform(120, 180), tall),
            down(1000 - tall, 1000, mix(air.land, air.haze, 0.55), air.haze),
        )
    with canvas.placed(placing(800, 1040)):
        canvas.fill(box(-900, -20, 1800, 220), down(-20, 160, rgb("#6a6664"), rgb("#2d2b2e")))
        canvas.fill(box(-900, -20, 1800, 34), mix(rgb("#a39d95"), air.haze, 0.2))
        facade = canvas.mask(box(-560, -880, 1120, 872))
        canvas.shadow(facade, 40, 0.5, dx=40, dy=6)
        canvas.fill(facade, Linear((-560, -880), (560, 0), ramp(lighter(brick, 0.2), brick, darker(brick, 0.35))))
        stones(canvas, look, facade, (-560, -880, 560, 0), brick, 15, 38)
        canvas.grain(facade, 7, 4, 3)
        canvas.grain(facade, 7, 160, 120)
        for y, tall in ((-900, 40), (-660, 14), (-430, 14), (-206, 22)):
            band = canvas.mask(box(-576, y, 1152, tall, 2))
            canvas.shadow(band, 9, 0.6, dy=10)
            canvas.fill(band, down(y, y + tall, rgb("#d9c9b4"), rgb("#8f8072")))
        for row, y in enumerate((-846, -626, -400)):
            for column in range(5):
                x = -522 + column * 212
                canvas.fill(arc(x + 90, y + 8, 104, 30, 180, 360), darker(brick, 0.35))
                _window(canvas, x, y, 180, 166, rgb("#2d2c2e"), 4, 4, look.random() < 0.42, air)
                canvas.fill(box(x - 14, y + 174, 208, 13), rgb("#cfc0ac"))
                if row == 2 and column in (1, 3):
                    canvas.fill(box(x - 10, y + 154, 200, 8), rgb("#1f1f22"))
        for column in range(5):
            x = -530 + column * 212
            _window(canvas, x, -172, 196, 166, rgb("#24302f"), 3, 1, column in (0, 1, 4), air)
        canvas.fill(box(-120, -184, 220, 180), rgb("#24302f"))
        _window(canvas, -96, -160, 80, 152, rgb("#1b2424"), 1, 2, True, air)
        _window(canvas, 0, -160, 80, 152, rgb("#1b2424"), 1, 2, True, air)
        canvas.fill([(-150, -196), (130, -196), (150, -176), (-170, -176)], rgb("#1d2625"))
        for x in (-700, 690):
            canvas.line([(x, 10), (x, -330)], 9, rgb("#232427"))
            canvas.fill(ellipse(x, -344, 20, 26), rgb("#fff2cf"))
            canvas.glow(x, -344, 150, 150, WARM, 0.6)
        canvas.fill(canvas.soft([(-560, 0), (560, 0), (700, 60), (-640, 60)], 16), (10, 8, 14), 0.35)
