"""Things people wear: a running shoe, a handbag, sunglasses."""

import random

from outcry.demo.pictures.backdrops import standing_shadow
from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.colours import Colour, Linear, Radial, Stop, across, darker, down, lighter, ramp, rgb
from outcry.demo.pictures.masks import Mask
from outcry.demo.pictures.shapes import arc, box, ellipse, path, smooth

SHOES: tuple[tuple[Colour, Colour, Colour, Colour], ...] = (
    (rgb("#f1ece3"), rgb("#d4552f"), rgb("#24405c"), rgb("#f7f3ea")),
    (rgb("#33485a"), rgb("#e6b450"), rgb("#dfe6ea"), rgb("#f2ede2")),
    (rgb("#d9cdb8"), rgb("#50684f"), rgb("#8c5b3e"), rgb("#efe7d6")),
    (rgb("#2a2a2e"), rgb("#c8ccd2"), rgb("#b3262e"), rgb("#f0eeea")),
)


def sneaker(canvas: Canvas, look: random.Random) -> None:
    """A retro running shoe from the side."""
    upper, accent, second, sole = look.choice(SHOES)
    with canvas.placed(placing(800, 640, 1.0, -3)):
        standing_shadow(canvas, 0, 252, 560, 46)
        _shoe_sole(canvas, sole, accent)
        body = canvas.mask(
            path(
                "M -530 140 C -566 90 -560 20 -534 -60 C -520 -104 -530 -150 -536 -186 C -536 -206 -516 -212 -496 -200 "
                "C -452 -172 -428 -128 -372 -116 C -316 -106 -262 -130 -224 -168 C -206 -188 -190 -206 -172 -220 "
                "C -156 -230 -136 -226 -122 -214 C -60 -160 20 -98 112 -62 C 180 -38 250 -54 330 -44 C "
                "440 -30 530 30 562 104 "
                "C 574 136 560 160 520 166 L -490 170 C -516 168 -526 156 -530 140 Z"
            )
        )
        inside = canvas.mask(
            path(
                "M -530 -176 C -500 -226 -430 -236 -370 -226 C -300 -222 -240 -224 -176 -222 L -224 -160 "
                "C -262 -120 -316 -100 -372 -110 C -428 -122 -452 -166 -496 -194 Z"
            )
        )
        canvas.fill(inside, down(-230, -110, darker(second, 0.35), darker(second, 0.75)))
        canvas.fill(body, Linear((-200, -260), (120, 190), ramp(lighter(upper, 0.25), upper, darker(upper, 0.28))))
        canvas.grain(body, 6, 2.5, 2.5)
        _shoe_panels(canvas, body, accent, second, upper)
        _shoe_laces(canvas, body, sole, upper)
        canvas.inner(body, 0, -34, 30, (20, 14, 26), 0.42)
        canvas.inner(body, -22, 10, 26, (20, 14, 26), 0.25)
        canvas.inner(body, 12, 14, 14, (255, 250, 240), 0.35, "screen")


def _shoe_sole(canvas: Canvas, sole: Colour, accent: Colour) -> None:
    mid = canvas.mask(
        path(
            "M -556 92 C -590 150 -596 210 -570 236 C -400 262 200 262 400 244 C 500 232 590 186 596 118 "
            "C 594 96 574 92 556 104 C 520 128 440 140 340 142 C 150 146 60 134 -80 126 C -260 116 -420 108 -556 92 Z"
        )
    )
    canvas.fill(mid, down(100, 258, lighter(sole, 0.4), sole, darker(sole, 0.24)))
    wedge = canvas.mask(
        path("M -590 160 C -400 166 -180 172 40 188 C 240 202 440 196 600 134 L 594 190 L 300 226 L -590 208 Z")
    )
    canvas.fill(wedge.meet(mid), across(-580, 590, darker(accent, 0.1), accent, darker(accent, 0.22)))
    ribs = [[(-540 + i * 17, 128), (-545 + i * 17, 156)] for i in range(34)]
    canvas.fill(canvas.strokes(ribs, 2), darker(sole, 0.3), 0.22, clip=mid)
    canvas.inner(mid, 0, -16, 12, (20, 14, 20), 0.4)
    tread = canvas.mask(
        path(
            "M -574 224 C -400 250 240 248 420 230 C 500 220 570 188 592 150 C 600 190 560 240 470 256 "
            "C 300 278 -380 278 -536 260 C -556 256 -570 242 -574 224 Z"
        )
    )
    canvas.fill(tread, down(220, 272, rgb("#4a3a30"), rgb("#201815")))
    lugs = [[(-550 + i * 19, 254), (-546 + i * 19, 280)] for i in range(54)]
    canvas.fill(canvas.strokes(lugs, 5), (14, 10, 10), 0.55, clip=tread)


