"""Pictures of the sample world, drawn by code: no photograph, no font, no licence to ask for.

`draw` gives a JPEG of a subject. A seed fixes the thing (its colourway), `view` how it is shown: 0 the whole of it,
1 a detail close up, 2 the whole again from the other side or on another ground.
"""

import random
from collections.abc import Callable
from io import BytesIO
from typing import NamedTuple

from outcry.demo.pictures import (
    animals,
    arts,
    backdrops,
    cabinet,
    cars,
    houses,
    instruments,
    machines,
    outdoors,
    rooms,
    sound,
    villas,
    watches,
    wear,
)
from outcry.demo.pictures.avatars import draw_avatar
from outcry.demo.pictures.backdrops import TONES, Tone
from outcry.demo.pictures.canvas import Affine, Canvas, placing

__all__ = ["SUBJECTS", "VIEWS", "draw", "draw_avatar"]

VIEWS = 3
JPEG_QUALITY = 88

Backdrop = Callable[[Canvas, Tone], None]


class Subject(NamedTuple):
    """How a thing is drawn, where it stands, where its close-up looks, and whether it may be mirrored (no letters)."""

    paint: Callable[[Canvas, random.Random], None]
    backdrop: Backdrop | None
    tones: tuple[str, ...]
    detail: tuple[float, float, float]
    mirrors: bool = True


SUBJECTS: dict[str, Subject] = {
    "car-coupe": Subject(cars.coupe, None, (), (1160, 760, 2.0)),
    "car-roadster": Subject(cars.roadster, None, (), (1010, 680, 2.0)),
    "car-estate": Subject(cars.estate, None, (), (1180, 720, 2.0)),
    "car-offroader": Subject(cars.offroader, None, (), (1130, 690, 1.9)),
    "horse-dusk": Subject(animals.horse_at_dusk, None, (), (1060, 520, 1.9)),
    "horse-mist": Subject(animals.horse_in_mist, None, (), (1080, 460, 2.1)),
    "cottage": Subject(houses.cottage, None, (), (980, 800, 2.0)),
    "villa": Subject(villas.villa, None, (), (980, 720, 1.9)),
    "loft": Subject(houses.loft, None, (), (700, 760, 1.9)),
    "turntable": Subject(sound.turntable, backdrops.table_top, ("sand", "slate", "clay", "sage"),
        (1110, 760, 2.0), False),
    "record": Subject(sound.record, backdrops.wood_top, ("sand", "clay"), (980, 520, 1.9), False),
    "headphones": Subject(sound.headphones, backdrops.studio, ("sage", "clay", "slate", "mustard"), (480, 760, 1.9)),
    "synthesiser": Subject(instruments.synthesiser, backdrops.table_top, ("slate", "mustard", "sage", "blush"),
        (560, 420, 1.9), False),
    "loudspeakers": Subject(sound.loudspeaker, backdrops.table, ("forest", "slate", "clay"), (1010, 700, 1.9), False),
    "guitar": Subject(instruments.guitar, backdrops.plaster, ("clay", "sage", "sand"), (760, 760, 2.0), False),
    "telephone": Subject(machines.telephone, backdrops.table_top, ("blush", "sky", "sand", "mustard"),
        (980, 380, 1.9), False),
    "camera": Subject(machines.camera, backdrops.table, ("sage", "slate", "clay"), (860, 660, 1.8), False),
    "typewriter": Subject(machines.typewriter, backdrops.studio, ("mustard", "blush", "sky", "sage"),
        (620, 720, 1.9), False),
    "coins": Subject(cabinet.coins, backdrops.wood_top, ("sand", "clay"), (640, 520, 1.7), False),
    "chess": Subject(cabinet.chess, backdrops.table, ("ink", "forest", "plum"), (820, 640, 1.8)),
    "globe": Subject(cabinet.globe, backdrops.studio, ("forest", "clay", "ink"), (700, 480, 1.8)),
    "poster": Subject(cabinet.poster, backdrops.wall, ("pearl", "sky", "blush"), (800, 760, 1.7), False),
    "watch": Subject(watches.watch, backdrops.table_top, ("sage", "sand", "slate", "clay"), (820, 600, 1.9), False),
    "sneaker": Subject(wear.sneaker, backdrops.studio, ("blush", "sky", "mustard", "sage"), (960, 660, 1.9)),
    "handbag": Subject(wear.handbag, backdrops.plaster, ("sand", "blush", "sage"), (800, 720, 1.9)),
    "sunglasses": Subject(wear.sunglasses, backdrops.table_top, ("clay", "sky", "mustard", "sand"), (1080, 540, 1.9)),
    "lounge-chair": Subject(rooms.lounge_chair, backdrops.plaster, ("sage", "sand", "clay", "slate"), (560, 480, 1.8)),
    "ceramics": Subject(arts.ceramics, backdrops.plaster, ("sand", "pearl", "sage", "blush"), (900, 700, 1.8)),
    "lamp": Subject(rooms.lamp, backdrops.table, ("plum", "ink", "forest", "teal"), (760, 560, 1.6)),
    "espresso": Subject(rooms.espresso, backdrops.table, ("mustard", "sage", "slate"), (700, 760, 1.9), False),
    "painting": Subject(arts.painting, backdrops.wall, ("slate", "forest", "sand"), (980, 620, 1.9)),
    "rug": Subject(arts.rug, backdrops.wood_top, ("sand",), (560, 480, 1.8)),
    "bicycle": Subject(outdoors.bicycle, backdrops.plaster, ("sky", "sand", "blush", "sage"), (780, 760, 1.8), False),
    "telescope": Subject(outdoors.telescope, None, (), (980, 420, 1.8)),
    "surfboard": Subject(outdoors.surfboard, backdrops.plaster, ("blush", "sky", "sand"), (800, 480, 1.8)),
    "model-yacht": Subject(outdoors.yacht, backdrops.table, ("slate", "sage", "teal"), (760, 760, 1.8), False),
}  # fmt: skip


def _camera(subject: Subject, view: int) -> Affine:
    x, y, zoom = subject.detail
    if view == 1:
        return (zoom, 0, 800 - x * zoom, 0, zoom, 600 - y * zoom)
    if view == 2 and subject.mirrors:
        return placing(1600, 0, 1, flip=True)
    if view == 2:
        return (1.28, 0, 800 - (x * 0.35 + 520) * 1.28, 0, 1.28, 600 - (y * 0.35 + 390) * 1.28)
    return (1, 0, 0, 0, 1, 0)


def draw(subject: str, *, seed: int, view: int = 0, size: tuple[int, int] = (1600, 1200)) -> bytes:
    """A JPEG of `subject` (a key of SUBJECTS); the same bytes for the same arguments.

    Raises KeyError for a subject that is not drawn here, ValueError for a view outside 0..VIEWS-1.
    """
    if not 0 <= view < VIEWS:
        raise ValueError(f"view {view} is not in 0..{VIEWS - 1}")
    what = SUBJECTS[subject]
    canvas = Canvas(*size, seed * VIEWS + view)
    if what.backdrop is not None:
        tone = what.tones[(seed + (view == 2)) % len(what.tones)]
        zoom = (0.0, 0.0, 1.5) if view == 1 else (0.0, 0.0, 1.0)
        with canvas.placed(placing(800 - 800 * zoom[2], 600 - 600 * zoom[2], zoom[2])):
            what.backdrop(canvas, TONES[tone])
    with canvas.placed(_camera(what, view)):
        what.paint(canvas, random.Random(seed))
    out = BytesIO()
    canvas.finish().save(out, "JPEG", quality=JPEG_QUALITY, progressive=True)
    return out.getvalue()
