"""What an oracle is: a claim whose truth is known beforehand, and what was found of it here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

__all__ = ["Finding", "Oracle", "near", "same"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What an oracle found on this machine.

    Attributes:
        expected: What must come out, in words or digits.
        got: What came out.
        passed: Whether they agree.
    """

    expected: str
    got: str
    passed: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Oracle:
    """A claim that can be checked without data.

    Attributes:
        name: Its area and what it is about, such as "attacks/linear-linf".
        claim: A sentence.
        look: Checks it here.
    """

    name: str
    claim: str
    look: Callable[[], Finding]


def near(got: Sequence[float], expected: Sequence[float], tolerance: float) -> Finding:
    """Return whether every number is within a tolerance; NaN is not.

    Args:
        got: What came out.
        expected: As many numbers.
        tolerance: The largest difference allowed.
    """
    passed = len(got) == len(expected) and all(
        abs(one - other) <= tolerance for one, other in zip(got, expected, strict=True)
    )
    digits = "{:.6g}".format
    return Finding(
        expected=f"{', '.join(map(digits, expected))} within {tolerance:g}",
        got=", ".join(map(digits, got)),
        passed=passed,
    )


def same(got: Tensor, expected: Tensor) -> Finding:
    """Return whether two tensors agree to the last bit."""
    if got.shape != expected.shape:
        return Finding(
            expected=f"shape {tuple(expected.shape)}",
            got=f"shape {tuple(got.shape)}",
            passed=False,
        )
    differing = int((got != expected).sum())
    return Finding(
        expected=f"0 of {expected.numel():,} numbers differ",
        got=f"{differing:,} differ",
        passed=torch.equal(got, expected),
    )
