"""Horses: one at dusk against the sun, one in the morning mist."""

import random

from outcry.demo.pictures import scenery
from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.colours import Colour, Linear, Stop, darker, down, lighter, mix, ramp, rgb
from outcry.demo.pictures.masks import Mask
from outcry.demo.pictures.shapes import Point, ellipse, lock, smooth

BODY: tuple[Point, ...] = (
    (300, -672),
    (296, -700),
    (312, -728),
    (326, -694),
    (346, -664),
    (372, -630),
    (404, -574),
    (436, -532),
    (458, -508),
    (460, -486),
    (446, -474),
    (424, -478),
    (404, -496),
    (376, -516),
    (346, -540),
    (316, -552),
    (296, -516),
    (276, -462),
    (260, -412),
    (258, -366),
    (246, -320),
    (226, -282),
    (190, -262),
    (150, -262),
    (96, -254),
    (20, -246),
    (-60, -252),
    (-120, -270),
    (-150, -276),
    (-190, -258),
    (-226, -262),
    (-252, -290),
    (-270, -340),
    (-278, -396),
    (-266, -446),
    (-228, -484),
    (-170, -504),
    (-100, -498),
    (-20, -478),
    (50, -484),
    (104, -514),
    (150, -552),
    (204, -620),
    (256, -664),
)
NEAR_FORE: tuple[Point, ...] = (
    (240, -330),
    (236, -270),
    (224, -210),
    (220, -172),
    (216, -140),
    (210, -80),
    (214, -52),
    (226, -26),
    (240, -6),
    (240, 0),
    (240, 0),
    (196, 0),
    (196, 0),
    (192, -24),
    (184, -50),
    (186, -82),
    (186, -140),
    (180, -170),
    (172, -220),
    (146, -280),
    (160, -330),
)
FAR_FORE: tuple[Point, ...] = (
    (250, -330),
    (276, -272),
    (296, -216),
    (304, -184),
    (306, -156),
    (318, -96),
    (330, -66),
    (350, -46),
    (372, -30),
    (372, -24),
    (372, -24),
    (334, -16),
    (334, -16),
    (318, -40),
    (302, -62),
    (292, -96),
    (276, -156),
    (264, -190),
    (240, -240),
    (196, -290),
    (200, -330),
)
NEAR_HIND: tuple[Point, ...] = (
    (-150, -330),
    (-146, -280),
    (-160, -238),
    (-196, -196),
    (-214, -164),
    (-216, -128),
    (-212, -76),
    (-204, -48),
    (-190, -24),
    (-178, -6),
    (-178, 0),
    (-178, 0),
    (-222, 0),
    (-222, 0),
    (-228, -28),
    (-236, -54),
    (-240, -86),
    (-248, -132),
    (-266, -168),
    (-268, -190),
    (-256, -226),
    (-266, -290),
    (-276, -350),
    (-220, -400),
)
FAR_HIND: tuple[Point, ...] = (
    (-150, -320),
    (-126, -270),
    (-130, -226),
    (-150, -184),
    (-156, -156),
    (-142, -112),
    (-122, -70),
    (-106, -46),
    (-88, -26),
    (-74, -10),
    (-74, 0),
    (-74, 0),
    (-118, 0),
    (-118, 0),
    (-132, -30),
    (-150, -56),
    (-170, -100),
    (-192, -150),
    (-204, -180),
    (-196, -214),
    (-204, -270),
    (-230, -330),
)


def _strands(look: random.Random, root: list[Point], fall: Point, spread: float, count: int) -> list[list[Point]]:
    """Locks of hair hanging from a line."""
    out: list[list[Point]] = []
    for i in range(count):
        x, y = root[int(i / count * (len(root) - 1))]
        dx, dy = fall[0] + look.gauss(0, spread), fall[1] * look.uniform(0.6, 1.1)
        out.append(
            smooth(
                [
                    (x, y),
                    (x + dx * 0.2 + look.gauss(0, 3), y + dy * 0.35),
                    (x + dx * 0.7, y + dy * 0.7),
                    (x + dx, y + dy),
                ],
                closed=False,
            )
        )
    return out


