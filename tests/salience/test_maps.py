"""Maps against linear models, whose exact map is known, and against captum."""

import math

import captum.attr
import pytest
import torch

from cuelens.errors import ConfigError
from cuelens.losses import cross_entropy
from cuelens.networks.classifier import Classifier, InputSpecification
from cuelens.randomness import Chance
from cuelens.salience import Gradient, PaperSmoothGrad, Score, SmoothGrad
from cuelens.salience.copies import usual_batch

SPECIFICATION = InputSpecification(mean=(0.5, 0.4, 0.3), deviation=(0.2, 0.3, 0.25))


def test_the_gradient_of_a_linear_model_is_its_weight(linear, weights, images, labels, chance):
    maps = Gradient(score=Score.LOGIT)(linear, images, labels, chance=chance)
    assert torch.equal(maps, weights[labels].view_as(images))


def test_the_cross_entropy_of_a_linear_model_weighs_all_classes(
    linear, weights, images, labels, chance
):
    maps = Gradient()(linear, images, labels, chance=chance)
    probabilities = linear(images).softmax(1)
    expected = (probabilities @ weights - weights[labels]).view_as(images)
    torch.testing.assert_close(maps, expected, rtol=0, atol=1e-13)


@pytest.mark.parametrize("noise", [0.0, 0.1, 1.0])
def test_smoothgrad_of_a_linear_model_is_the_gradient(
    linear, weights, images, labels, chance, noise
):
    method = SmoothGrad(samples=7, noise=noise, score=Score.LOGIT)
    maps = method(linear, images, labels, chance=chance)
    torch.testing.assert_close(maps, weights[labels].view_as(images), rtol=1e-14, atol=1e-14)


def test_smoothgrad_without_noise_is_the_gradient(network, images, labels, chance):
    maps = SmoothGrad(samples=4, noise=0)(network, images, labels, chance=chance)
    expected = Gradient()(network, images, labels, chance=chance)
    torch.testing.assert_close(maps, expected, rtol=1e-12, atol=1e-14)


def test_the_gradient_is_captums_saliency_to_the_last_bit(network, images, labels, chance):
    saliency = captum.attr.Saliency(network)
    expected = saliency.attribute(images.clone().requires_grad_(), target=labels, abs=False)
    maps = Gradient(score=Score.LOGIT)(network, images, labels, chance=chance)
    assert float((maps - expected).abs().max()) == 0.0


def test_the_cross_entropy_gradient_is_captums_to_the_last_bit(network, images, labels, chance):
    saliency = captum.attr.Saliency(lambda batch: cross_entropy(network(batch), labels))
    expected = saliency.attribute(images.clone().requires_grad_(), abs=False)
    maps = Gradient()(network, images, labels, chance=chance)
    assert float((maps - expected).abs().max()) == 0.0


def test_smoothgrad_is_captums_to_the_last_bit_when_fed_the_same_noise_sample_by_sample(
    network, images, labels, chance, monkeypatch
):
    draws = iter(range(8))

    def same_noise(mean: float, deviations: torch.Tensor) -> torch.Tensor:
        noise = chance.normal((3, 9, 8), method="smoothgrad", draw=next(draws))
        return mean + deviations * noise.double()

    monkeypatch.setattr(torch, "normal", same_noise)
    tunnel = captum.attr.NoiseTunnel(captum.attr.Saliency(network))
    expected = tunnel.attribute(
        images.clone().requires_grad_(),
        nt_type="smoothgrad",
        nt_samples=8,
        nt_samples_batch_size=1,
        stdevs=0.15,
        target=labels,
        abs=False,
    )
    method = SmoothGrad(samples=8, noise=0.15, score=Score.LOGIT, batch_size=6)
    maps = method(network, images, labels, chance=chance)
    assert float((maps - expected).abs().max()) == 0.0


def test_smoothgrad_is_captums_when_fed_the_same_noise(
    network, images, labels, chance, monkeypatch
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
        nt_type="smoothgrad",
        nt_samples=samples,
        stdevs=noise,
        target=labels,
        abs=False,
    )
    method = SmoothGrad(samples=samples, noise=noise, score=Score.LOGIT)
    maps = method(network, images, labels, chance=chance)
    torch.testing.assert_close(maps, expected, rtol=0, atol=1e-15)


@pytest.mark.parametrize("batch_size", [1, 2, 5, 6, 7, 29, 30, 1000])
def test_the_internal_batch_size_changes_no_bit(one_by_one, images, labels, chance, batch_size):
    """Changing captum's changes SmoothGrad by 17.7 %."""
    settings = {"samples": 5, "noise": 0.2}
    expected = SmoothGrad(**settings)(one_by_one, images, labels, chance=chance)
    method = SmoothGrad(**settings, batch_size=batch_size)
    assert torch.equal(method(one_by_one, images, labels, chance=chance), expected)
    assert method == SmoothGrad(**settings)
    assert "batch_size" not in repr(method)


@pytest.mark.parametrize(
    ("side", "copies"), [(1, 64), (32, 64), (64, 64), (128, 16), (224, 5), (2_000, 1)]
)
def test_passes_of_large_images_are_smaller(side, copies):
    assert usual_batch(torch.zeros(2, 3, side, side)) == copies


def test_copies_lie_in_memory_as_the_images_do(images, labels, chance):
    seen = []

    def noting(batch: torch.Tensor) -> torch.Tensor:
        seen.append(batch)
        return batch.flatten(1)[:, :4]

    method = SmoothGrad(samples=2, noise=0.1)
    expected = method(noting, images, labels, chance=chance)
    laid = images.to(memory_format=torch.channels_last)
    maps = method(noting, laid, labels, chance=chance)
    assert [batch.is_contiguous() for batch in seen] == [True, False]
    assert seen[1].is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(seen[0], seen[1])
    assert torch.equal(maps, expected)


