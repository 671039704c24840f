"""Ground truth: models whose exact gradient is known on images whose exact masks are known."""

import pytest
import torch
from torch import nn

from cuelens.datasets import CueControlled
from cuelens.evaluation import MapMeasures, RecordStore, measure_salience
from cuelens.metrics import IMAGE_MEASURES, MASK_MEASURES, MEASURES, contour_band
from cuelens.networks import Classifier
from cuelens.salience import Gradient, Score

COUNT = 40
LUMINANCE = torch.tensor((0.299, 0.587, 0.114))


def grey(images):
    return torch.einsum("bchw,c->bhw", images, LUMINANCE.to(images))


def figures(images):
    """Return where images differ from their border by half of what the middle does."""
    levels = grey(images.detach())
    border = torch.cat([levels[:, 0], levels[:, -1], levels[:, :, 0], levels[:, :, -1]], 1)
    behind = border.median(1).values[:, None, None]
    return (levels - behind).abs() > (0.5 - behind).abs() / 2


class MaskReader(nn.Module):
    """Adds up the pixels on the figure: the gradient is 1 there and 0 elsewhere."""

    def forward(self, images):
        return (images * figures(images)[:, None]).sum((1, 2, 3))[:, None].expand(-1, 10)


class TextureReader(nn.Module):
    """Reads the variance of grey on the figure.

    The gradient at a pixel is twice its distance from the figure's mean, by channel luminance and
    divided by the figure's pixels; that of the mean cancels.
    """

    def forward(self, images):
        inside, levels = figures(images).to(images), grey(images)
        count = inside.sum((1, 2))
        mean = (levels * inside).sum((1, 2)) / count
        variance = ((levels - mean[:, None, None]).square() * inside).sum((1, 2)) / count
        return variance[:, None].expand(-1, 10)


@pytest.fixture(scope="module")
def dataset():
    return CueControlled(count=COUNT, split="test", figure_contrast=0.4)


@pytest.fixture(scope="module")
def images(dataset):
    return dataset.images(torch.arange(COUNT))


def shares(strength, masks):
    """Return by hand how much lies on the contour, inside and outside, image by image."""
    band = contour_band(masks)
    regions = {"contour": band, "inside": masks & ~band, "background": ~masks & ~band}
    return {
        f"{name}_share": ((strength * region).sum((1, 2)) / strength.sum((1, 2))).tolist()
        for name, region in regions.items()
    }


def recorded(dataset, network, folder):
    classifier = Classifier(network, class_names=dataset.class_names, name="reader")
    store = RecordStore(folder)
    measures = MapMeasures(alone=MEASURES, images=IMAGE_MEASURES, masks=MASK_MEASURES)
    done = measure_salience(
        classifier, dataset, Gradient(score=Score.LOGIT), measures, method_name="gradient",
        store=store,
    )  # fmt: skip
    frame = store.read("salience", done.keys)
    return {
        str(measure): part.sort("image")["value"].to_list()
        for (measure,), part in frame.group_by("measure")
    }


def test_the_salience_of_a_reader_of_masks_lies_on_the_figure(dataset, images, tmp_path):
    found = recorded(dataset, MaskReader(), tmp_path)
    figure, masks = figures(images), dataset.masks(torch.arange(COUNT))
    for name, expected in shares(figure.double(), masks).items():
        assert found[name] == pytest.approx(expected, abs=1e-6), name
    area = figure.double().mean((1, 2))
    assert found["sparsity"] == pytest.approx((1 - area).tolist(), abs=1e-6)
    assert found["gradient_l1"] == pytest.approx((3 * 32 * 32 * area).tolist())
    inner = (images.double() * figure[:, None]).sum((1, 2, 3))
    aligned = inner / (3 * figure.double().sum((1, 2))).sqrt()
    assert found["alignment"] == pytest.approx(aligned.tolist(), rel=1e-5)
    cosine = aligned / images.double().square().sum((1, 2, 3)).sqrt()
    assert found["cosine_alignment"] == pytest.approx(cosine.tolist(), rel=1e-5)
    assert max(found["background_share"]) < 0.01  # the figure that is read is that of the mask


def test_the_salience_of_a_reader_of_textures_lies_where_grey_is_far_from_its_mean(
    dataset, images, tmp_path
):
    found = recorded(dataset, TextureReader(), tmp_path)
    figure, masks = figures(images).double(), dataset.masks(torch.arange(COUNT))
    levels = grey(images.double())
    count = figure.sum((1, 2), keepdim=True)
    mean = (levels * figure).sum((1, 2), keepdim=True) / count
    strength = 2 * (levels - mean).abs() * figure / count  # luminances sum to 1
    for name, expected in shares(strength, masks).items():
        assert found[name] == pytest.approx(expected, abs=1e-4), name
    assert found["gradient_l1"] == pytest.approx(strength.sum((1, 2)).tolist(), rel=1e-4)


def test_a_reader_of_the_whole_image_has_the_areas_as_shares(dataset, tmp_path):
    class Mean(nn.Module):
        def forward(self, images):
            return images.sum((1, 2, 3))[:, None].expand(-1, 10)

    found = recorded(dataset, Mean(), tmp_path)
    even = torch.ones(COUNT, 32, 32).double()
    for name, expected in shares(even, dataset.masks(torch.arange(COUNT))).items():
        assert found[name] == pytest.approx(expected, abs=1e-6), name
    assert found["sparsity"] == pytest.approx([0.0] * COUNT, abs=1e-6)