def _hair(canvas: Canvas, look: random.Random, colour: Colour, wind: float) -> None:
    crest = smooth([(316, -716), (284, -690), (240, -656), (192, -610), (148, -560), (112, -524)], closed=False)
    dock = smooth([(-258, -456), (-276, -444), (-284, -424)], closed=False)
    groups = (
        (_strands(look, crest, (-14 - wind * 0.8, 96), 10, 80), 22),
        (_strands(look, dock, (-40 - wind * 1.3, 350), 20, 50), 26),
        (_strands(look, [(310, -714), (320, -704)], (40, 60), 7, 8), 12),
    )
    for lines, width in groups:
        mass = canvas.mask(*[lock(line, width) for line in lines])
        canvas.fill(mass, colour)
        canvas.fill(canvas.mask(*[lock(line, width * 0.3) for line in lines[::2]]), lighter(colour, 0.35), 0.4)
        canvas.fill(canvas.mask(*[lock(line, width * 0.25) for line in lines[1::3]]), darker(colour, 0.6), 0.5)


def _far_legs(canvas: Canvas, colour: Colour) -> Mask:
    far = canvas.mask(smooth(FAR_FORE), smooth(FAR_HIND))
    canvas.fill(far, down(-330, 0, darker(colour, 0.45), darker(colour, 0.65)))
    return far


def horse_at_dusk(canvas: Canvas, look: random.Random) -> None:
    """A silhouette on a ridge with the sun behind it, edges alight."""
    air = scenery.AIRS[look.choice(("dusk", "dusk", "blue"))]
    scenery.sky(canvas, air, 860, (870, 620))
    scenery.clouds(canvas, look, air, 120, 560, 9)
    canvas.fill(
        ellipse(870, 640, 190), Linear((870, 450), (870, 830), ramp(lighter(air.sun, 0.5), air.sun, air.sky[-1]))
    )
    canvas.glow(870, 640, 560, 480, air.sun, 0.5)
    scenery.ridges(canvas, look, air, 900, 3, 120)
    scenery.mist(canvas, look, air, 820, 960, 0.5)
    scenery.meadow(canvas, look, air, 900)
    coat = mix(air.ground, rgb("#150d12"), 0.5)
    with canvas.placed(placing(790, 1010, 1.08)):
        canvas.shadow(ellipse(0, 6, 330, 16), 12, 0.7)
        _far_legs(canvas, coat)
        whole = canvas.mask(smooth(BODY), smooth(NEAR_FORE), smooth(NEAR_HIND))
        canvas.fill(whole, Linear((0, -700), (0, 0), ramp(lighter(coat, 0.06), coat, darker(coat, 0.4))))
        canvas.inner(whole, -4, 5, 3, mix(air.sun, air.sky[-2], 0.4), 0.9, "screen")
        canvas.inner(whole, -5, 12, 12, air.sky[-2], 0.4, "screen")
        _hair(canvas, look, darker(coat, 0.2), 44)
    scenery.mist(canvas, look, air, 1000, 1060, 0.22)


COATS = (
    (rgb("#7a4526"), rgb("#1c100c")),
    (rgb("#a8672f"), rgb("#e9cf9a")),
    (rgb("#b9b6b0"), rgb("#e8e4da")),
    (rgb("#3a2a24"), rgb("#120c0a")),
)


