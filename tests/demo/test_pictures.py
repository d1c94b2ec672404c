"""Every subject draws, in every view, the same each time."""

from io import BytesIO

import pytest
from PIL import Image, ImageStat

from outcry.demo import pictures

SMALL = (320, 240)


@pytest.mark.parametrize("subject", sorted(pictures.SUBJECTS))
def test_a_subject_fills_the_picture(subject: str) -> None:
    drawn = [pictures.draw(subject, seed=1, view=view, size=SMALL) for view in range(pictures.VIEWS)]
    assert len(set(drawn)) == pictures.VIEWS
    for jpeg in drawn:
        image = Image.open(BytesIO(jpeg))
        assert (image.format, image.size) == ("JPEG", SMALL)
        assert max(ImageStat.Stat(image.convert("L")).stddev) > 12


def test_the_same_seed_gives_the_same_bytes_and_another_another() -> None:
    first = pictures.draw("watch", seed=2, view=0, size=SMALL)
    assert first == pictures.draw("watch", seed=2, view=0, size=SMALL)
    assert first != pictures.draw("watch", seed=1, view=0, size=SMALL)


def test_unknown_subjects_and_views_are_refused() -> None:
    with pytest.raises(KeyError):
        pictures.draw("unicorn", seed=1)
    with pytest.raises(ValueError, match="view 3"):
        pictures.draw("watch", seed=1, view=3)


def test_avatars_differ_by_name_and_repeat() -> None:
    drawn = {name: pictures.draw_avatar(name, 1) for name in ("Mira Castellanos", "Otto Brandt", "Alex Novak")}
    assert len(set(drawn.values())) == 3
    assert drawn["Otto Brandt"] == pictures.draw_avatar("Otto Brandt", 1)
    assert Image.open(BytesIO(drawn["Otto Brandt"])).size == (256, 256)
