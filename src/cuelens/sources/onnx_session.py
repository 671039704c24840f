"""Runs a network in the ONNX format on the thread that calls it, so that bits depend on no other.

It does not know what a network is for.
"""

from collections.abc import Callable
from typing import Any

from cuelens.errors import ModelError

__all__ = ["STYLE_REMEDY", "running"]

STYLE_REMEDY = "Install what stylising needs: pip install 'cuelens[style]'."


def running(content: bytes) -> Callable[..., Any]:
    """Return a network as a function of its inputs that runs on the thread that calls it.

    Args:
        content: The network, as its file has it.

    Returns:
        A function from arrays, in the order of the inputs, to the first output.

    Raises:
        ModelError: If onnxruntime is not installed.
    """
    try:
        import onnxruntime
    except ImportError as error:
        raise ModelError(f"Expected the package onnxruntime, got none. {STYLE_REMEDY}") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors alone
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [tensor.name for tensor in session.get_inputs()]

    def run(*arrays: Any) -> Any:
        return session.run(None, dict(zip(names, arrays, strict=True)))[0]

    return run
