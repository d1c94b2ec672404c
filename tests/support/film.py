"""What a camera sees, as a file that Chromium takes for a camera."""

import io
from pathlib import Path

from PIL import Image, ImageFilter

WIDTH, HEIGHT = 640, 480
FRAMES = 4
# A phone in a hand: the code fills part of the picture, is not straight, not sharp, and not in the middle.
_SHOWN_PIXELS = 260
_TILT_DEGREES = 6
_BLUR_PIXELS = 0.6
_PLACE = (170, 84)
_TABLE = (96, 84, 72)


def film_of(shown: bytes, file: Path) -> None:
    """Write what a camera sees that looks at this picture (PNG): YUV4MPEG2, 4:2:0."""
    picture = Image.open(io.BytesIO(shown)).convert("RGB")
    size = (_SHOWN_PIXELS, round(_SHOWN_PIXELS * picture.height / picture.width))
    held = picture.resize(size, Image.Resampling.LANCZOS).rotate(
        _TILT_DEGREES, Image.Resampling.BICUBIC, expand=True, fillcolor=_TABLE
    )
    scene = Image.new("RGB", (WIDTH, HEIGHT), _TABLE)
    scene.paste(held, _PLACE)
    seen = scene.filter(ImageFilter.GaussianBlur(_BLUR_PIXELS)).convert("YCbCr")
    bright, blue, red = seen.split()
    half = (WIDTH // 2, HEIGHT // 2)
    planes = bright.tobytes() + blue.resize(half).tobytes() + red.resize(half).tobytes()
    header = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
    file.write_bytes(header + (b"FRAME\n" + planes) * FRAMES)


def camera_flags(file: Path) -> tuple[str, ...]:
    """Flags of a Chromium whose camera shows this film, over and over, to whoever asks."""
    return (
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-video-capture={file}",
    )
