"""A classifier does what its input specification says, and says what does not fit."""

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from cuelens.errors import ConfigError, ModelError
from cuelens.networks import (
    Classifier,
    InputSpecification,
    evaluating,
    input_gradient,
    small_resnet,
)
from cuelens.randomness import Chance

IMAGES = Chance(0, tuple("abcd")).uniform((3, 8, 8), method="test")
NAMES = ("bear", "bird", "boat")
NORMALISED = InputSpecification(mean=(0.5, 0.4, 0.3), deviation=(0.2, 0.1, 0.25))


def linear(inputs: int = 192, classes: int = 3) -> nn.Module:
    generator = torch.Generator().manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(inputs, classes))
    for parameter in network.parameters():
        parameter.data = torch.randn(parameter.shape, generator=generator)
    return network


class TestInputSpecification:
    def test_normalisation_is_subtraction_then_division(self):
        prepared = NORMALISED.prepare(IMAGES)
        torch.testing.assert_close(prepared[:, 0], (IMAGES[:, 0] - 0.5) / 0.2)
        torch.testing.assert_close(prepared[:, 1], (IMAGES[:, 1] - 0.4) / 0.1)
        torch.testing.assert_close(prepared[:, 2], (IMAGES[:, 2] - 0.3) / 0.25)

    def test_without_settings_pixels_stay_as_they_are(self):
        assert InputSpecification().prepare(IMAGES) is IMAGES

    def test_images_of_another_size_are_resized(self):
        prepared = InputSpecification(height=4, width=6).prepare(IMAGES)
        expected = interpolate(IMAGES, (4, 6), mode="bilinear", antialias=True)
        assert torch.equal(prepared, expected)

    def test_images_of_the_right_size_are_not_resampled(self):
        assert torch.equal(InputSpecification(height=8, width=8).prepare(IMAGES), IMAGES)

    def test_an_even_image_stays_even_at_any_size(self):
        grey = torch.full((1, 3, 7, 9), 0.25)
        prepared = InputSpecification(height=16, width=5).prepare(grey)
        torch.testing.assert_close(prepared, torch.full((1, 3, 16, 5), 0.25))

    def test_double_precision_stays_double(self):
        assert NORMALISED.prepare(IMAGES.double()).dtype == torch.float64

    def test_the_specification_may_be_of_grey_images(self):
        grey = InputSpecification(mean=(0.5,), deviation=(0.5,))
        assert grey.channels == 1
        assert grey.prepare(IMAGES[:, :1]).shape == (4, 1, 8, 8)

    def test_a_wrong_number_of_channels_is_refused(self):
        with pytest.raises(ModelError) as caught:
            InputSpecification().prepare(IMAGES[:, :1])
        assert str(caught.value) == (
            "The classifier expects images of 3 channels, got 1. "
            "Convert the images, or give another input specification."
        )

    def test_mean_and_deviation_must_agree(self):
        with pytest.raises(ConfigError) as caught:
            InputSpecification(mean=(0.5,))
        assert str(caught.value) == (
            "`mean` and `deviation` must have one number a channel each, got 1 and 3."
        )

    @pytest.mark.parametrize("value", [0.0, -1.0, float("nan")])
    def test_a_deviation_that_cannot_divide_is_refused(self, value):
        with pytest.raises(ConfigError) as caught:
            InputSpecification(deviation=(1.0, value, 1.0))
        assert str(caught.value) == f"`deviation` must be positive, got (1.0, {value}, 1.0)."

    def test_height_without_width_is_refused(self):
        with pytest.raises(ConfigError) as caught:
            InputSpecification(height=32)
        assert str(caught.value) == "`height` and `width` must be given together, got 32 and None."


class TestClassifier:
    def test_logits_are_those_of_the_network_on_prepared_images(self):
        network = linear()
        classifier = Classifier(network, class_names=NAMES, specification=NORMALISED)
        assert torch.equal(classifier(IMAGES), network(NORMALISED.prepare(IMAGES)))

    def test_half_precision_networks_give_single_precision_logits(self):
        classifier = Classifier(linear().bfloat16(), class_names=NAMES)
        assert Classifier(linear().double(), class_names=NAMES)(IMAGES.double()).dtype == (
            torch.float64
        )
        assert classifier(IMAGES.bfloat16()).dtype == torch.float32

    def test_a_wrong_number_of_class_names_is_refused(self):
        classifier = Classifier(linear(), class_names=("bear", "bird"), name="mine")
        with pytest.raises(ModelError) as caught:
            classifier(IMAGES)
        assert str(caught.value) == (
            "The network of `mine` must return logits of shape (batch, class) = (4, 2), "
            "got (4, 3). Give 3 class names, as many as the network has outputs."
        )

    def test_a_network_that_returns_maps_is_refused(self):
        classifier = Classifier(nn.Conv2d(3, 3, 1), class_names=NAMES)
        with pytest.raises(ModelError) as caught:
            classifier(IMAGES)
        assert str(caught.value) == (
            "The network of `model` must return logits of shape (batch, class) = (4, 3), "
            "got (4, 3, 8, 8). Wrap it in a network that returns one row of class scores an image: "
            "pool what has places, and drop axes of one."
        )

    def test_a_network_that_mixes_images_is_refused(self):
        class Summed(nn.Module):
            def forward(self, images):
                return images.mean((0, 2, 3))[None]

        with pytest.raises(ModelError) as caught:
            Classifier(Summed(), class_names=NAMES)(IMAGES)
        assert str(caught.value) == (
            "The network of `model` must return logits of shape (batch, class) = (4, 3), "
            "got (1, 3). Wrap it in a network that returns one row an image, such as the mean over "
            "its crops or the scores of its last step."
        )

    def test_it_lives_where_its_parameters_live(self):
        assert Classifier(linear(), class_names=NAMES).device == torch.device("cpu")
        assert Classifier(nn.Flatten(), class_names=NAMES).device == torch.device("cpu")
        assert Classifier(linear().to("meta"), class_names=NAMES).device == torch.device("meta")


