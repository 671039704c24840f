"""Opens ONNX files: run by onnxruntime, or converted where gradients are wanted.

The conversion is onnx2torch's; it is used only where it gives what onnxruntime gives.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cuelens.errors import ModelError
from cuelens.networks.input_specification import InputSpecification
from cuelens.randomness import keyed_generator
from cuelens.sources.kept_precision import KeptPrecision
from cuelens.sources.libraries import imported, library_name
from cuelens.sources.opened import OpenedModel, Provenance, Stated, numbered, opened, outputs_of

__all__ = ["OnnxNetwork", "open_onnx"]

_WITHOUT = (
    "Gradients of {name} cannot be had: {reason}. Predictions can. For attacks and maps give the "
    "network in another form, such as its checkpoint with `--arch`."
)
_CLOSE = 1e-4  # relative to the largest logit


class _NoGradient(torch.autograd.Function):
    """Passes logits on and refuses, in words, what onnxruntime cannot do."""

    @staticmethod
    def forward(ctx: Any, images: Tensor, logits: Tensor, sentence: str) -> Tensor:
        ctx.sentence = sentence
        return logits.clone()

    @staticmethod
    def backward(ctx: Any, *_: Any) -> Any:
        raise ModelError(ctx.sentence)


class OnnxNetwork(nn.Module):
    """Runs an ONNX network with onnxruntime, on the CPU; it has no gradients.

    Args:
        content: The file's bytes.
        sentence: What is said when a gradient is asked for.
    """

    def __init__(self, content: bytes, *, sentence: str) -> None:
        """Start a session."""
        super().__init__()
        self.digest = hashlib.blake2b(content, digest_size=16).hexdigest()
        self.sentence = sentence
        self._session = _session(content)

    def __deepcopy__(self, memo: Any) -> "OnnxNetwork":
        """Return itself: a session has nothing that changes, and cannot be copied."""
        return self

    def extra_repr(self) -> str:
        """Name the file's content, for fingerprints."""
        return self.digest

    def forward(self, images: Tensor) -> Tensor:
        """Return logits as float32, on the device of the images."""
        array = np.ascontiguousarray(images.detach().cpu().float().numpy())
        (name,) = [one.name for one in self._session.get_inputs()]
        found = np.asarray(self._session.run(None, {name: array})[0], dtype=np.float32)
        logits = torch.from_numpy(found).to(images.device)
        if torch.is_grad_enabled() and images.requires_grad:
            refused: Tensor = _NoGradient.apply(  # type: ignore[no-untyped-call]
                images, logits, self.sentence
            )
            return refused
        return logits


def open_onnx(path: Path, stated: Stated, *, gradients: bool) -> OpenedModel:
    """Return the network of an ONNX file.

    Args:
        path: The file; weights beside it are found as onnx names them.
        stated: What the file does not say.
        gradients: Whether they will be asked for: the network is converted then, and if that
            cannot be done it has predictions alone, and says so.

    Raises:
        ModelError: If onnxruntime is not installed, or the file cannot be read or holds no
            network from images to logits.
        ConfigError: If what is stated does not fit.
    """
    imported("onnxruntime", extra="onnx")
    if not path.is_file():
        raise ModelError(f"Expected an ONNX file at {path}, got nothing there. Check the path.")
    name = f"onnx:{path}"
    plain = _runtime(path, _WITHOUT.format(name=name, reason="they were not asked for"))
    shape, channels_last = _input_shape(plain, name)
    batch, channels, height, width = shape
    found = InputSpecification(
        height=height, width=width, mean=(0.0,) * channels, deviation=(1.0,) * channels
    )
    specification = stated.preprocessing.over(found)
    network = KeptPrecision(plain, batch=batch, channels_last=channels_last)
    count = outputs_of(network, specification, address=name)
    note, library = "It is run by onnxruntime, without gradients.", library_name("onnxruntime")
    if gradients:
        side = (specification.height or 224, specification.width or 224)
        converted, reason = _converted(path, network, (specification.channels, *side))
        if converted is not None:
            network = converted
            note = "It was converted for its gradients; its logits are those of onnxruntime."
            library = library_name("onnx2torch")
        else:
            plain.sentence = _WITHOUT.format(name=name, reason=reason)
            note = plain.sentence
    return opened(
        network,
        Provenance(
            address=name,
            library=library,
            architecture="an ONNX network",
            weights=f"the file {path}",
            classes="numbered",
            preprocessing="not known: pixels in [0, 1] are given as they are",
            notes=(note,),
        ),
        name=path.stem,
        specification=specification,
        class_names=numbered(count),
        stated=stated,
        numbered_by_us=True,
    )


def _session(content: bytes | str) -> Any:
    onnxruntime = imported("onnxruntime", extra="onnx")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors alone
    options.intra_op_num_threads = torch.get_num_threads()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _runtime(path: Path, sentence: str) -> OnnxNetwork:
    try:
        return OnnxNetwork(path.read_bytes(), sentence=sentence)
    except Exception as error:
        # onnxruntime's own errors have no common base
        if type(error).__module__.partition(".")[0] != "onnxruntime":
            raise
        raise ModelError(
            f"Expected an ONNX network at {path}, got a file that cannot be read as one "
            f"({str(error).strip().splitlines()[0]}). Export it again."
        ) from error


def _input_shape(
    network: OnnxNetwork, name: str
) -> tuple[tuple[int | None, int, int | None, int | None], bool]:
    """Return batch, channels, height and width of the images, None for any; and the layout."""
    inputs = network._session.get_inputs()
    shapes = [one.shape for one in inputs]
    if len(inputs) == 1 and len(shapes[0]) == 4 and inputs[0].type == "tensor(float)":
        sides = [side if isinstance(side, int) else None for side in shapes[0]]
        if sides[1] in (1, 3, 4):
            return (sides[0], sides[1], sides[2], sides[3]), False
        if sides[3] in (1, 3, 4):
            return (sides[0], sides[3], sides[1], sides[2]), True
    kinds = ", ".join(f"{one.type} {one.shape}" for one in inputs)
    raise ModelError(
        f"The network of {name} must read one tensor of float32 images, (batch, channel, height, "
        f"width) or (batch, height, width, channel), got {kinds}. Export it so."
    )


def _converted(
    path: Path, reference: KeptPrecision, shape: tuple[int, int, int]
) -> tuple[KeptPrecision | None, str]:
    """Return the network with gradients, if it gives what onnxruntime gives; else why not."""
    try:
        onnx2torch = imported("onnx2torch", extra="onnx")
    except ModelError as error:
        return None, str(error).rstrip(".")
    try:
        program = onnx2torch.convert(str(path)).eval()
        network = KeptPrecision(
            program, batch=reference.batch, channels_last=reference.channels_last
        )
        count = reference.batch or 2
        draw = keyed_generator(0, "onnx conversion").random((count, *shape), dtype=np.float32)
        with torch.no_grad():
            got = network(torch.from_numpy(draw))
            expected = reference(torch.from_numpy(draw))
    except (
        NotImplementedError,
        RuntimeError,
        ValueError,
        TypeError,
        KeyError,
        IndexError,
    ) as error:
        return None, f"onnx2torch cannot convert it ({str(error).strip().splitlines()[0]})"
    apart = float((got - expected).abs().max()) / max(float(expected.abs().max()), 1e-12)
    if not apart <= _CLOSE:
        return None, f"the conversion's logits differ from onnxruntime's by {apart:.2g} of them"
    return network, ""