def horse_in_mist(canvas: Canvas, look: random.Random) -> None:
    """A horse in soft morning light, coat and muscle shaded."""
    coat, hair = look.choice(COATS)
    air = scenery.AIRS["morning"]
    scenery.sky(canvas, air, 800, (420, 460))
    scenery.ridges(canvas, look, air, 800, 4, 130)
    scenery.treeline(canvas, look, 808, 90, mix(air.land, air.haze, 0.45))
    scenery.treeline(canvas, look, 812, 56, mix(air.land, air.haze, 0.15))
    scenery.mist(canvas, look, air, 720, 860, 0.75)
    scenery.meadow(canvas, look, air, 800)
    with canvas.placed(placing(790, 1030, 1.16)):
        canvas.shadow(ellipse(30, 4, 350, 22), 18, 0.5)
        _far_legs(canvas, coat)
        whole = canvas.mask(smooth(BODY), smooth(NEAR_FORE), smooth(NEAR_HIND))
        stops = (
            Stop(0, lighter(coat, 0.22)),
            Stop(0.35, lighter(coat, 0.1)),
            Stop(0.6, coat),
            Stop(0.8, darker(coat, 0.5)),
            Stop(1, darker(hair, 0.3) if sum(hair) < 200 else darker(coat, 0.5)),
        )
        canvas.fill(whole, Linear((-60, -690), (0, 0), stops))
        _muscle(canvas, whole, coat)
        canvas.inner(whole, 10, 16, 14, lighter(air.sun, 0.2), 0.45, "screen")
        canvas.inner(whole, -14, -22, 26, darker(coat, 0.8), 0.55)
        canvas.fill([(190, -30), (250, -30), (250, 2), (190, 2)], rgb("#2b221d"), clip=whole)
        canvas.fill([(-236, -24), (-170, -24), (-170, 2), (-236, 2)], rgb("#2b221d"), clip=whole)
        canvas.fill(ellipse(362, -618, 8, 6.5, 30), rgb("#0c0808"))
        canvas.fill(ellipse(360, -620, 1.6), (255, 250, 240), 0.7)
        canvas.fill(ellipse(448, -500, 6, 4, 60), darker(coat, 0.8))
        canvas.line(smooth([(456, -484), (440, -486), (424, -494)], closed=False), 3, darker(coat, 0.75), 0.8)
        _bridle(canvas)
        _hair(canvas, look, hair, 10)
        canvas.grain(whole, 4, 3, 3)
    scenery.mist(canvas, look, air, 1020, 1110, 0.34)


def _muscle(canvas: Canvas, whole: Mask, coat: Colour) -> None:
    light, shade = lighter(coat, 0.75), darker(coat, 0.75)
    for x, y, rx, ry in (
        (-190, -430, 110, 80),
        (180, -420, 80, 100),
        (20, -430, 190, 60),
        (250, -580, 60, 80),
        (-210, -240, 26, 60),
        (204, -210, 18, 70),
        (340, -590, 30, 40),
    ):
        canvas.glow(x - 14, y - 16, rx, ry, light, 0.42, clip=whole, mode="soft")
        canvas.glow(x - 14, y - 16, rx * 0.7, ry * 0.6, light, 0.2, clip=whole)
    for x, y, rx, ry in (
        (96, -330, 70, 120),
        (-130, -320, 90, 110),
        (-10, -262, 240, 60),
        (300, -520, 50, 70),
        (214, -330, 60, 40),
        (330, -545, 50, 30),
        (-230, -330, 40, 100),
    ):
        canvas.glow(x, y, rx, ry, shade, 0.27, clip=whole, mode="multiply")
    canvas.line(smooth([(176, -470), (150, -400), (140, -330), (160, -280)], closed=False), 5, shade, 0.18, clip=whole)


def _bridle(canvas: Canvas) -> None:
    leather = rgb("#3a1d12")
    for strap in (
        [(300, -676), (328, -606), (352, -548)],
        [(352, -548), (414, -556)],
        [(338, -674), (352, -640), (330, -600)],
        [(414, -558), (430, -500)],
        [(362, -532), (430, -500)],
    ):
        canvas.line(smooth(strap, closed=False), 7, leather)
        canvas.line([(x - 1.4, y - 1.4) for x, y in smooth(strap, closed=False)], 2, rgb("#b98a62"), 0.7)
    canvas.fill(ellipse(430, -500, 9), rgb("#cfb268"))
