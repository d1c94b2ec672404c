"""Where things are photographed: seamless studio walls, table tops seen from above, plaster with window light."""

from typing import NamedTuple

from outcry.demo.pictures.canvas import Canvas
from outcry.demo.pictures.colours import Colour, Linear, Radial, Stop, darker, lighter, mix, rgb
from outcry.demo.pictures.shapes import ellipse


class Tone(NamedTuple):
    """A backdrop's colour family: the lit wall, the wall in shade, the floor."""

    lit: Colour
    shade: Colour
    floor: Colour


TONES: dict[str, Tone] = {
    "sand": Tone(rgb("#e9dcc8"), rgb("#bfa98c"), rgb("#d8c5aa")),
    "clay": Tone(rgb("#dba283"), rgb("#9c5a40"), rgb("#c98a6a")),
    "sage": Tone(rgb("#c3cdb8"), rgb("#808f78"), rgb("#aab69d")),
    "slate": Tone(rgb("#8d9cac"), rgb("#3e4a5a"), rgb("#6f7f90")),
    "ink": Tone(rgb("#3a4358"), rgb("#10131d"), rgb("#262d3e")),
    "plum": Tone(rgb("#6e4f68"), rgb("#2a1a2b"), rgb("#553a52")),
    "forest": Tone(rgb("#4d6656"), rgb("#172420"), rgb("#364c40")),
    "blush": Tone(rgb("#f0d2c7"), rgb("#cd9d90"), rgb("#e2bbae")),
    "sky": Tone(rgb("#cfdfe8"), rgb("#88a5b8"), rgb("#b3cad8")),
    "pearl": Tone(rgb("#f2efea"), rgb("#c6c1bb"), rgb("#dfdad4")),
    "mustard": Tone(rgb("#e9bd66"), rgb("#b07f2c"), rgb("#d5a54b")),
    "charcoal": Tone(rgb("#56534f"), rgb("#191817"), rgb("#3a3836")),
    "teal": Tone(rgb("#5f9796"), rgb("#1d4246"), rgb("#437877")),
    "rust": Tone(rgb("#b9603f"), rgb("#5b2318"), rgb("#964a30")),
}


def studio(canvas: Canvas, tone: Tone, horizon: float = 0.62) -> None:
    """A seamless cove: wall runs into floor, lit from the upper left."""
    stops = (
        Stop(0, darker(mix(tone.shade, tone.lit, 0.35), 0.06)),
        Stop(horizon - 0.16, mix(tone.shade, tone.lit, 0.78)),
        Stop(horizon - 0.02, mix(tone.floor, tone.shade, 0.22)),
        Stop(horizon + 0.06, mix(tone.floor, tone.lit, 0.25)),
        Stop(1, mix(tone.floor, tone.shade, 0.55)),
    )
    canvas.fill(canvas.whole(), Linear((0, 0), (0, 1200), stops))
    canvas.glow(560, 400, 1050, 760, lighter(tone.lit, 0.25), 0.5, mode="soft")
    canvas.glow(560, 400, 900, 640, tone.lit, 0.28)
    canvas.glow(760, 1200 * (horizon + 0.14), 1000, 240, lighter(tone.lit, 0.3), 0.3, mode="soft")
    canvas.glow(1750, 300, 900, 1200, mix(tone.shade, (10, 8, 16), 0.3), 0.45, mode="multiply")


def plaster(canvas: Canvas, tone: Tone, horizon: float = 0.7) -> None:
    """A plaster wall over a table edge, with the light of a window falling across it."""
    canvas.fill(canvas.whole(), Linear((0, 0), (1400, 1100), (Stop(0, tone.lit), Stop(1, tone.shade))))
    canvas.grain(canvas.whole(), 5, 46, 40)
    canvas.grain(canvas.whole(), 4, 9, 7)
    wall_end = 1200 * horizon
    wall = canvas.mask([(0, 0), (1600, 0), (1600, wall_end), (0, wall_end)])
    for column in range(2):
        for row in range(3):
            x, y = 210 + column * 330, -150 + row * 270
            pane = [(x, y), (x + 280, y + 70), (x + 460, y + 330), (x + 180, y + 260)]
            light = canvas.soft(pane, 9)
            canvas.fill(light, lighter(tone.lit, 0.6), 0.5, clip=wall, mode="soft")
            canvas.fill(light, lighter(tone.lit, 0.4), 0.22, clip=wall, mode="screen")
    floor = canvas.mask([(0, wall_end), (1600, wall_end), (1600, 1200), (0, 1200)])
    paint = Linear((0, wall_end), (0, 1200), (Stop(0, mix(tone.floor, tone.lit, 0.3)), Stop(1, tone.shade)))
    canvas.fill(floor, paint)
    canvas.glow(620, wall_end + 60, 900, 200, lighter(tone.lit, 0.4), 0.45, clip=floor, mode="soft")
    canvas.fill(
        [(0, wall_end - 34), (1600, wall_end - 34), (1600, wall_end), (0, wall_end)],
        Linear((0, wall_end - 34), (0, wall_end), (Stop(0, tone.shade, 0), Stop(1, darker(tone.shade, 0.3), 0.5))),
    )
    canvas.fill([(0, wall_end), (1600, wall_end), (1600, wall_end + 4), (0, wall_end + 4)], lighter(tone.lit, 0.4), 0.5)


