"""Faces of the sample people: a monogram or a small stylised portrait on a gradient."""

import random
from io import BytesIO

from outcry.demo.pictures.canvas import Canvas, Linear, Radial, Stop, darker, lighter, mix, placing, ramp, rgb
from outcry.demo.pictures.shapes import ellipse, path, smooth

SIDE_PIXELS = 256
GROUNDS = (
    ("#f2b79b", "#b5546a"),
    ("#9fc9c1", "#2f6f7a"),
    ("#f0d29a", "#c97b3a"),
    ("#b9b4dc", "#5a4f94"),
    ("#c9d3b0", "#5f7f55"),
    ("#f0c4cf", "#a35a83"),
    ("#a9c4e6", "#3c5d93"),
)
SKINS = ("#f2cfb4", "#e0ac86", "#c68a5f", "#9a6240", "#6b4129")
HAIRS = ("#2a1c17", "#5a3a24", "#8a5a32", "#c99a5a", "#3a3a40", "#b9b3ab", "#7a2f1f")
COATS = ("#27364a", "#7a3b2e", "#3f5a48", "#e6dccb", "#4a3558", "#b98a4a")


def draw_avatar(name: str, seed: int) -> bytes:
    """A 256x256 JPEG portrait or monogram for `name`; the same for the same name and seed."""
    look = random.Random(f"{name}/{seed}")
    canvas = Canvas(SIDE_PIXELS, SIDE_PIXELS, seed)
    top, low = (rgb(c) for c in look.choice(GROUNDS))
    with canvas.placed(placing(0, 0, 1600 / 256)):
        canvas.fill(canvas.whole(), Linear((30, 0), (220, 256), ramp(lighter(top, 0.15), mix(top, low, 0.5), low)))
        canvas.glow(80, 60, 150, 130, lighter(top, 0.6), 0.5)
        if look.random() < 0.25:
            initials = "".join(part[0] for part in name.split()[:2]).upper()
            canvas.letters(initials, 131, 133, 104, darker(low, 0.4), 0.3)
            canvas.letters(initials, 128, 128, 104, (255, 252, 246), 0.96, spacing=2)
        else:
            _portrait(canvas, look)
    out = BytesIO()
    canvas.finish(grain=3, vignette=0.12).save(out, "JPEG", quality=90)
    return out.getvalue()


def _portrait(canvas: Canvas, look: random.Random) -> None:
    """Head and shoulders without features: shapes and light only."""
    skin, hair, coat = rgb(look.choice(SKINS)), rgb(look.choice(HAIRS)), rgb(look.choice(COATS))
    long = look.random() < 0.5
    if long:
        back = canvas.mask(
            smooth(
                [
                    (128, 38),
                    (178, 54),
                    (192, 110),
                    (188, 168),
                    (200, 206),
                    (160, 214),
                    (96, 214),
                    (56, 206),
                    (68, 168),
                    (64, 110),
                    (78, 54),
                ]
            )
        )
        canvas.fill(back, Linear((70, 40), (190, 210), ramp(lighter(hair, 0.16), hair, darker(hair, 0.4))))
    shoulders = canvas.mask(path("M 128 178 C 176 184 220 204 232 262 L 24 262 C 36 204 80 184 128 178 Z"))
    canvas.fill(shoulders, Linear((40, 180), (210, 256), ramp(lighter(coat, 0.22), coat, darker(coat, 0.35))))
    neck = canvas.mask(path("M 106 150 L 150 150 L 154 186 C 146 202 110 202 102 186 Z"))
    canvas.fill(neck, Linear((100, 150), (156, 200), ramp(darker(skin, 0.12), darker(skin, 0.3))))
    face = canvas.mask(
        smooth([(128, 58), (166, 72), (174, 112), (162, 148), (128, 172), (94, 148), (82, 112), (90, 72)])
    )
    canvas.shadow(face, 6, 0.3, dy=8, clip=neck)
    canvas.fill(
        face, Radial((112, 96), 100, 110, (Stop(0, lighter(skin, 0.25)), Stop(0.6, skin), Stop(1, darker(skin, 0.25))))
    )
    canvas.inner(face, -7, -5, 9, darker(skin, 0.6), 0.3)
    fringe = look.choice(
        (
            [
                (80, 116),
                (78, 76),
                (100, 46),
                (140, 40),
                (172, 60),
                (180, 116),
                (168, 96),
                (160, 78),
                (128, 88),
                (104, 80),
                (90, 92),
            ],
            [
                (82, 108),
                (76, 70),
                (106, 40),
                (150, 40),
                (182, 70),
                (176, 112),
                (166, 84),
                (140, 74),
                (112, 76),
                (94, 86),
            ],
            [
                (80, 120),
                (74, 80),
                (96, 44),
                (136, 36),
                (170, 50),
                (182, 88),
                (178, 122),
                (170, 100),
                (150, 70),
                (118, 96),
                (92, 98),
            ],
        )
    )
    top = canvas.mask(smooth(fringe))
    canvas.shadow(top, 4, 0.25, dy=4, clip=face)
    canvas.fill(top, Linear((90, 40), (180, 110), ramp(lighter(hair, 0.28), hair, darker(hair, 0.35))))
    if look.random() < 0.3:
        canvas.fill(
            canvas.strokes([ellipse(108, 112, 17, 15), ellipse(149, 112, 17, 15), [(125, 110), (132, 110)]], 4),
            rgb("#2a2220"),
            0.9,
        )
    if not long and look.random() < 0.45:
        beard = canvas.mask(
            smooth([(86, 120), (98, 136), (128, 140), (158, 136), (170, 120), (164, 154), (128, 182), (92, 154)])
        )
        canvas.fill(beard, Linear((90, 120), (165, 180), ramp(lighter(hair, 0.15), darker(hair, 0.25))), 0.94)
