"""Avatars of the sample people: a monogram on a lit gradient. No faces: a drawing should not guess at a person."""

import random
from io import BytesIO

from outcry.demo.pictures.canvas import Canvas, placing
from outcry.demo.pictures.colours import Linear, darker, lighter, mix, ramp, rgb
from outcry.demo.pictures.shapes import ellipse

SIDE_PIXELS = 256
JPEG_QUALITY = 90
GROUNDS = (
    ("#f2b79b", "#b5546a"),
    ("#9fc9c1", "#2f6f7a"),
    ("#f0d29a", "#c97b3a"),
    ("#b9b4dc", "#5a4f94"),
    ("#c9d3b0", "#5f7f55"),
    ("#f0c4cf", "#a35a83"),
    ("#a9c4e6", "#3c5d93"),
    ("#c9b8a4", "#6b4a3a"),
    ("#8fa3b5", "#26384d"),
)


def draw_avatar(name: str, seed: int) -> bytes:
    """A 256x256 JPEG monogram for `name`; the same bytes for the same name and seed."""
    look = random.Random(f"{name}/{seed}")
    canvas = Canvas(SIDE_PIXELS, SIDE_PIXELS, seed)
    top, low = (rgb(colour) for colour in look.choice(GROUNDS))
    initials = "".join(part[0] for part in name.split() if part[0].isalpha())[:2].upper()
    with canvas.placed(placing(0, 0, 1600 / SIDE_PIXELS)):
        tilt = look.uniform(-60, 60)
        canvas.fill(canvas.whole(), Linear((90 + tilt, 0), (166 - tilt, 256), ramp(top, mix(top, low, 0.5), low)))
        for _ in range(3):
            x, y, radius = look.uniform(0, 256), look.uniform(0, 256), look.uniform(60, 130)
            canvas.fill(canvas.soft(ellipse(x, y, radius), 6), lighter(top, 0.4), 0.16)
        canvas.glow(70, 50, 150, 130, lighter(top, 0.6), 0.5)
        canvas.letters(initials, 130, 132, 100, darker(low, 0.5), 0.28)
        canvas.letters(initials, 128, 129, 100, (255, 252, 246), 0.97)
    out = BytesIO()
    canvas.finish(grain=3, vignette=0.15).save(out, "JPEG", quality=JPEG_QUALITY)
    return out.getvalue()
