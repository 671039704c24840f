"""Occlusion: linear models, whose exact map is known, captum, and planted readers."""

import captum.attr
import pytest
import torch
from torch import nn

from cuelens.datasets import CueControlled
from cuelens.errors import ConfigError, FallbackWarning
from cuelens.networks import Classifier, fast, small_resnet
from cuelens.randomness import Chance
from cuelens.salience import ConstantColour, MeanColour, Occlusion, Score

GREY = ConstantColour(value=0.5)


def occlusion(window, stride, **settings):
    return Occlusion(window=window, stride=stride, **({"score": Score.LOGIT} | settings))


def means_over_windows(losses, window, stride):
    """Return each pixel's mean over the windows that cover it, of the sums of losses in them.

    Args:
        losses: What covering each pixel costs, (batch, height, width).
        window: Side.
        stride: Step.
    """
    batch, height, width = losses.shape
    total, count = torch.zeros_like(losses), torch.zeros_like(losses)
    tops = [top for top in range(0, height, stride) if top < height - window + stride]
    lefts = [left for left in range(0, width, stride) if left < width - window + stride]
    for top in tops:
        for left in lefts:
            inside = torch.zeros(height, width, dtype=losses.dtype)
            inside[top : top + window, left : left + window] = 1
            total += inside * (losses * inside).sum((1, 2)).view(batch, 1, 1)
            count += inside
    return total / count


@pytest.mark.parametrize(("window", "stride"), [(1, 1), (3, 1), (3, 2), (4, 3), (8, 8), (5, 4)])
@pytest.mark.parametrize("cover", [GREY, ConstantColour(value=0), MeanColour()])
def test_of_a_linear_model_windows_lose_weights_times_contrast(
    linear, weights, images, labels, chance, window, stride, cover
):
    maps = occlusion(window, stride, cover=cover)(linear, images, labels, chance=chance)
    covered = cover(images, chance=chance)
    losses = (weights[labels].view_as(images) * (images - covered)).sum(1)
    expected = means_over_windows(losses, window, stride)
    torch.testing.assert_close(maps.sum(1), expected, rtol=1e-10, atol=1e-12)
    assert torch.equal(maps[:, 0], maps[:, 2])


def test_windows_of_one_pixel_are_weights_times_contrast(linear, weights, images, labels, chance):
    maps = occlusion(1, 1)(linear, images, labels, chance=chance).sum(1)
    expected = (weights[labels].view_as(images) * (images - 0.5)).sum(1)
    torch.testing.assert_close(maps, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("window", "stride"), [(1, 1), (3, 2), (4, 3), (5, 5), (8, 8)])
def test_it_is_captums(network, images, labels, chance, window, stride, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)  # captum rounds what it found
    expected = captum.attr.Occlusion(network).attribute(
        images,
        sliding_window_shapes=(3, window, window),
        strides=(3, stride, stride),
        baselines=0.5,
        target=labels,
    )
    maps = occlusion(window, stride)(network, images, labels, chance=chance)
    torch.testing.assert_close(maps * 3, expected.detach(), rtol=0, atol=1e-14)


def test_of_a_constant_model_it_is_zero(images, labels, chance):
    answers = torch.tensor([0.1, 0.2, 0.3, 0.4], dtype=torch.float64)

    def constant(batch):
        return answers.expand(len(batch), -1)

    assert not occlusion(3, 2)(constant, images, labels, chance=chance).any()


def test_the_score_is_the_probability_unless_told_otherwise(network, images, labels, chance):
    """One window over the whole of a square image: every pixel gets what covering it all costs."""
    images = images[:, :, :8]
    maps = Occlusion(window=8, stride=8)(network, images, labels, chance=chance)
    rows = torch.arange(6)
    loss = network(images).softmax(1)[rows, labels]
    loss = loss - network(torch.full_like(images, 0.5)).softmax(1)[rows, labels]
    expected = loss.detach().view(6, 1, 1).expand(6, 8, 8)
    torch.testing.assert_close(maps.sum(1), expected, rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 6, 7, 29, 1000])
def test_the_internal_batch_size_changes_no_bit(one_by_one, images, labels, chance, batch_size):
    expected = occlusion(3, 2)(one_by_one, images, labels, chance=chance)
    method = occlusion(3, 2, batch_size=batch_size)
    assert torch.equal(method(one_by_one, images, labels, chance=chance), expected)
    assert method == occlusion(3, 2)
    assert "batch_size" not in repr(method)


def test_windows_of_all_images_share_passes(network, images, labels, chance):
    sizes = []

    def counting(batch):
        sizes.append(len(batch))
        assert not torch.is_grad_enabled()
        return network(batch)

    occlusion(3, 2, batch_size=50)(counting, images, labels, chance=chance)
    # 4 x 4 windows and the clean image, of 6 images.
    assert sizes == [50, 50, 2]


