"""A small vector renderer on Pillow: supersampled masks, gradients of any direction, soft shadows, inner shading.

Only masks are supersampled; colour is laid at final size, which keeps a 1600x1200 picture within a fraction of a
second. Coordinates are picture units (1600 wide) run through a camera, so a close-up is drawn sharp, not enlarged.
"""

import math
import random
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Literal

from PIL import Image, ImageChops, ImageDraw, ImageFont

from outcry.demo.pictures.colours import (
    CONE_SIZE,
    RAMP_LENGTH,
    RAMP_PADDING,
    Colour,
    Conic,
    Linear,
    Paint,
    Radial,
    Stop,
    channel_tables,
    cone,
    disc,
    ramp_strip,
)
from outcry.demo.pictures.masks import Mask, What, blurred, dimming
from outcry.demo.pictures.shapes import Contour, Point, ellipse

SUPERSAMPLING = 3
Mode = Literal["normal", "multiply", "screen", "overlay", "soft"]
Affine = tuple[float, float, float, float, float, float]


def _compose(outer: Affine, inner: Affine) -> Affine:
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    return (a * g + b * j, a * h + b * k, a * i + b * m + c, d * g + e * j, d * h + e * k, d * i + e * m + f)


def _inverse(affine: Affine) -> Affine:
    a, b, c, d, e, f = affine
    det = a * e - b * d
    return (e / det, -b / det, (b * f - c * e) / det, -d / det, a / det, (c * d - a * f) / det)


def placing(
    x: float, y: float, scale: float = 1, turn_degrees: float = 0, scale_y: float | None = None, flip: bool = False
) -> Affine:
    """The map that puts the origin at (x, y), scaled, turned and perhaps mirrored."""
    cos, sin = math.cos(math.radians(turn_degrees)), math.sin(math.radians(turn_degrees))
    sx, sy = (-scale if flip else scale), (scale if scale_y is None else scale_y)
    return (cos * sx, -sin * sy, x, sin * sx, cos * sy, y)