def _shoe_panels(canvas: Canvas, body: Mask, accent: Colour, second: Colour, upper: Colour) -> None:
    toe = path("M 190 -60 C 280 -20 330 70 330 170 L 600 170 L 600 60 C 520 -60 340 -80 190 -60 Z")
    heel = path("M -600 -100 L -548 -60 C -450 -60 -380 -20 -330 40 C -300 80 -300 130 -310 180 L -600 180 Z")
    eye = path(
        "M -200 -262 C -130 -280 -90 -230 -60 -200 C 10 -130 110 -90 230 -60 C 200 -20 120 -8 40 -18 C "
        "-60 -36 -170 -90 -230 -170 Z"
    )
    stripe = path("M -280 172 C -200 120 -130 40 -96 -72 L 0 -30 C -40 70 -110 140 -180 172 Z")
    for outline, colour in ((toe, second), (heel, second), (eye, accent), (stripe, accent)):
        piece = canvas.mask(outline).meet(body)
        canvas.shadow(piece, 6, 0.35, dx=3, dy=6, clip=body)
        canvas.fill(piece, Linear((-200, -240), (150, 190), ramp(lighter(colour, 0.22), colour, darker(colour, 0.25))))
        canvas.grain(piece, 9, 3, 3)
        canvas.inner(piece, 3, 3, 3, lighter(colour, 0.6), 0.45, "screen")
        canvas.line(outline, 2.4, lighter(upper, 0.4), 0.0)
    for seam in (
        "M 176 -52 C 266 -14 316 74 316 160",
        "M -540 -46 C -446 -46 -390 -10 -342 46 C -312 86 -312 130 -320 166",
        "M -264 166 C -188 116 -116 40 -84 -64",
        "M -190 166 C -122 136 -54 70 -12 -30",
        "M -216 -158 C -160 -84 -50 -28 44 -10 C 120 0 190 -12 222 -50",
    ):
        _stitches(canvas, path(seam), lighter(upper, 0.6), body)
    collar = canvas.mask(
        path(
            "M -560 -140 C -548 -230 -500 -220 -470 -180 C -430 -134 -390 -112 -330 -116 C -270 -124 "
            "-240 -150 -206 -192 "
            "L -196 -150 C -236 -100 -290 -74 -352 -76 C -420 -80 -460 -110 -490 -140 C -510 -150 -520 -130 -526 -100 Z"
        )
    ).meet(body)
    canvas.fill(collar, down(-220, -90, lighter(second, 0.2), darker(second, 0.3)))
    canvas.inner(collar, 0, 8, 10, (255, 255, 255), 0.25, "screen")


def _stitches(canvas: Canvas, points: tuple[tuple[float, float], ...], colour: Colour, clip: Mask) -> None:
    dashes = [[a, b] for a, b in zip(points[::2], points[1::2], strict=False)]
    canvas.fill(canvas.strokes(dashes, 2.6), colour, 0.7, clip=clip)


def _shoe_laces(canvas: Canvas, body: Mask, lace: Colour, upper: Colour) -> None:
    tongue = path("M -196 -206 C -226 -280 -196 -318 -140 -306 C -104 -296 -76 -250 -40 -190 L -110 -180 Z")
    canvas.fill(tongue, Linear((-180, -320), (-60, -200), ramp(lighter(upper, 0.3), darker(upper, 0.2))))
    canvas.inner(tongue, -8, -8, 10, (20, 10, 20), 0.35)
    for i in range(6):
        t = i / 5
        x, y = -138 + t * 270, -206 + t * 150 + 26 * t * (1 - t)
        rope = arc(x + 22, y - 4, 62, 22, 150, 350, 34)
        canvas.shadow(canvas.stroke(rope, 15), 5, 0.4, dx=3, dy=7)
        canvas.line(rope, 15, darker(lace, 0.2))
        canvas.line(rope, 10, lighter(lace, 0.2))
        canvas.line(rope, 3, darker(lace, 0.15), 0.5)
        canvas.fill(ellipse(x - 34, y + 10, 9), rgb("#33302e"))
        canvas.line(ellipse(x - 34, y + 10, 9), 3, rgb("#d9d4c8"), 0.9, closed=True)


