"""The networks of AdaIN compute what torch computes, whatever the number of threads."""

import sys

import numpy as np
import pytest
import torch

from cuelens.errors import ModelError
from cuelens.sources.adain_sessions import single_threaded


def noise(*shape: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=1)).random(shape, dtype=np.float32)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (40, 64)])
def test_encoder_and_decoder_compute_what_torch_computes(adain_weights, height, width):
    for network, maps in (
        (adain_weights.encoder_network, noise(1, 3, height, width)),
        (adain_weights.decoder_network, noise(1, 512, height // 8, width // 8)),
    ):
        with torch.no_grad():
            expected = network(torch.from_numpy(maps)).numpy()
        found = single_threaded(network)(maps)
        assert found.shape == expected.shape
        scale = np.abs(expected).max()
        np.testing.assert_allclose(found, expected, rtol=0, atol=2e-5 * scale)
        assert expected.std() > 0.01 * scale  # it is not all the same


def test_a_network_is_made_once(adain_weights):
    network = adain_weights.decoder_network
    assert single_threaded(network) is single_threaded(network)


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named_with_how_to_install_it(package, adain_weights, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ModelError) as caught:
        single_threaded.__wrapped__(adain_weights.decoder_network)
    assert str(caught.value) == (
        f"Expected the package {package}, got none. "
        "Install what stylising needs: pip install 'cuelens[style]'."
    )
