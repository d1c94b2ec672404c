"""Which pixels a shape covers, and how much of each."""

from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageChops, ImageFilter

from outcry.demo.pictures.shapes import Contour


class Mask(NamedTuple):
    """Coverage of a piece of the picture: an 8-bit image at pixel (x, y)."""

    x: int
    y: int
    image: Image.Image

    @property
    def bounds(self) -> tuple[int, int, int, int]:
        return (self.x, self.y, self.x + self.image.width, self.y + self.image.height)

    def onto(self, bounds: tuple[int, int, int, int]) -> Image.Image:
        """This coverage seen through other bounds."""
        if bounds == self.bounds:
            return self.image
        left, top = bounds[0] - self.x, bounds[1] - self.y
        return self.image.crop((left, top, left + bounds[2] - bounds[0], top + bounds[3] - bounds[1]))

    def meet(self, other: "Mask") -> "Mask":
        """Where both are."""
        return Mask(self.x, self.y, ImageChops.multiply(self.image, other.onto(self.bounds)))

    def cut(self, other: "Mask") -> "Mask":
        """This without the other."""
        return Mask(self.x, self.y, ImageChops.multiply(self.image, ImageChops.invert(other.onto(self.bounds))))

    def join(self, other: "Mask") -> "Mask":
        """Where either is."""
        a, b = self.bounds, other.bounds
        bounds = (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
        return Mask(bounds[0], bounds[1], ImageChops.lighter(self.onto(bounds), other.onto(bounds)))


What = Mask | Contour | list[Contour]


@lru_cache(maxsize=256)
def dimming(share: float) -> list[int]:
    return [round(v * share) for v in range(256)]


def blurred(image: Image.Image, radius: float) -> Image.Image:
    """A Gaussian blur of an 8-bit image, done small when the radius allows."""
    if radius < 0.6:
        return image
    factor = int(max(1, min(8, radius / 3)))
    if factor == 1 or min(image.size) < factor * 2:
        return image.filter(ImageFilter.GaussianBlur(radius))
    small = image.reduce(factor).filter(ImageFilter.GaussianBlur(radius / factor))
    return small.resize(image.size, Image.Resampling.BILINEAR)
