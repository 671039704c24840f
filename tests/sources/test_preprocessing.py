"""What a person writes of preprocessing is what the specification becomes."""

import pytest

from cuelens.errors import ConfigError
from cuelens.networks import InputSpecification
from cuelens.sources import Preprocessing

SOURCE = InputSpecification(height=224, width=224, mean=(0.4, 0.5, 0.6), deviation=(0.2,) * 3)


def over(text: str, source: InputSpecification = SOURCE) -> InputSpecification:
    return Preprocessing.read(text).over(source)


def test_only_what_is_stated_takes_the_place_of_what_the_source_says():
    assert over("size: 96, interpolation: bicubic") == InputSpecification(
        height=96, width=96, mean=(0.4, 0.5, 0.6), deviation=(0.2,) * 3, interpolation="bicubic"
    )
    assert Preprocessing().over(SOURCE) == SOURCE
    assert not Preprocessing()


@pytest.mark.parametrize(
    ("text", "mean", "deviation"),
    [
        ("imagenet", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ("preset: cifar10, deviation: 1/4", (0.4914, 0.4822, 0.4465), (0.25,) * 3),
        ("mean: 127/255, deviation: 128/255", (127 / 255,) * 3, (128 / 255,) * 3),
        ("none", (0.0,) * 3, (1.0,) * 3),
        ("half", (0.5,) * 3, (0.5,) * 3),
        ("range: 255", (-0.0,) * 3, (1 / 255,) * 3),
        ("range: [-1, 1]", (0.5,) * 3, (0.5,) * 3),
    ],
)
def test_normalisation_is_numbers_fractions_a_preset_or_a_range(text, mean, deviation):
    found = over(text)
    assert (found.mean, found.deviation) == (mean, deviation)


def test_a_range_is_what_the_network_reads():
    assert over("range: 255").read_range == pytest.approx((0, 255))
    assert over("range: [-1, 3]").read_range == pytest.approx((-1, 3))


def test_resizing_before_cropping_is_a_share_of_the_side():
    found = over("size: 224, resize: 256")
    assert (found.crop, found.fit, found.height) == (0.875, "square", 224)
    assert over("size: [96, 128], crop: 0.9, fit: stretch").width == 128


def test_one_number_is_for_every_channel_of_the_source():
    grey = InputSpecification(mean=(0.1,), deviation=(0.2,))
    assert over("mean: 0.5", grey).mean == (0.5,)
    assert over("mean: [0.5], deviation: [0.1, 0.1, 0.1]", grey).mean == (0.5, 0.5, 0.5)


def test_a_file_says_the_same_as_a_text(tmp_path):
    path = tmp_path / "how.yaml"
    path.write_text("size: 224\nresize: 256\nmean: [0.1, 0.2, 0.3]\n", encoding="utf-8")
    text = "size: 224, resize: 256, mean: [0.1, 0.2, 0.3]"
    assert Preprocessing.read(path) == Preprocessing.read(str(path)) == Preprocessing.read(text)


REMEDY = (
    "Write such as `size: 224, resize: 256, mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, "
    "0.225], interpolation: bicubic`, a preset (imagenet, cifar10, half, none) or the path of a "
    "file with that."
)
RANGE = (
    "`range` must be the greatest number that the network reads, or the least and the greatest, "
    "such as 255 or [-1, 1], got [1, 1]."
)
RESIZE = (
    "`resize` must stand with `size`, the side that is cropped from it, got no `size`. Write such "
    "as `size: 224, resize: 256`."
)
FIELDS = "preset, mean, deviation, range, size, resize, crop, interpolation, fit"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("imagnet", f"Expected preprocessing, got 'imagnet'. {REMEDY}"),
        ("size: 3, [", f"Expected preprocessing, got 'size: 3, ['. {REMEDY}"),
        ("", f"Expected preprocessing, got ''. {REMEDY}"),
        (
            "std: 0.5",
            f"Preprocessing must be some of {FIELDS}, got 'std'. {REMEDY}",
        ),
        (
            "means: 0.5",
            f"Preprocessing must be some of {FIELDS}, got 'means'. Did you mean `mean`?",
        ),
        ("preset: vgg", "`preset` must be one of imagenet, cifar10, half, none, got 'vgg'."),
        ("mean: x", "`mean` must be a number or a fraction such as 127/255, got 'x'."),
        ("mean: true", "`mean` must be a number or a fraction such as 127/255, got True."),
        ("mean: 1/0", "`mean` must be a number or a fraction such as 127/255, got '1/0'."),
        ("size: 0", "`size` must be whole pixels, one number or [height, width], got 0."),
        ("size: 1.5", "`size` must be whole pixels, one number or [height, width], got 1.5."),
        ("range: [1, 1]", RANGE),
        (
            "interpolation: cubic",
            "`interpolation` must be one of nearest, bilinear, bicubic, lanczos, got 'cubic'.",
        ),
        ("fit: crop", "`fit` must be one of square, stretch, got 'crop'."),
        ("resize: 256", RESIZE),
        ("size: 224, resize: 200", "`resize` must be at least `size` (224 pixels), got 200."),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused(text, message):
    with pytest.raises(ConfigError) as caught:
        Preprocessing.read(text)
    assert str(caught.value) == message


def test_numbers_of_channels_must_agree():
    with pytest.raises(ConfigError, match="one number a channel each, got 2 and 3"):
        over("mean: [0.1, 0.2]")
