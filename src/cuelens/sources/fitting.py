"""Whether tensors by their names are those of a network, and if not, how near they come.

It knows names and shapes; it does not know files or architectures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Size, Tensor

__all__ = ["Fit", "best_fit"]

_FEW = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """How tensors fit a network, with a prefix of their names taken away.

    Attributes:
        prefix: What was taken away, such as "module."; "" for nothing.
        tensors: Those behind the prefix, by their names without it.
        fitting: How many of the network's have their name and shape.
        wanted: How many the network has.
        missing: Names of the network's that are not there.
        reshaped: What has another shape, in words.
        unexpected: Names behind the prefix that the network has not.
        outside: How many tensors do not begin with the prefix.
    """

    prefix: str
    tensors: Mapping[str, Tensor]
    fitting: int
    wanted: int
    missing: tuple[str, ...]
    reshaped: tuple[str, ...]
    unexpected: tuple[str, ...]
    outside: int

    @property
    def is_whole(self) -> bool:
        """Whether the network gets every tensor, and nothing behind the prefix is left over."""
        return not (self.missing or self.reshaped or self.unexpected)

    def __str__(self) -> str:
        """Say what fits and what does not."""
        taken = f"with `{self.prefix}` taken from their names, " if self.prefix else ""
        parts = [f"{taken}{self.fitting:,} of the network's {self.wanted:,} are there"]
        for what, names in (
            ("missing", self.missing),
            ("of another shape", self.reshaped),
            ("not part of it", self.unexpected),
        ):
            if names:
                parts.append(f"{what}: {few(names)}")
        return "; ".join(parts)


def few(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    shown = ", ".join(names[:_FEW])
    return shown if len(names) <= _FEW else f"{shown} and {len(names) - _FEW:,} more"


def best_fit(tensors: Mapping[str, Tensor], shapes: Mapping[str, Size]) -> Fit:
    """Return how tensors fit best, over the prefixes that their names begin with.

    Counters of batch norm, which older checkpoints do not have, need not be there.

    Args:
        tensors: Of a checkpoint, by name.
        shapes: Of a network's parameters and buffers, by name.
    """
    prefixes = {""}
    for name in tensors:
        parts = name.split(".")
        prefixes |= {".".join(parts[:count]) + "." for count in range(1, min(len(parts), 5))}
    # Names that no tensor could have are not worth a look.
    first = [name.split(".")[0] + "." for name in shapes]
    likely = [prefix for prefix in prefixes if not prefix or _leads(prefix, tensors, first)]
    fits = [_fit(tensors, shapes, prefix) for prefix in sorted(likely, key=len)]
    return max(fits, key=lambda fit: (fit.is_whole, fit.fitting, -len(fit.prefix)))


def _leads(prefix: str, tensors: Mapping[str, Tensor], first: Sequence[str]) -> bool:
    """Return whether behind a prefix a name begins as one of the network's does."""
    starts = tuple(prefix + one for one in first)
    return any(name.startswith(starts) or f"{name}." in starts for name in tensors)


def _fit(tensors: Mapping[str, Tensor], shapes: Mapping[str, Size], prefix: str) -> Fit:
    inside = {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
    common = [name for name in shapes if name in inside]
    reshaped = [name for name in common if inside[name].shape != shapes[name]]
    counters = [name for name in shapes if name.endswith("num_batches_tracked")]
    return Fit(
        prefix=prefix,
        tensors=inside,
        fitting=len(common) - len(reshaped),
        wanted=len(shapes),
        missing=tuple(name for name in shapes if name not in inside and name not in counters),
        reshaped=tuple(
            f"{name} {tuple(inside[name].shape)} instead of {tuple(shapes[name])}"
            for name in reshaped
        ),
        unexpected=tuple(name for name in inside if name not in shapes),
        outside=len(tensors) - len(inside),
    )
