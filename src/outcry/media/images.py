"""Turning an upload into what is shown: checked by content, upright, without EXIF or GPS, in fixed sizes. Pure."""

from io import BytesIO

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

# Name and longest side in pixels.
VARIANTS: tuple[tuple[str, int], ...] = (("thumb", 320), ("card", 640), ("large", 1280), ("full", 2048))
MAX_PIXELS = 50_000_000
MIN_SIDE_PIXELS = 16
WEBP_QUALITY = 82
FORMATS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "GIF": "image/gif", "AVIF": "image/avif"}


class NotAnImage(ValueError):
    """The bytes are not an image that is taken here; the message says why."""


class Variant(msgspec.Struct, frozen=True):
    """One size of an image, in pixels."""

    name: str
    width: int
    height: int


def make_variants(data: bytes, declared_type: str) -> list[tuple[Variant, bytes]]:
    """WebP variants of an uploaded image, never larger than it is. Raises NotAnImage."""
    try:
        with Image.open(BytesIO(data), formats=list(FORMATS)) as probe:
            kind, size = probe.format or "", probe.size
            if FORMATS.get(kind) != declared_type:
                raise NotAnImage(f"it is declared {declared_type}, but is {FORMATS.get(kind, 'something else')}")
            if size[0] * size[1] > MAX_PIXELS:
                raise NotAnImage(f"it has more than {MAX_PIXELS:,} pixels")
            if min(size) < MIN_SIDE_PIXELS:
                raise NotAnImage(f"each side must have at least {MIN_SIDE_PIXELS} pixels")
            upright = ImageOps.exif_transpose(probe)
            # A new image from the pixels alone: nothing of the file's metadata can follow.
            picture = upright.convert("RGBA" if "A" in upright.getbands() or "transparency" in upright.info else "RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as wrong:
        if isinstance(wrong, NotAnImage):
            raise
        raise NotAnImage("it cannot be read as an image") from None
    made: list[tuple[Variant, bytes]] = []
    for name, longest in VARIANTS:
        copy = picture.copy()
        copy.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        buffer = BytesIO()
        copy.save(buffer, "WEBP", quality=WEBP_QUALITY, method=4, exif=b"", icc_profile=b"")
        made.append((Variant(name, copy.width, copy.height), buffer.getvalue()))
    return made