def wall(canvas: Canvas, tone: Tone, horizon: float = 1.1) -> None:
    """Only the plaster wall, for what hangs on it."""
    plaster(canvas, tone, horizon)


def table_top(canvas: Canvas, tone: Tone, horizon: float = 0) -> None:
    """A matt surface seen from above in raking light (no horizon)."""
    canvas.fill(
        canvas.whole(),
        Radial((430, 260), 1750, 1500, (Stop(0, lighter(tone.lit, 0.12)), Stop(0.5, tone.floor), Stop(1, tone.shade))),
    )
    canvas.grain(canvas.whole(), 4, 60, 60)
    canvas.grain(canvas.whole(), 5, 3, 3)
    for offset, width in ((0, 150), (250, 70)):
        band = [(900 + offset, -50), (900 + offset + width, -50), (-150 + offset + width, 1250), (-150 + offset, 1250)]
        canvas.fill(canvas.soft(band, 26), lighter(tone.lit, 0.7), 0.32, mode="soft")


def wood_top(canvas: Canvas, tone: Tone, horizon: float = 0) -> None:
    """Boards of oiled walnut seen from above."""
    base, dark = mix(rgb("#7a5036"), tone.floor, 0.12), rgb("#40261a")
    canvas.fill(
        canvas.whole(), Radial((430, 260), 1750, 1500, (Stop(0, lighter(base, 0.2)), Stop(0.5, base), Stop(1, dark)))
    )
    canvas.grain(canvas.whole(), 11, 700, 11)
    canvas.grain(canvas.whole(), 6, 240, 3)
    for y in (190, 520, 850, 1130):
        canvas.line([(0, y), (1600, y)], 5, (22, 12, 8), 0.6)
        canvas.line([(0, y + 5), (1600, y + 5)], 2.5, rgb("#c79a74"), 0.3)
    canvas.glow(420, 220, 1000, 760, rgb("#ffe6c4"), 0.3, mode="soft")


def table(canvas: Canvas, tone: Tone, horizon: float = 0.66) -> None:
    """A dim wall over a walnut table, seen from the front."""
    edge = 1200 * horizon
    canvas.fill(
        canvas.whole(),
        Radial((560, 380), 1400, 1000, (Stop(0, mix(tone.lit, tone.floor, 0.3)), Stop(1, darker(tone.shade, 0.25)))),
    )
    top = canvas.mask([(0, edge), (1600, edge), (1600, 1200), (0, 1200)])
    canvas.fill(
        top, Linear((0, edge), (0, 1200), (Stop(0, rgb("#9a6a48")), Stop(0.5, rgb("#74492e")), Stop(1, rgb("#3f2518"))))
    )
    canvas.grain(top, 9, 800, 9)
    canvas.grain(top, 5, 260, 3)
    canvas.fill(canvas.soft([(0, edge - 30), (1600, edge - 30), (1600, edge), (0, edge)], 10), (20, 12, 14), 0.28)
    canvas.glow(600, edge + 90, 820, 150, rgb("#ffdcb0"), 0.4, clip=top, mode="soft")
    canvas.glow(560, 380, 700, 520, tone.lit, 0.3)


def standing_shadow(canvas: Canvas, x: float, y: float, rx: float, ry: float, strength: float = 1) -> None:
    """What a standing thing leaves on the floor: a wide faint shade to the right and a tight dark one under it."""
    canvas.shadow(ellipse(x + rx * 0.3, y + ry * 0.3, rx * 1.22, ry * 1.2), ry * 0.8, 0.34 * strength)
    canvas.shadow(ellipse(x + rx * 0.06, y, rx * 1.02, ry * 0.62), ry * 0.34, 0.5 * strength)
    canvas.shadow(ellipse(x, y - ry * 0.12, rx * 0.94, ry * 0.3), ry * 0.12, 0.55 * strength)
