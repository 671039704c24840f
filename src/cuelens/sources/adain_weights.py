"""The two files that style transfer by AdaIN needs, as its users have them; never run, only read.

cuelens does not come with them. The usual ones are vgg_normalised.pth and decoder.pth of
https://github.com/naoto0804/pytorch-AdaIN.
"""

import pickle
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cuelens.errors import ModelError
from cuelens.networks.adain import adain_decoder, adain_encoder

__all__ = ["AdaINWeights"]

_KINDS: Mapping[str, tuple[str, Callable[[], nn.Sequential]]] = {
    "encoder": ("vgg_normalised.pth", adain_encoder),
    "decoder": ("decoder.pth", adain_decoder),
}
_REMEDY = "Get it again from https://github.com/naoto0804/pytorch-AdaIN"
_UNREADABLE = (
    OSError, EOFError, RuntimeError, LookupError, ValueError, TypeError, AttributeError,
    AssertionError, OverflowError, MemoryError,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class AdaINWeights:
    """An encoder and a decoder, each in a file that torch wrote.

    Both are read and checked when the object is made, by a reader that makes tensors alone and
    never runs what a file asks for.

    Attributes:
        encoder: VGG-19 with normalised features, usually vgg_normalised.pth; layers above the
            tenth convolution are not used.
        decoder: Usually decoder.pth.

    Raises:
        ModelError: If a file is missing, cannot be read, holds anything but tensors, or those of
            another network.
    """

    encoder: str
    decoder: str

    def __post_init__(self) -> None:
        read = {kind: _opened(kind, Path(getattr(self, kind))) for kind in _KINDS}
        object.__setattr__(self, "_read", read)  # no field: the paths alone are the settings

    @classmethod
    def in_folder(cls, folder: Path) -> "AdaINWeights":
        """Return the weights in the files of a folder that have the usual names.

        Raises:
            ModelError: As when the files are named.
        """
        return cls(**{kind: str(folder / name) for kind, (name, _) in _KINDS.items()})

    def _of(self, kind: str) -> tuple[nn.Sequential, str]:
        read: dict[str, tuple[nn.Sequential, str]] = self.__dict__["_read"]
        return read[kind]

    @property
    def fingerprint(self) -> str:
        """32 hexadecimal digits that name all weights, wherever the files are."""
        digests = "".join(self._of(kind)[1] for kind in _KINDS)
        return blake2b(digests.encode(), digest_size=16).hexdigest()

    @property
    def encoder_network(self) -> nn.Sequential:
        """From pixels in [0, 1] to features: frozen, in eval mode, on the CPU, in float32."""
        return self._of("encoder")[0]

    @property
    def decoder_network(self) -> nn.Sequential:
        """From features to pixels: frozen, in eval mode, on the CPU, in float32."""
        return self._of("decoder")[0]


def _opened(kind: str, path: Path) -> tuple[nn.Sequential, str]:
    """Return a network with the weights of a file, and the digest of those."""
    if not path.is_file():
        raise ModelError(
            f"Expected the {kind} of AdaIN (usually {_KINDS[kind][0]}) at `{path}`, got no such "
            f"file. Check the path; the usual files are at "
            "https://github.com/naoto0804/pytorch-AdaIN."
        )
    found = path.stat()
    return _read(kind, path.resolve(), found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=4)  # a study makes the same object several times
def _read(kind: str, path: Path, size: int, changed: int) -> tuple[nn.Sequential, str]:
    network = _KINDS[kind][1]()
    wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    tensors = _tensors(kind, path)
    _require_fitting(kind, path, wanted, tensors)
    digest, weights = blake2b(digest_size=16), {}
    for name in wanted:
        weights[name] = tensors[name].detach().to(torch.float32).contiguous()
        if not bool(weights[name].isfinite().all()):
            raise ModelError(
                f"Expected finite numbers in `{path}`, got others in {name!r}. {_REMEDY}."
            )
        digest.update(f"{name}\x1f".encode() + weights[name].numpy().tobytes())
    network.load_state_dict(weights, assign=True)
    return network.requires_grad_(requires_grad=False), digest.hexdigest()


def _tensors(kind: str, path: Path) -> Mapping[Any, Any]:
    """Return what a file holds by name, if it can be read without running it."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch thinks of a file is said below
            content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        asked = re.search(r"GLOBAL ([\w.]+)", str(error))
        what = f"asks for {asked[1]} to be run" if asked else "is no such file"
        raise ModelError(
            f"Expected a file of tensors alone at `{path}` (the {kind} of AdaIN), got one that "
            f"{what}. It was not run. {_REMEDY}, as a state dictionary."
        ) from error
    except _UNREADABLE as error:
        raise ModelError(
            f"Expected the {kind} of AdaIN at `{path}`, got a file that is truncated or of "
            f"another kind ({type(error).__name__}). {_REMEDY}."
        ) from error
    if not isinstance(content, Mapping):
        raise ModelError(
            f"Expected tensors by name in `{path}` (the {kind} of AdaIN), got "
            f"{type(content).__name__}. {_REMEDY}, as a state dictionary."
        )
    return content


def _require_fitting(
    kind: str, path: Path, wanted: Mapping[str, tuple[int, ...]], found: Mapping[Any, Any]
) -> None:
    """Refuse tensors that are not those of the network; the encoder's file may hold more."""
    shapes = {
        name: tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        for name, value in found.items()
    }
    others = [other for other in _KINDS if other != kind]
    for name, shape in wanted.items():
        if shapes.get(name) != shape:
            hint = f"{_REMEDY}."
            for other in others:
                own = _KINDS[other][1]().state_dict()
                if all(shapes.get(each) == tuple(value.shape) for each, value in own.items()):
                    hint = f"It is the {other}: give it as `{other}`."
            raise ModelError(
                f"Expected the {kind} of AdaIN (usually {_KINDS[kind][0]}) at `{path}`, with "
                f"{name!r} of shape {shape}, got {shapes.get(name, 'nothing of that name')}. {hint}"
            )
    extra = sorted(str(name) for name in found if name not in wanted)
    if kind == "decoder" and extra:
        raise ModelError(
            f"Expected the decoder of AdaIN (usually decoder.pth) at `{path}`, got {extra[0]!r} "
            f"beside its layers. {_REMEDY}."
        )