BAGS: tuple[tuple[Colour, Colour], ...] = (
    (rgb("#8a4a2c"), rgb("#d8b26a")),
    (rgb("#20392f"), rgb("#d8b26a")),
    (rgb("#6c1f2a"), rgb("#dcdfe3")),
    (rgb("#c9a77c"), rgb("#d8b26a")),
)


def handbag(canvas: Canvas, look: random.Random) -> None:
    """A structured top-handle bag with a turn lock."""
    leather, metal = look.choice(BAGS)
    with canvas.placed(placing(800, 660)):
        standing_shadow(canvas, 0, 318, 400, 48)
        handle = arc(0, -180, 178, 250, 180, 360)
        canvas.shadow(canvas.stroke(handle, 34), 20, 0.25, dx=40, dy=30)
        for width, colour, shift in (
            (36, darker(leather, 0.45), 0),
            (27, leather, -2),
            (10, lighter(leather, 0.3), -6),
        ):
            canvas.line([(x + shift, y + shift) for x, y in handle], width, colour, 1 if width > 20 else 0.6)
        body = canvas.mask(
            path(
                "M -318 -170 C -330 -182 -320 -196 -300 -196 L 300 -196 C 320 -196 330 -182 318 -170 "
                "C 350 -20 392 160 400 270 C 402 306 384 322 350 322 L -350 322 C -384 322 -402 306 -400 270 "
                "C -392 160 -350 -20 -318 -170 Z"
            )
        )
        canvas.fill(
            body, Linear((-360, -200), (380, 330), ramp(lighter(leather, 0.26), leather, darker(leather, 0.42)))
        )
        canvas.grain(body, 6, 5, 5)
        canvas.grain(body, 4, 2, 2)
        for side in (-1, 1):
            gusset = canvas.mask(
                path(
                    f"M {side * 318} -176 C {side * 300} 0 {side * 322} 180 {side * 344} 322 L {side * 404} 322 "
                    f"L {side * 404} 240 C {side * 390} 130 {side * 350} -30 {side * 318} -176 Z"
                )
            ).meet(body)
            canvas.fill(gusset, (10, 4, 4), 0.3)
        flap_line = path(
            "M -330 -176 L -318 40 C -310 110 -270 128 -200 132 L 200 132 C 270 128 310 110 318 40 L 330 -176 Z"
        )
        flap = canvas.mask(
            path(
                "M -322 -196 L 322 -196 L 318 -176 L 322 30 C 314 112 274 130 200 134 L -200 134 "
                "C -274 130 -314 112 -322 30 L -318 -176 Z"
            )
        )
        canvas.shadow(flap, 18, 0.6, dx=4, dy=20, clip=body)
        canvas.fill(flap, Linear((-300, -200), (320, 190), ramp(lighter(leather, 0.34), leather, darker(leather, 0.3))))
        canvas.grain(flap, 6, 5, 5)
        canvas.grain(flap, 4, 2, 2)
        canvas.inner(flap, 0, -9, 7, (10, 4, 4), 0.6)
        canvas.inner(flap, 5, 6, 5, lighter(leather, 0.7), 0.4, "screen")
        inset = [(x * 0.94, y * 0.9 + 2) for x, y in flap_line if y > -170]
        _stitches(canvas, tuple(inset), lighter(leather, 0.5), flap)
        canvas.inner(body, 0, -26, 24, (10, 4, 4), 0.5)
        _bag_hardware(canvas, metal, leather)


def _bag_hardware(canvas: Canvas, metal: Colour, leather: Colour) -> None:
    shine = (lighter(metal, 0.7), metal, darker(metal, 0.5), lighter(metal, 0.5), darker(metal, 0.3))
    for side in (-1, 1):
        tab = canvas.mask(box(side * 178 - 30, -206, 60, 84, 14))
        canvas.shadow(tab, 8, 0.5, dx=3, dy=8)
        canvas.fill(tab, down(-206, -120, lighter(leather, 0.25), darker(leather, 0.25)))
        canvas.line(
            ellipse(side * 178, -206, 30),
            11,
            Linear((side * 178 - 30, -236), (side * 178 + 30, -170), ramp(*shine)),
            closed=True,
        )
        canvas.fill(
            ellipse(side * 178, -146, 8), Radial((side * 178 - 3, -149), 10, 10, ramp(shine[0], metal, shine[2]))
        )
    plate = box(-56, 62, 112, 92, 18)
    canvas.shadow(plate, 10, 0.6, dx=5, dy=9)
    canvas.fill(plate, Linear((-56, 62), (56, 154), ramp(*shine)))
    canvas.inner(plate, 3, 3, 3, (255, 255, 255), 0.7, "screen")
    canvas.inner(plate, -3, -3, 3, (30, 16, 4), 0.5)
    canvas.shadow(box(-11, 78, 22, 62, 10), 6, 0.6, dx=4, dy=6)
    canvas.fill(box(-12, 76, 24, 62, 11), across(-12, 12, shine[0], metal, shine[2]))
    for x, y in ((-180, 318), (180, 318)):
        canvas.fill(ellipse(x, y, 12, 8), Radial((x - 3, y - 3), 14, 10, ramp(shine[0], metal, shine[2])))


