"""The squared and the variance form of SmoothGrad: closed forms, captum, and how they belong."""

import captum.attr
import pytest
import torch

from cuelens.errors import ConfigError, FallbackWarning
from cuelens.salience import Gradient, Score, SmoothGrad, SquaredSmoothGrad, VarGrad

FORMS = {"smoothgrad": SmoothGrad, "smoothgrad_sq": SquaredSmoothGrad, "vargrad": VarGrad}


def quadratic(images: torch.Tensor) -> torch.Tensor:
    """Logit 0 is half the sum of squares, whose gradient is the image itself."""
    half = images.flatten(1).square().sum(1, keepdim=True) / 2
    return torch.cat([half, torch.zeros_like(half)], 1)


@pytest.fixture
def first(labels):
    return torch.zeros_like(labels)


def test_of_a_linear_model_the_square_is_the_gradients_and_the_variance_nothing(
    linear, weights, images, labels, chance
):
    settings = {"samples": 6, "noise": 0.3, "score": Score.LOGIT}
    squared = SquaredSmoothGrad(**settings)(linear, images, labels, chance=chance)
    torch.testing.assert_close(squared, weights[labels].view_as(images) ** 2)
    variance = VarGrad(**settings)(linear, images, labels, chance=chance)
    assert float(variance.abs().max()) == pytest.approx(0, abs=1e-28)


def test_of_a_quadratic_model_the_variance_is_that_of_the_noise(images, first, chance):
    samples, noise = 9, 0.2
    draws = [chance.normal((3, 9, 8), method="smoothgrad", draw=s) for s in range(samples)]
    copies = images + noise * torch.stack(draws).double()
    settings = {"samples": samples, "noise": noise, "score": Score.LOGIT}
    variance = VarGrad(**settings)(quadratic, images, first, chance=chance)
    torch.testing.assert_close(variance, copies.var(0, correction=0))
    squared = SquaredSmoothGrad(**settings)(quadratic, images, first, chance=chance)
    torch.testing.assert_close(squared, copies.square().mean(0))


def test_many_samples_find_the_variance_of_the_noise(images, first, chance):
    method = VarGrad(samples=2_000, noise=0.2, score=Score.LOGIT)
    variance = method(quadratic, images, first, chance=chance)
    assert float(variance.mean()) == pytest.approx(0.04, rel=0.01)
    assert float(variance.std()) == pytest.approx(0.04 * (2 / 2_000) ** 0.5, rel=0.1)


def test_a_small_variance_of_large_gradients_is_not_lost_in_float32(images, first, chance):
    def steep(batch: torch.Tensor) -> torch.Tensor:
        return quadratic(batch) + 1_000 * batch.flatten(1).sum(1, keepdim=True)

    settings = {"samples": 20, "noise": 0.1, "score": Score.LOGIT}
    exact = VarGrad(**settings)(steep, images, first, chance=chance)
    found = VarGrad(**settings)(steep, images.float(), first, chance=chance)
    torch.testing.assert_close(found.double(), exact, rtol=0.02, atol=0)


def test_the_square_is_smoothgrads_plus_the_variance(network, images, labels, chance):
    settings = {"samples": 8, "noise": 0.15}
    plain, squared, variance = (
        form(**settings)(network, images, labels, chance=chance) for form in FORMS.values()
    )
    torch.testing.assert_close(squared, plain**2 + variance)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_captums_when_fed_the_same_noise(
    form, network, images, labels, chance, monkeypatch
):
    samples, noise = 8, 0.15

    def same_noise(mean: float, deviations: torch.Tensor) -> torch.Tensor:
        draws = [chance.normal((3, 9, 8), method="smoothgrad", draw=s) for s in range(samples)]
        by_image = torch.stack(draws, 1).flatten(0, 1)  # captum repeats each image in a row
        return mean + deviations * by_image.double()

    monkeypatch.setattr(torch, "normal", same_noise)
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(network))
    expected = tunnel.attribute(
        images.clone().requires_grad_(),
        nt_type=form,
        nt_samples=samples,
        stdevs=noise,
        target=labels,
        abs=False,
    )
    method = FORMS[form](samples=samples, noise=noise, score=Score.LOGIT)
    maps = method(network, images, labels, chance=chance)
    torch.testing.assert_close(maps, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("form", [SquaredSmoothGrad, VarGrad])
@pytest.mark.parametrize("batch_size", [1, 4, 7, 1000])
def test_the_internal_batch_size_changes_no_bit(
    form, one_by_one, images, labels, chance, batch_size
):
    expected = form(samples=5, noise=0.2)(one_by_one, images, labels, chance=chance)
    method = form(samples=5, noise=0.2, batch_size=batch_size)
    assert torch.equal(method(one_by_one, images, labels, chance=chance), expected)


def test_without_noise_the_square_is_the_gradients_and_the_variance_nothing(
    network, images, labels, chance
):
    gradient = Gradient()(network, images, labels, chance=chance)
    squared = SquaredSmoothGrad(samples=3, noise=0)(network, images, labels, chance=chance)
    torch.testing.assert_close(squared, gradient**2, rtol=1e-12, atol=1e-16)
    variance = VarGrad(samples=3, noise=0)(network, images, labels, chance=chance)
    assert float(variance.max()) < 1e-28


@pytest.mark.parametrize("form", FORMS.values())
def test_a_map_of_a_model_that_gives_no_numbers_is_no_number(form, images, labels, chance):
    def broken(batch: torch.Tensor) -> torch.Tensor:
        return batch.flatten(1)[:, :4] * float("nan")

    with pytest.warns(FallbackWarning, match="^Expected logits that are numbers, got NaN"):
        maps = form(samples=2, noise=0.1)(broken, images, labels, chance=chance)
    assert maps.flatten(2)[:, 0, :4].isnan().all()


@pytest.mark.parametrize("form", [SquaredSmoothGrad, VarGrad])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"samples": 0}, "`samples` must be at least 1, got 0. 50 to 100 are usual."),
        (
            {"noise": 38},
            "`noise` must be at most 1 (pixels are in [0, 1]), got 38. Did you mean 38/255?",
        ),
    ],
)
def test_settings_out_of_range_are_refused(form, settings, message):
    with pytest.raises(ConfigError) as caught:
        form(**({"samples": 5, "noise": 0.1} | settings))
    assert str(caught.value) == message
