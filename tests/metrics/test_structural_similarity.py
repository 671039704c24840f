import numpy as np
import pytest
import torch

from cuelens.metrics import structural_similarity


def pictures(count: int, height: int, width: int, channels: int = 3) -> torch.Tensor:
    """Return smooth pictures with some grain."""
    rng = np.random.default_rng(count * height + width)
    rows, columns = np.mgrid[:height, :width] / max(height, width)
    numbers = rng.uniform(1, 6, (2, count, channels, 1, 1))
    waves = 0.5 + 0.4 * np.sin(numbers[0] * rows * 6 + numbers[1] * columns * 6)
    grain = rng.normal(0, 0.05, (count, channels, height, width))
    return torch.from_numpy((waves + grain).clip(0, 1)).float()


def changed(images: torch.Tensor, size: float = 0.1) -> torch.Tensor:
    rng = np.random.default_rng(5)
    noise = torch.from_numpy(rng.normal(0, size, tuple(images.shape)))
    return (images * 0.8 + noise).clamp(0, 1).float()


def one_window_at_a_time(image: torch.Tensor, other: torch.Tensor) -> float:
    """Return the definition, written as it stands in the paper, window by window."""
    weights = np.array([0.299, 0.587, 0.114] if len(image) == 3 else [1 / len(image)] * len(image))
    one, two = (
        np.tensordot(weights, part.numpy().astype(np.float64), 1) for part in (image, other)
    )
    size = min(11, *(side - (side + 1) % 2 for side in one.shape))
    steps = np.arange(size) - size // 2
    bell = np.exp(-(steps[:, None] ** 2 + steps[None] ** 2) / (2 * 1.5**2))
    bell /= bell.sum()
    found = []
    for row in range(one.shape[0] - size + 1):
        for column in range(one.shape[1] - size + 1):
            x, y = (part[row : row + size, column : column + size] for part in (one, two))
            mean_x, mean_y = (bell * x).sum(), (bell * y).sum()
            variance_x, variance_y = ((bell * (part - mean) ** 2).sum() for part, mean in ((x, mean_x), (y, mean_y)))  # fmt: skip  # noqa: E501
            covariance = (bell * (x - mean_x) * (y - mean_y)).sum()
            alike = (2 * mean_x * mean_y + 1e-4) / (mean_x**2 + mean_y**2 + 1e-4)
            found.append(alike * (2 * covariance + 9e-4) / (variance_x + variance_y + 9e-4))
    return float(np.mean(found))


@pytest.mark.parametrize(("height", "width"), [(32, 32), (20, 33), (11, 11), (8, 8), (1, 5)])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_it_is_the_papers_definition_window_by_window(height, width, channels):
    images = pictures(2, height, width, channels)
    others = changed(images)
    expected = [one_window_at_a_time(*pair) for pair in zip(images, others, strict=True)]
    assert structural_similarity(images, others).tolist() == pytest.approx(expected, abs=1e-12)


def test_it_is_what_scikit_image_gives():
    # skimage.metrics.structural_similarity(..., gaussian_weights=True, sigma=1.5,
    # use_sample_covariance=False, data_range=1) of these grey images in float64, version 0.26.
    images = pictures(3, 40, 31, 1)
    found = structural_similarity(images, changed(images)).tolist()
    assert found == pytest.approx(
        [0.8785036553585179, 0.8485766819549515, 0.8728217349872874], abs=1e-12
    )


def test_flat_images_differ_in_their_means_alone():
    one, other = torch.full((1, 1, 16, 16), 0.25), torch.full((1, 1, 16, 16), 0.75)
    expected = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
    assert float(structural_similarity(one, other)) == pytest.approx(expected)


def test_an_image_is_wholly_like_itself_and_its_negative_is_not():
    images = pictures(4, 32, 32)
    assert structural_similarity(images, images).tolist() == pytest.approx([1] * 4, abs=1e-12)
    assert structural_similarity(images, 1 - images).max() < 0
    there, back = changed(images), images
    assert torch.equal(structural_similarity(there, back), structural_similarity(back, there))


def test_more_noise_is_less_alike():
    images = pictures(4, 32, 32)
    found = [structural_similarity(images, changed(images, size)) for size in (0.02, 0.1, 0.4)]
    assert (found[0] > found[1]).all()
    assert (found[1] > found[2]).all()


def test_colours_of_equal_luminance_are_alike():
    grey = torch.full((1, 3, 16, 16), 0.5)
    tinted = grey + torch.tensor([0.587, -0.299, 0.0])[:, None, None] * 0.5
    assert float(structural_similarity(grey, tinted)) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("side", [16, 33, 300])
def test_an_image_has_the_same_bits_whatever_shares_its_batch(side):
    images = pictures(9, side, side)
    others = changed(images)
    whole = structural_similarity(images, others)
    for rows in ([3], [8, 0, 1], list(range(8, -1, -1))):
        assert torch.equal(structural_similarity(images[rows], others[rows]), whole[rows])
    last = images.to(memory_format=torch.channels_last)
    assert torch.equal(structural_similarity(last, others), whole)


def test_no_images_give_no_numbers():
    assert structural_similarity(torch.zeros(0, 3, 8, 8), torch.zeros(0, 3, 8, 8)).shape == (0,)