def sunglasses(canvas: Canvas, look: random.Random) -> None:
    """Acetate sunglasses lying open, seen from above the front."""
    frame, lens = look.choice(
        ((rgb("#5a3016"), rgb("#3b5a4a")), (rgb("#16161a"), rgb("#27384a")), (rgb("#b98c5a"), rgb("#5b3a2a")))
    )
    with canvas.placed(placing(800, 590, 1.06, -6)):
        for side in (-1, 1):
            temple = smooth(
                [(side * 500, -90), (side * 506, -180), (side * 490, -330), (side * 440, -440), (side * 380, -480)],
                closed=False,
            )
            canvas.shadow(canvas.stroke(temple, 30), 26, 0.45, dx=30, dy=46)
            canvas.line(temple, 32, darker(frame, 0.45))
            canvas.line([(x - 4, y - 4) for x, y in temple], 16, lighter(frame, 0.12), 0.8)
        rims = [_rim(side) for side in (-1, 1)]
        bridge = path("M -112 -96 C -60 -150 60 -150 112 -96 L 96 -30 C 50 -84 -50 -84 -96 -30 Z")
        whole = canvas.mask(*rims, bridge)
        lenses = [
            [(side * 300 + (x - side * 300) * 0.82, 10 + (y - 10) * 0.8) for x, y in rim]
            for side, rim in zip((-1, 1), rims, strict=True)
        ]
        canvas.shadow(whole, 40, 0.5, dx=40, dy=70)
        canvas.shadow(whole, 12, 0.5, dx=10, dy=18)
        for side, glass in zip((-1, 1), lenses, strict=True):
            pool = canvas.mask([(x + 36, y + 66) for x, y in glass])
            canvas.fill(canvas.soft(pool, 26), lighter(lens, 0.5), 0.45, mode="soft")
            canvas.fill(
                glass,
                Linear(
                    (side * 300, -170),
                    (side * 300, 190),
                    (Stop(0, darker(lens, 0.55), 0.97), Stop(0.55, lens, 0.92), Stop(1, lighter(lens, 0.45), 0.78)),
                ),
            )
            clip = canvas.mask(glass)
            shine = [
                (side * 300 - 250, -30),
                (side * 300 + 120, -210),
                (side * 300 - 20, -230),
                (side * 300 - 260, -180),
            ]
            canvas.fill(canvas.soft(shine, 22), lighter(lens, 0.8), 0.34, clip=clip, mode="screen")
            canvas.glow(side * 300 + 70, 150, 170, 90, lighter(lens, 0.7), 0.4, clip=clip)
            canvas.inner(clip, 5, 9, 12, (0, 0, 0), 0.6)
        holes = canvas.mask(*lenses)
        acetate = whole.cut(holes)
        canvas.fill(
            acetate, Linear((-500, -200), (500, 220), ramp(lighter(frame, 0.22), frame, darker(frame, 0.3), frame))
        )
        canvas.grain(acetate, 26, 60, 34)
        canvas.grain(acetate, 14, 22, 18)
        canvas.inner(acetate, 5, 6, 5, (255, 240, 220), 0.65, "screen")
        canvas.inner(acetate, -5, -7, 6, (10, 4, 2), 0.7)
        for side in (-1, 1):
            canvas.fill(
                box(side * 478 - 16, -92, 32, 12, 5),
                across(side * 478 - 16, side * 478 + 16, rgb("#fff0c8"), rgb("#a87a35")),
            )


def _rim(side: int) -> list[tuple[float, float]]:
    half = path(
        "M 96 -60 C 110 -150 190 -182 300 -184 C 410 -186 490 -168 520 -120 C 528 -96 516 -70 506 -50 "
        "C 500 60 440 190 310 194 C 190 198 120 110 96 -60 Z"
    )
    return [(side * x, y) for x, y in half]