class Canvas:
    """A picture being painted. All lengths are picture units under the current camera."""

    def __init__(self, width: int, height: int, seed: int, ground: Colour = (128, 128, 128)) -> None:
        self.image = Image.new("RGB", (width, height), ground)
        self.width, self.height = width, height
        self.random = random.Random(seed)
        self._map: Affine = (width / 1600, 0, 0, 0, width / 1600, 0)

    # --- where things go ---------------------------------------------------------------------------------------
    @contextmanager
    def placed(self, affine: Affine) -> Generator[None]:
        """Draw within another frame of coordinates."""
        before = self._map
        self._map = _compose(before, affine)
        try:
            yield
        finally:
            self._map = before

    @property
    def unit(self) -> float:
        """Pixels per picture unit here."""
        a, b, _, d, e, _ = self._map
        return math.sqrt(abs(a * e - b * d))

    def _pixels(self, points: Contour) -> list[Point]:
        a, b, c, d, e, f = self._map
        return [(a * x + b * y + c, d * x + e * y + f) for x, y in points]

    def _window(self, points: Sequence[Point], margin: float) -> tuple[int, int, int, int]:
        xs, ys = [p[0] for p in points], [p[1] for p in points]
        left, top = max(0, math.floor(min(xs) - margin)), max(0, math.floor(min(ys) - margin))
        right, bottom = min(self.width, math.ceil(max(xs) + margin)), min(self.height, math.ceil(max(ys) + margin))
        return (left, top, max(left + 1, right), max(top + 1, bottom))

    # --- masks -------------------------------------------------------------------------------------------------
    def mask(self, *contours: Contour) -> Mask:
        """Antialiased coverage of the union of some outlines."""
        shapes = [self._pixels(contour) for contour in contours]
        left, top, right, bottom = self._window([p for shape in shapes for p in shape], 1)
        k = SUPERSAMPLING
        big = Image.new("L", ((right - left) * k, (bottom - top) * k))
        pen = ImageDraw.Draw(big)
        for shape in shapes:
            pen.polygon([((x - left) * k, (y - top) * k) for x, y in shape], fill=255)
        return Mask(left, top, big.reduce(k))

    def stroke(self, points: Contour, width: float, *, closed: bool = False, round_ends: bool = True) -> Mask:
        """Antialiased coverage of a line of the given width."""
        line = [*points, points[0], points[1]] if closed else points
        return self.strokes([line], width, round_ends=round_ends and not closed)

    def strokes(self, lines: Sequence[Contour], width: float, *, round_ends: bool = True) -> Mask:
        """Antialiased coverage of many lines of one width at once."""
        shapes = [self._pixels(line) for line in lines]
        breadth = width * self.unit
        left, top, right, bottom = self._window([p for shape in shapes for p in shape], breadth / 2 + 2)
        k = SUPERSAMPLING
        big = Image.new("L", ((right - left) * k, (bottom - top) * k))
        pen = ImageDraw.Draw(big)
        thick = max(1, round(breadth * k))
        r = thick / 2
        for shape in shapes:
            line = [((x - left) * k, (y - top) * k) for x, y in shape]
            pen.line(line, fill=255, width=thick, joint="curve")
            if round_ends:
                for x, y in (line[0], line[-1]):
                    pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
        coverage = big.reduce(k)
        if breadth < 0.9:
            coverage = coverage.point(dimming(round(max(0.15, breadth), 2)))
        return Mask(left, top, coverage)

    def whole(self) -> Mask:
        """The whole picture."""
        return Mask(0, 0, Image.new("L", (self.width, self.height), 255))

    def _mask_of(self, what: What) -> Mask:
        if isinstance(what, Mask):
            return what
        if what and isinstance(what[0][0], (int, float)):
            return self.mask(what)  # type: ignore[arg-type]
        return self.mask(*what)  # type: ignore[arg-type]

    # --- paint -------------------------------------------------------------------------------------------------
    def _field(self, paint: Linear | Radial | Conic, bounds: tuple[int, int, int, int]) -> Image.Image:
        """How far along the gradient each pixel lies, 0 to 255."""
        size = (bounds[2] - bounds[0], bounds[3] - bounds[1])
        back = _compose(_inverse(self._map), (1, 0, bounds[0], 0, 1, bounds[1]))
        if isinstance(paint, Conic):
            return self._cone_field(paint, back, size)
        if isinstance(paint, Linear):
            (x0, y0), (x1, y1) = paint.start, paint.end
            dx, dy = x1 - x0, y1 - y0
            per_unit = RAMP_LENGTH / (dx * dx + dy * dy or 1.0)
            first = RAMP_LENGTH * RAMP_PADDING - (x0 * dx + y0 * dy) * per_unit
            local: Affine = (dx * per_unit, dy * per_unit, first, 0, 0, 1.5)
            return ramp_strip().transform(
                size, Image.Transform.AFFINE, _compose(local, back), Image.Resampling.NEAREST, fillcolor=255
            )
        (cx, cy), kx, ky = paint.centre, 127 / paint.rx, 127 / paint.ry
        local = (kx, 0, 128 - cx * kx, 0, ky, 128 - cy * ky)
        # A wide disc is smooth enough at half size.
        half = 2 if size[0] * size[1] > 300_000 else 1
        affine = _compose(_compose(local, back), (half, 0, 0, 0, half, 0))
        small = (-(-size[0] // half), -(-size[1] // half))
        field = disc().transform(small, Image.Transform.AFFINE, affine, Image.Resampling.BILINEAR, fillcolor=255)
        return field if half == 1 else field.resize(size, Image.Resampling.BILINEAR)

    @staticmethod
    def _cone_field(paint: Conic, back: Affine, size: tuple[int, int]) -> Image.Image:
        """Angles around the centre: the cone is stretched over the farthest corner, so it never ends early."""
        corners = [(0, 0), (size[0], 0), (0, size[1]), size]
        local = [(back[0] * x + back[1] * y + back[2], back[3] * x + back[4] * y + back[5]) for x, y in corners]
        reach = max(math.hypot(x - paint.centre[0], y - paint.centre[1]) for x, y in local) * 1.05 + 1
        half = CONE_SIZE / 2
        turn = placing(half, half, half / reach, -paint.start_degrees)
        to_cone = _compose(_compose(turn, (1, 0, -paint.centre[0], 0, 1, -paint.centre[1])), back)
        return cone().transform(size, Image.Transform.AFFINE, to_cone, resample=Image.Resampling.NEAREST)

    def fill(
        self, what: What, paint: Paint, opacity: float = 1, *, clip: Mask | None = None, mode: Mode = "normal"
    ) -> Mask:
        """Lay paint on a shape and return the shape's coverage (before opacity, after `clip`)."""
        mask = self._mask_of(what)
        if clip is not None:
            mask = mask.meet(clip)
        coverage = mask.image
        if isinstance(paint, (Linear, Radial, Conic)):
            field = self._field(paint, mask.bounds)
            red, green, blue, alpha = channel_tables(paint.stops)
            patch = Image.merge("RGB", (field.point(red), field.point(green), field.point(blue)))
            if min(alpha) < 255:
                coverage = ImageChops.multiply(coverage, field.point(alpha))
        else:
            patch = Image.new("RGB", mask.image.size, paint)
        if opacity < 1:
            coverage = coverage.point(dimming(round(opacity, 3)))
        if mode != "normal":
            under = self.image.crop(mask.bounds)
            patch = _blend(under, patch, mode)
        self.image.paste(patch, (mask.x, mask.y), coverage)
        return mask

    def line(
        self,
        points: Contour,
        width: float,
        paint: Paint,
        opacity: float = 1,
        *,
        closed: bool = False,
        round_ends: bool = True,
        clip: Mask | None = None,
        mode: Mode = "normal",
    ) -> Mask:
        """Draw a line."""
        mask = self.stroke(points, width, closed=closed, round_ends=round_ends)
        return self.fill(mask, paint, opacity, clip=clip, mode=mode)

    # --- light -------------------------------------------------------------------------------------------------
    def soft(self, what: What, blur: float) -> Mask:
        """A shape with soft edges, `blur` units wide."""
        mask = self._mask_of(what)
        radius = blur * self.unit
        margin = math.ceil(radius * 2.5)
        left, top, right, bottom = mask.bounds
        grown = (left - margin, top - margin, right + margin, bottom + margin)
        return Mask(grown[0], grown[1], blurred(mask.onto(grown), radius))

    def shadow(
        self,
        what: What,
        blur: float,
        opacity: float,
        *,
        dx: float = 0,
        dy: float = 0,
        colour: Colour = (14, 12, 24),
        clip: Mask | None = None,
    ) -> None:
        """The soft shadow a shape throws, moved by (dx, dy)."""
        soft = self.soft(what, blur)
        moved = Mask(soft.x + round(dx * self.unit), soft.y + round(dy * self.unit), soft.image)
        self.fill(moved, colour, opacity, clip=clip, mode="multiply" if max(colour) < 60 else "normal")

    def glow(
        self,
        x: float,
        y: float,
        rx: float,
        ry: float,
        colour: Colour,
        opacity: float,
        *,
        clip: Mask | None = None,
        mode: Mode = "screen",
    ) -> None:
        """A soft pool of light (or, multiplied, of shade)."""
        stops = tuple(Stop(i / 10, colour, (1 - (i / 10) ** 2) ** 2.4) for i in range(11))
        area = self.mask(ellipse(x, y, rx, ry))
        self.fill(area, Radial((x, y), rx, ry, stops), opacity, clip=clip, mode=mode)

    def inner(
        self,
        what: What,
        dx: float,
        dy: float,
        blur: float,
        colour: Colour,
        opacity: float,
        mode: Mode = "multiply",
    ) -> None:
        """Shade inside a shape along the edges that the shift (dx, dy) uncovers: roundness from an outline."""
        mask = self._mask_of(what)
        radius = blur * self.unit
        margin = math.ceil(radius * 2 + max(abs(dx), abs(dy)) * self.unit) + 2
        left, top, right, bottom = mask.bounds
        bounds = (left - margin, top - margin, right + margin, bottom + margin)
        moved = ImageChops.offset(mask.onto(bounds), round(dx * self.unit), round(dy * self.unit))
        edge = Mask(bounds[0], bounds[1], blurred(ImageChops.invert(moved), radius))
        self.fill(Mask(left, top, edge.onto(mask.bounds)), colour, opacity, clip=mask, mode=mode)

    def grain(self, what: What, amount: float, along: float = 1, across: float = 1) -> None:
        """Texture a shape with noise of the given grain length and breadth (units); amount in grey levels."""
        mask = self._mask_of(what)
        width, height = mask.image.size
        columns = max(2, min(width, round(width / max(1.0, along * self.unit))))
        rows = max(2, min(height, round(height / max(1.0, across * self.unit))))
        noise = Image.frombytes("L", (columns, rows), self.random.randbytes(columns * rows))
        noise = noise.resize((width, height), Image.Resampling.BICUBIC)
        noise = noise.point([max(0, min(255, round(128 + (v - 128) * amount / 74))) for v in range(256)])
        under = self.image.crop(mask.bounds)
        patch = ImageChops.add(under, Image.merge("RGB", (noise, noise, noise)), 1, -128)
        self.image.paste(patch, (mask.x, mask.y), mask.image)

    # --- letters -----------------------------------------------------------------------------------------------
    def letters(
        self,
        text: str,
        x: float,
        y: float,
        size: float,
        paint: Paint,
        opacity: float = 1,
        *,
        spacing: float = 0,
        turn_degrees: float = 0,
        clip: Mask | None = None,
    ) -> None:
        """Centre a line of text on (x, y), with `spacing` units between letters."""
        k = 2
        font = ImageFont.load_default(max(6.0, size * self.unit * k))
        gap = spacing * self.unit * k
        widths = [font.getlength(letter) for letter in text]
        total = sum(widths) + gap * (len(text) - 1)
        height = size * self.unit * k * 1.5
        sheet = Image.new("L", (max(1, math.ceil(total + 8)), max(1, math.ceil(height))))
        pen = ImageDraw.Draw(sheet)
        pen_x = 4.0
        for letter, width in zip(text, widths, strict=True):
            pen.text((pen_x, height / 2), letter, fill=255, font=font, anchor="lm")
            pen_x += width + gap
        a, _, _, d, _, _ = self._map
        turn = turn_degrees + math.degrees(math.atan2(d, a))
        if abs(turn) > 0.05:
            sheet = sheet.rotate(-turn, Image.Resampling.BICUBIC, expand=True)
        sheet = sheet.resize((max(1, sheet.width // k), max(1, sheet.height // k)), Image.Resampling.LANCZOS)
        (px, py) = self._pixels([(x, y)])[0]
        self.fill(Mask(round(px - sheet.width / 2), round(py - sheet.height / 2), sheet), paint, opacity, clip=clip)

    # --- finish ------------------------------------------------------------------------------------------------
    def finish(self, *, grain: float = 5, vignette: float = 0.32) -> Image.Image:
        """A breath of vignette and film grain over everything (it also hides banding)."""
        self._map = (self.width / 1600, 0, 0, 0, self.width / 1600, 0)
        high = self.height / self._map[0]
        stops = (Stop(0, (20, 16, 26), 0), Stop(0.55, (20, 16, 26), 0), Stop(1, (20, 16, 26), vignette))
        self.fill(self.whole(), Radial((800, high * 0.48), 1120, high * 0.92, stops), mode="multiply")
        noise = Image.frombytes("L", self.image.size, self.random.randbytes(self.width * self.height))
        table = [round(128 + (v - 127.5) * grain / 127.5) for v in range(256)]
        noise = noise.point(table)
        self.image = ImageChops.add(self.image, Image.merge("RGB", (noise, noise, noise)), 1, -128)
        return self.image


def _blend(under: Image.Image, patch: Image.Image, mode: Mode) -> Image.Image:
    if mode == "multiply":
        return ImageChops.multiply(under, patch)
    if mode == "screen":
        return ImageChops.screen(under, patch)
    if mode == "overlay":
        return ImageChops.overlay(under, patch)
    return ImageChops.soft_light(under, patch)
