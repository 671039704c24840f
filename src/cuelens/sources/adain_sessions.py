"""The networks of AdaIN in a form whose bits depend on the image alone.

torch's own convolutions give an image other bits on another number of threads (seen at 40, 96, 128
and 256 px) and in another batch (at 32 to 64 px), and that number cannot be set for one call alone.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from jaxtyping import Float32
from numpy import ndarray
from torch import nn

from cuelens.errors import ModelError
from cuelens.sources.onnx_session import STYLE_REMEDY, running

__all__ = ["single_threaded"]

_Maps = Float32[ndarray, "1 channel height width"]
_OPSET = 18


@lru_cache(maxsize=4)  # two networks of 14 MB each make one style transfer
def single_threaded(network: nn.Sequential) -> Callable[[_Maps], _Maps]:
    """Return an encoder or a decoder as a function of arrays that runs on the calling thread.

    Args:
        network: From `AdaINWeights`.

    Returns:
        The same function, to float32 rounding.

    Raises:
        ModelError: If onnx or onnxruntime is not installed.
    """
    try:
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise ModelError(f"Expected the package onnx, got none. {STYLE_REMEDY}") from error
    constants = [
        helper.make_tensor("border", TensorProto.INT64, [8], [0, 0, 1, 1, 0, 0, 1, 1]),
        helper.make_tensor("twice", TensorProto.FLOAT, [4], [1, 1, 2, 2]),
    ]
    nodes: list[Any] = []
    for place, layer in enumerate(network):
        before, after = [str(place)], [str(place + 1)]
        match layer:
            case nn.ReflectionPad2d():
                node = helper.make_node("Pad", [*before, "border"], after, mode="reflect")
            case nn.Conv2d():
                names = [f"{place}.weight", f"{place}.bias"]
                for name, values in zip(names, (layer.weight, layer.bias), strict=True):
                    array = values.detach().numpy()  # type: ignore[union-attr]
                    constants.append(numpy_helper.from_array(array, name))
                node = helper.make_node("Conv", [*before, *names], after)
            case nn.MaxPool2d():
                node = helper.make_node(
                    "MaxPool", before, after, kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1
                )
            case nn.UpsamplingNearest2d():
                node = helper.make_node(
                    "Resize", [*before, "", "twice"], after, mode="nearest",
                    coordinate_transformation_mode="asymmetric", nearest_mode="floor",
                )  # fmt: skip
            case _:
                node = helper.make_node("Relu", before, after)
        nodes.append(node)
    ends = [
        helper.make_tensor_value_info(
            str(place), TensorProto.FLOAT, [1, None, f"height{place}", f"width{place}"]
        )
        for place in (0, len(nodes))
    ]
    graph = helper.make_graph(nodes, "adain", ends[:1], ends[1:], constants)
    opsets = [helper.make_opsetid("", _OPSET)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    return running(bytes(model.SerializeToString()))