def test_a_reader_of_the_figure_alone_loses_nothing_beyond_a_window_around_it():
    """Ground truth: class k sums grey levels inside the mask, times k + 1."""
    dataset = CueControlled(count=6, size=32)
    images, masks = dataset.images(torch.arange(6)), dataset.masks(torch.arange(6))
    labels, window = torch.arange(6) % 3, 5

    def reader(batch):
        inside = (batch.mean(1) - 0.5) * masks
        return inside.sum((1, 2))[:, None] * torch.arange(1.0, 4)

    method = occlusion(window, 1, batch_size=6)  # the images in their order, whatever is covered
    maps = method(reader, images, labels, chance=Chance(0, dataset.ids)).sum(1)
    near = nn.functional.max_pool2d(masks.float(), 2 * window - 1, 1, window - 1) > 0
    assert maps.masked_fill(near, 0).abs().max() < 1e-4  # rounding of sums of 1,024 numbers
    losses = (images.mean(1) - 0.5) * masks * (labels + 1.0)[:, None, None]
    expected = means_over_windows(losses, window, 1)
    torch.testing.assert_close(maps, expected, rtol=1e-3, atol=1e-4)
    assert expected.abs().amax() > 1


def test_it_works_on_the_fast_form_of_a_classifier():
    torch.manual_seed(0)
    classifier = Classifier(small_resnet(10).eval(), class_names=tuple("abcdefghij"))
    chance = Chance(0, tuple("abcd"))
    images, labels = chance.uniform((3, 32, 32), method="test"), torch.arange(4)
    method = Occlusion(window=8, stride=8)
    expected = method(classifier, images, labels, chance=chance)
    maps = method(fast(classifier, precision=torch.float32), images, labels, chance=chance)
    torch.testing.assert_close(maps, expected, rtol=0, atol=1e-6)


def test_one_pixel_images_are_covered_as_a_whole(chance, labels):
    images = torch.linspace(0, 1, 18).double().view(6, 3, 1, 1)
    weights = torch.arange(12).double().view(4, 3)
    maps = occlusion(1, 1)(lambda x: x.flatten(1) @ weights.T, images, labels, chance=chance)
    expected = ((images.flatten(1) - 0.5) * weights[labels]).sum(1)
    torch.testing.assert_close(maps.sum((1, 2, 3)), expected)


def test_what_is_no_number_stays_so(network, images, labels, chance):
    network[-1].weight.data[:, 0] = torch.nan
    with pytest.warns(FallbackWarning, match="^Expected logits that are numbers, got NaN"):
        maps = occlusion(3, 2)(network, images, labels, chance=chance)
    assert maps.isnan().all()


def test_windows_larger_than_the_images_are_refused(network, images, labels, chance):
    with pytest.raises(ConfigError) as caught:
        occlusion(9, 3)(network, images, labels, chance=chance)
    assert str(caught.value) == (
        "`window` must be at most the images' shorter side, 8 pixels, got 9."
    )


def test_a_stride_that_is_too_large_for_a_window_of_a_quarter_is_refused(
    network, images, labels, chance
):
    with pytest.raises(ConfigError) as caught:
        Occlusion(stride=3)(network, images, labels, chance=chance)
    assert str(caught.value) == (
        "`stride` must be at most `window`, 2 pixels, so that every pixel is covered, got 3."
    )


@pytest.mark.parametrize(("size", "window"), [((32, 32), 8), ((30, 41), 8), ((12, 8), 2)])
def test_windows_are_a_quarter_of_the_side_and_half_of_it_apart(size, window):
    chance = Chance(0, ("a",))
    images, label = chance.uniform((3, *size), method="test"), torch.tensor([0])

    def middle(batch):
        return batch.flatten(2).mean(2)

    maps = Occlusion()(middle, images, label, chance=chance)
    stated = Occlusion(window=window, stride=window // 2)
    assert torch.equal(maps, stated(middle, images, label, chance=chance))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"window": 0}, "`window` must be at least 1 pixel, got 0."),
        ({"stride": 0}, "`stride` must be at least 1 pixel, got 0."),
        (
            {"stride": 9},
            ("`stride` must be at most `window`, 8 pixels, so that every pixel is covered, got 9."),
        ),
        (
            {"batch_size": 0},
            "`batch_size` must be at least 1, got 0. It bounds memory and changes no map.",
        ),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError) as caught:
        Occlusion(**({"window": 8, "stride": 4} | settings))
    assert str(caught.value) == message