class TestFingerprint:
    def test_it_is_the_same_for_the_same_weights(self):
        one, other = (Classifier(linear(), class_names=NAMES) for _ in range(2))
        assert one.fingerprint() == other.fingerprint()
        assert len(one.fingerprint()) == 32
        assert set(one.fingerprint()) <= set("0123456789abcdef")

    def test_it_does_not_depend_on_the_layout_in_memory(self):
        one = Classifier(small_resnet(3), class_names=NAMES)
        before = one.fingerprint()
        one.network.to(memory_format=torch.channels_last)
        assert one.fingerprint() == before

    def test_the_smallest_change_of_a_weight_changes_it(self):
        classifier = Classifier(linear(), class_names=NAMES)
        before = classifier.fingerprint()
        weight = classifier.network[1].weight
        weight.data[2, 7] = torch.nextafter(weight.data[2, 7], torch.tensor(9.0))
        assert classifier.fingerprint() != before

    def test_a_change_of_a_buffer_changes_it(self):
        network = small_resnet(3)
        before = Classifier(network, class_names=NAMES).fingerprint()
        network.norm.running_mean += 0.5
        assert Classifier(network, class_names=NAMES).fingerprint() != before

    def test_another_input_specification_changes_it(self):
        plain = Classifier(linear(), class_names=NAMES)
        normalised = Classifier(linear(), class_names=NAMES, specification=NORMALISED)
        assert plain.fingerprint() != normalised.fingerprint()

    def test_reading_it_changes_nothing(self):
        classifier = Classifier(small_resnet(3).train(), class_names=NAMES)
        before = {name: value.clone() for name, value in classifier.network.state_dict().items()}
        classifier.fingerprint()
        for name, value in classifier.network.state_dict().items():
            assert torch.equal(value, before[name])
        assert classifier.network.training


class TestEvaluating:
    def test_every_mode_is_put_back(self):
        network = small_resnet(3).train()
        network.norm.eval()
        before = [module.training for module in network.modules()]
        with evaluating(network):
            assert not any(module.training for module in network.modules())
        assert [module.training for module in network.modules()] == before

    def test_every_mode_is_put_back_after_an_error(self):
        network = small_resnet(3).train()
        network.norm.eval()
        before = [module.training for module in network.modules()]
        with pytest.raises(KeyError, match="boom"), evaluating(network):
            raise KeyError("boom")
        assert [module.training for module in network.modules()] == before


class TestInputGradient:
    def test_the_gradient_of_a_linear_model_is_its_weight(self):
        network = linear()
        classifier = Classifier(network, class_names=NAMES)
        gradient = input_gradient(lambda images: classifier(images)[:, 1], IMAGES)
        torch.testing.assert_close(
            gradient, network[1].weight[1].reshape(1, 3, 8, 8).expand(4, 3, 8, 8)
        )

    def test_normalisation_divides_the_gradient_by_the_deviation(self):
        network = linear()
        classifier = Classifier(network, class_names=NAMES, specification=NORMALISED)
        gradient = input_gradient(lambda images: classifier(images)[:, 1], IMAGES)
        deviation = torch.tensor(NORMALISED.deviation).reshape(1, 3, 1, 1)
        expected = network[1].weight[1].reshape(1, 3, 8, 8) / deviation
        torch.testing.assert_close(gradient, expected.expand(4, 3, 8, 8))

    def test_it_works_where_gradients_are_off(self):
        with torch.no_grad():
            gradient = input_gradient(lambda images: images.flatten(1).square().sum(1), IMAGES)
        torch.testing.assert_close(gradient, 2 * IMAGES)
        assert not gradient.requires_grad

    def test_arguments_and_parameters_are_left_alone(self):
        network, images = linear(), IMAGES.clone()
        network[1].bias.grad = torch.ones(3)
        classifier = Classifier(network, class_names=NAMES)
        input_gradient(lambda images: classifier(images)[:, 1], images)
        assert torch.equal(images, IMAGES)
        assert not images.requires_grad
        assert network[1].weight.grad is None
        assert torch.equal(network[1].bias.grad, torch.ones(3))
