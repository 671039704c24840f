"""The networks of AdaIN have the layers of the usual files, and what lies between is a style."""

import numpy as np
import torch

from cuelens.networks.adain import adain_decoder, adain_encoder, restyled, statistics


def features(count: int, seed: int, places: int = 9) -> torch.Tensor:
    generator = np.random.Generator(np.random.Philox(key=seed))
    drawn = generator.random((count, 5, 3, places // 3)) * generator.random((count, 5, 1, 1)) * 4
    return torch.from_numpy(drawn + generator.random((count, 5, 1, 1)))


def shapes(network: torch.nn.Sequential) -> dict[str, tuple[int, ...]]:
    return {
        name.removesuffix(".weight"): tuple(value.shape)
        for name, value in network.state_dict().items()
        if name.endswith(".weight")
    }


def test_the_encoder_has_the_layers_of_vgg_normalised():
    assert shapes(adain_encoder()) == {
        "0": (3, 3, 1, 1),
        "2": (64, 3, 3, 3),
        "5": (64, 64, 3, 3),
        "9": (128, 64, 3, 3),
        "12": (128, 128, 3, 3),
        "16": (256, 128, 3, 3),
        "19": (256, 256, 3, 3),
        "22": (256, 256, 3, 3),
        "25": (256, 256, 3, 3),
        "29": (512, 256, 3, 3),
    }
    assert len(adain_encoder()) == 31  # up to relu4_1


def test_the_decoder_has_the_layers_of_the_usual_file():
    assert shapes(adain_decoder()) == {
        "1": (256, 512, 3, 3),
        "5": (256, 256, 3, 3),
        "8": (256, 256, 3, 3),
        "11": (256, 256, 3, 3),
        "14": (128, 256, 3, 3),
        "18": (128, 128, 3, 3),
        "21": (64, 128, 3, 3),
        "25": (64, 64, 3, 3),
        "28": (3, 64, 3, 3),
    }
    assert isinstance(adain_decoder()[-1], torch.nn.Conv2d)  # nothing cuts pixels off


def test_features_are_an_eighth_as_high_and_wide_and_decode_to_the_images_size(adain_weights):
    with torch.no_grad():
        found = adain_weights.encoder_network(torch.rand(1, 3, 32, 48))
        assert found.shape == (1, 512, 4, 6)
        assert adain_weights.decoder_network(found).shape == (1, 3, 32, 48)


def test_making_a_network_draws_nothing_from_the_global_state():
    before = torch.get_rng_state()
    adain_encoder(), adain_decoder()
    assert torch.equal(torch.get_rng_state(), before)


def test_mean_and_deviation_of_what_is_restyled_are_the_styles():
    content, style = features(3, seed=1), features(3, seed=2, places=30)
    out = restyled(content, statistics(style))
    torch.testing.assert_close(out.mean((2, 3)), style.mean((2, 3)), rtol=0, atol=1e-12)
    for row in range(3):
        # The hair that is added to a variance is all that parts them.
        found, wanted = out[row].flatten(1).std(1), style[row].flatten(1).std(1)
        torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-3)


def test_the_style_of_features_themselves_changes_nothing():
    content = features(3, seed=1)
    out = restyled(content, statistics(content))
    torch.testing.assert_close(out, content, rtol=0, atol=1e-12)


def test_what_is_restyled_keeps_its_pattern():
    content = features(2, seed=1)
    out = restyled(content, statistics(features(2, seed=2)))
    for row in range(2):
        for place in range(5):
            pair = torch.stack([out[row, place].ravel(), content[row, place].ravel()])
            assert torch.corrcoef(pair)[0, 1] > 1 - 1e-9


def test_a_feature_that_is_the_same_everywhere_takes_the_mean_alone():
    flat, style = torch.full((1, 5, 3, 3), 2.0).double(), features(1, seed=2)
    expected = style.mean((2, 3), keepdim=True).expand_as(flat)
    torch.testing.assert_close(restyled(flat, statistics(style)), expected)


def test_the_statistics_are_those_that_torch_counts():
    found = features(2, seed=3)
    mean, deviation = statistics(found)
    flat = found.flatten(2)
    np.testing.assert_allclose(mean, flat.mean(2), rtol=1e-12)
    np.testing.assert_allclose(deviation, (flat.var(2) + 1e-5).sqrt(), rtol=1e-12)