@pytest.mark.parametrize("batch_size", [1, 4, 30])
def test_no_pass_is_larger_than_the_internal_batch_size(
    network, images, labels, chance, batch_size
):
    sizes = []

    def counting(batch: torch.Tensor) -> torch.Tensor:
        sizes.append(len(batch))
        return network(batch)

    method = SmoothGrad(samples=5, noise=0.1, batch_size=batch_size)
    method(counting, images, labels, chance=chance)
    assert max(sizes) == batch_size
    assert sum(sizes) == 30


def test_noise_has_the_deviation_that_is_asked_for(labels, chance):
    seen = []
    images = torch.full((6, 3, 9, 8), 0.5, dtype=torch.float64)

    def noting(batch: torch.Tensor) -> torch.Tensor:
        seen.append(batch.detach() - 0.5)
        return batch.flatten(1)[:, :4]

    SmoothGrad(samples=50, noise=0.2)(noting, images, labels, chance=chance)
    noise = torch.cat(seen)
    assert float(noise.std()) == pytest.approx(0.2, rel=0.01)
    assert float(noise.mean()) == pytest.approx(0, abs=0.002)
    assert len(noise.flatten(1).unique(dim=0)) == 300


def test_more_samples_keep_the_noise_of_the_first(images, labels, chance):
    seen: list[torch.Tensor] = []

    def noting(batch: torch.Tensor) -> torch.Tensor:
        seen.append(batch.detach())
        return batch.flatten(1)[:, :4]

    for samples in (2, 3):
        method = SmoothGrad(samples=samples, noise=0.1, batch_size=6)
        method(noting, images, labels, chance=chance)
    assert torch.equal(torch.cat(seen[:2]), torch.cat(seen[2:4]))


def in_normalised_space(network, images, labels, chance, samples, spread):
    """The paper's form, written in the space where the paper computes it."""
    mean = torch.tensor(SPECIFICATION.mean, dtype=torch.float64).view(1, 3, 1, 1)
    deviation = torch.tensor(SPECIFICATION.deviation, dtype=torch.float64).view(1, 3, 1, 1)
    normalised = (images - mean) / deviation
    extent = normalised.flatten(1).amax(1) - normalised.flatten(1).amin(1)
    total = torch.zeros_like(images)
    for sample in range(samples):
        noise = chance.normal((3, 9, 8), method="smoothgrad", draw=sample).double()
        copies = (normalised + spread * extent.view(-1, 1, 1, 1) * noise).requires_grad_()
        loss = torch.nn.functional.cross_entropy(network(copies), labels, reduction="sum")
        total += torch.autograd.grad(loss, copies)[0]
    return total / samples


def test_the_papers_form_is_smoothgrad_in_normalised_space(network, images, labels, chance):
    classifier = Classifier(network, class_names=tuple("abcd"), specification=SPECIFICATION)
    method = PaperSmoothGrad(specification=SPECIFICATION, samples=9, spread=0.1)
    maps = method(classifier, images, labels, chance=chance)
    expected = in_normalised_space(network, images, labels, chance, 9, 0.1)
    torch.testing.assert_close(maps, expected, rtol=1e-9, atol=1e-12)


def test_the_papers_form_without_normalisation_is_smoothgrad(network, images, labels, chance):
    images[:, 0, 0, :2] = torch.tensor([0.0, 1.0]).double()  # a range of 1
    paper = PaperSmoothGrad(specification=InputSpecification(), samples=5, spread=0.2)
    maps = paper(network, images, labels, chance=chance)
    plain = SmoothGrad(samples=5, noise=0.2)(network, images, labels, chance=chance)
    torch.testing.assert_close(maps, plain, rtol=1e-12, atol=1e-15)


def test_the_papers_settings_are_the_default():
    method = PaperSmoothGrad(specification=SPECIFICATION)
    assert (method.samples, method.spread) == (100, 0.15)


def test_scores_read_back_as_themselves():
    assert repr(Score.LOGIT) == "Score.LOGIT"
    assert Score("cross-entropy") is Score.CROSS_ENTROPY


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"samples": 0}, "`samples` must be at least 1, got 0. 50 to 100 are usual."),
        (
            {"batch_size": 0},
            "`batch_size` must be at least 1, got 0. It bounds memory and changes no map.",
        ),
        ({"noise": -0.1}, "`noise` must be a finite number of at least 0, got -0.1."),
        ({"noise": math.nan}, "`noise` must be a finite number of at least 0, got nan."),
        (
            {"noise": 38},
            "`noise` must be at most 1 (pixels are in [0, 1]), got 38. Did you mean 38/255?",
        ),
    ],
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError) as caught:
        SmoothGrad(**({"samples": 5, "noise": 0.1} | settings))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"samples": -1}, "`samples` must be at least 1, got -1. 50 to 100 are usual."),
        (
            {"spread": math.inf},
            (
                "`spread` must be a finite number of at least 0, got inf. "
                "It is a share of the image's range, such as 0.15."
            ),
        ),
    ],
)
def test_the_papers_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError) as caught:
        PaperSmoothGrad(specification=SPECIFICATION, **settings)
    assert str(caught.value) == message


def test_a_specification_of_other_channels_is_refused(network, images, labels):
    method = PaperSmoothGrad(specification=InputSpecification(mean=(0.5,), deviation=(0.5,)))
    with pytest.raises(ConfigError) as caught:
        method(network, images, labels, chance=Chance(0, tuple("abcdef")))
    assert str(caught.value) == (
        "`specification` must have as many channels as the images, 3, got 1. "
        "Give that of the classifier that is explained."
    )
