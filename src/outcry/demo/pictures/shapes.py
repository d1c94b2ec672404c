"""Outlines as lists of points: ellipses, rounded boxes, splines and SVG-like paths, all in picture units."""

import math
import re
from collections.abc import Sequence
from functools import lru_cache

Point = tuple[float, float]
Contour = Sequence[Point]

ELLIPSE_STEPS = 96
CURVE_STEPS = 18
_TOKEN = re.compile(r"[MLHVCQSZ]|-?\d+(?:\.\d+)?")


def ellipse(cx: float, cy: float, rx: float, ry: float | None = None, turn_degrees: float = 0) -> list[Point]:
    """An ellipse around (cx, cy); a circle when `ry` is left out."""
    return arc(cx, cy, rx, rx if ry is None else ry, 0, 360, turn_degrees)


def arc(
    cx: float, cy: float, rx: float, ry: float, start_degrees: float, end_degrees: float, turn_degrees: float = 0
) -> list[Point]:
    """Points along an elliptic arc, clockwise on the screen from `start_degrees` (0 is to the right)."""
    steps = max(8, int(ELLIPSE_STEPS * abs(end_degrees - start_degrees) / 360))
    cos_turn, sin_turn = math.cos(math.radians(turn_degrees)), math.sin(math.radians(turn_degrees))
    out: list[Point] = []
    for i in range(steps + 1):
        angle = math.radians(start_degrees + (end_degrees - start_degrees) * i / steps)
        x, y = rx * math.cos(angle), ry * math.sin(angle)
        out.append((cx + x * cos_turn - y * sin_turn, cy + x * sin_turn + y * cos_turn))
    return out


def box(x: float, y: float, width: float, height: float, radius: float = 0) -> list[Point]:
    """A rectangle, rounded by `radius`."""
    r = min(radius, width / 2, height / 2)
    if r <= 0:
        return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    corners = [(x + width - r, y + r, -90), (x + width - r, y + height - r, 0)]
    corners += [(x + r, y + height - r, 90), (x + r, y + r, 180)]
    return [p for cx, cy, start in corners for p in arc(cx, cy, r, r, start, start + 90)]


def ring(cx: float, cy: float, outer: float, inner: float, start_degrees: float, end_degrees: float) -> list[Point]:
    """A piece of a ring."""
    there = arc(cx, cy, outer, outer, start_degrees, end_degrees)
    back = arc(cx, cy, inner, inner, end_degrees, start_degrees)
    return there + back


def smooth(points: Contour, *, closed: bool = True, tension: float = 0.5) -> list[Point]:
    """A Catmull-Rom spline through `points`; a point written twice is a corner."""
    pts = list(points)
    n = len(pts)
    out: list[Point] = []
    for i in range(n if closed else n - 1):
        p1, p2 = pts[i], pts[(i + 1) % n]
        if p1 == p2:
            out.append(p1)
            continue
        p0 = pts[(i - 1) % n] if closed or i > 0 else p1
        p3 = pts[(i + 2) % n] if closed or i + 2 < n else p2
        k = tension / 3 * 2
        c1 = (p1[0] + (p2[0] - p0[0]) * k / 2, p1[1] + (p2[1] - p0[1]) * k / 2)
        c2 = (p2[0] - (p3[0] - p1[0]) * k / 2, p2[1] - (p3[1] - p1[1]) * k / 2)
        out.extend(bezier(p1, c1, c2, p2, 10))
    if not closed:
        out.append(pts[-1])
    return out


def bezier(p0: Point, p1: Point, p2: Point, p3: Point, steps: int = CURVE_STEPS) -> list[Point]:
    """A cubic curve without its last point, so that pieces join."""
    out: list[Point] = []
    for i in range(steps):
        t = i / steps
        u = 1 - t
        a, b, c, d = u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t
        out.append((a * p0[0] + b * p1[0] + c * p2[0] + d * p3[0], a * p0[1] + b * p1[1] + c * p2[1] + d * p3[1]))
    return out


@lru_cache(maxsize=512)
def path(text: str) -> tuple[Point, ...]:
    """One contour in SVG's absolute commands M L H V C S Q Z."""
    tokens: list[str] = _TOKEN.findall(text)
    out: list[Point] = []
    at: Point = (0, 0)
    pull: Point = (0, 0)
    command = "M"
    i = 0

    def number() -> float:
        nonlocal i
        i += 1
        return float(tokens[i - 1])

    def point() -> Point:
        return (number(), number())

    while i < len(tokens):
        if tokens[i].isalpha():
            command = tokens[i]
            i += 1
            if command == "Z":
                continue
        if command in "ML":
            at = point()
            pull = at
        elif command == "H":
            at = pull = (number(), at[1])
        elif command == "V":
            at = pull = (at[0], number())
        else:
            if command == "Q":
                control, end = point(), point()
                c1 = (at[0] + (control[0] - at[0]) * 2 / 3, at[1] + (control[1] - at[1]) * 2 / 3)
                c2 = (end[0] + (control[0] - end[0]) * 2 / 3, end[1] + (control[1] - end[1]) * 2 / 3)
            else:
                c1 = point() if command == "C" else (2 * at[0] - pull[0], 2 * at[1] - pull[1])
                c2, end = point(), point()
            out.extend(bezier(at, c1, c2, end)[1:])
            at, pull = end, c2
        out.append(at)
    return tuple(out)


def moved(points: Contour, dx: float, dy: float) -> list[Point]:
    """The same outline elsewhere."""
    return [(x + dx, y + dy) for x, y in points]


def mirrored(points: Contour, x_axis: float) -> list[Point]:
    """The outline reflected in the vertical line x = `x_axis`, in reverse order."""
    return [(2 * x_axis - x, y) for x, y in reversed(points)]


def symmetric(right_half: Contour, x_axis: float) -> list[Point]:
    """A closed outline from its right half (top to bottom) and the reflection of it."""
    return [*right_half, *mirrored(right_half, x_axis)]


def grown(points: Contour, factor: float, about: Point) -> list[Point]:
    """The outline scaled by `factor` about a point."""
    return [(about[0] + (x - about[0]) * factor, about[1] + (y - about[1]) * factor) for x, y in points]


def lock(points: Contour, width: float) -> list[Point]:
    """A tapering strand along a line: `width` at its root, a point at its end."""
    left: list[Point] = []
    right: list[Point] = []
    last = len(points) - 1
    for i, (x, y) in enumerate(points):
        ahead, behind = points[min(i + 1, last)], points[max(i - 1, 0)]
        dx, dy = ahead[0] - behind[0], ahead[1] - behind[1]
        length = math.hypot(dx, dy) or 1.0
        half = width / 2 * (1 - (i / last) ** 1.6)
        left.append((x - dy / length * half, y + dx / length * half))
        right.append((x + dy / length * half, y - dx / length * half))
    return left + right[::-1]
