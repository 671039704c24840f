"""A certificate: what the oracles found on this machine, with everything that could matter to it.

A certificate speaks of the machine and the versions that it names, and of the day when it was made.
"""

import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import torch

from cuelens.errors import RecordError
from cuelens.files import require_place, write_atomically
from cuelens.networks.fast_path import bfloat16_is_fast
from cuelens.study.oracles import ORACLES, Oracle, responses_in

__all__ = ["CERTIFICATE", "Certificate", "Checked", "read_certificate", "selfcheck"]

CERTIFICATE = "certificate.json"
"""Name of the file, in the folder of a run, that reports show."""

_LIBRARIES = ("cuelens", "torch", "numpy", "scipy", "polars", "pillow")


@dataclass(frozen=True, kw_only=True, slots=True)
class Checked:
    """What one oracle found.

    Attributes:
        name: Of the oracle.
        claim: What it claims.
        expected: What must come out.
        got: What came out, or the error that stopped it.
        passed: Whether they agree.
        seconds: How long it took.
    """

    name: str
    claim: str
    expected: str
    got: str
    passed: bool
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Certificate:
    """What all oracles found on a machine.

    Attributes:
        created: Date and time, UTC, ISO 8601.
        machine: System, processor, threads, precision of the fast path, and so on, by name.
        versions: Of Python and the libraries that compute.
        oracles: In order.
    """

    created: str
    machine: dict[str, str]
    versions: dict[str, str]
    oracles: tuple[Checked, ...]

    @property
    def passed(self) -> bool:
        """Whether every oracle passed, and there is one."""
        return bool(self.oracles) and all(one.passed for one in self.oracles)

    @property
    def sentence(self) -> str:
        """What was found, in a sentence."""
        right, seconds = sum(one.passed for one in self.oracles), self.seconds
        return f"{right} of {len(self.oracles)} oracles passed, in {seconds:.0f} s."

    @property
    def seconds(self) -> float:
        """How long the oracles took together."""
        return sum(one.seconds for one in self.oracles)

    def write(self, path: Path) -> Path:
        """Write the certificate as JSON.

        Args:
            path: A file, or the folder of a run, whose report will show it.

        Raises:
            StorageError: If the disk is full or cannot be written.
        """
        file = _file(path)
        write_atomically(file, json.dumps(asdict(self), indent=2) + "\n")
        return file


def selfcheck(
    *,
    data: Path | None = None,
    out: Path | None = None,
    oracles: Sequence[Oracle] = ORACLES,
    tell: Callable[[int, int, str], None] | None = None,
) -> Certificate:
    """Ask every oracle on this machine.

    Args:
        data: Where published data lies; more is checked where it is there.
        out: Where the certificate will be written: tried before anything is asked.
        oracles: Those to ask.
        tell: Called after each with how many are done, how many there are, and its name.

    Returns:
        The certificate. An oracle that raises an error has not passed, and the error is named.

    Raises:
        StorageError: If `out` cannot be written.
    """
    if out is not None:
        require_place(_file(out))
    asked = [*oracles, *(() if data is None else responses_in(data))]
    found = []
    for number, oracle in enumerate(asked):
        found.append(_asked(oracle))
        if tell is not None:
            tell(number + 1, len(asked), oracle.name)
    return Certificate(
        created=datetime.now(tz=UTC).isoformat(timespec="seconds"),
        machine=_machine(),
        versions={"python": platform.python_version()}
        | {name: version(name) for name in _LIBRARIES},
        oracles=tuple(found),
    )


def _file(path: Path) -> Path:
    return path / CERTIFICATE if path.is_dir() else path


def _asked(oracle: Oracle) -> Checked:
    started = time.monotonic()
    expected, got, passed = "an answer", "", False
    try:
        finding = oracle.look()
    except Exception as error:  # noqa: BLE001 # whatever stops an oracle is its finding
        got = f"{type(error).__name__}: {error}"
    else:
        expected, got, passed = finding.expected, finding.got, finding.passed
    return Checked(
        name=oracle.name,
        claim=oracle.claim,
        expected=expected,
        got=got,
        passed=passed,
        seconds=time.monotonic() - started,
    )


def _machine() -> dict[str, str]:
    """Return what of a machine may move the last bits of a number."""
    gpu = torch.cuda.is_available()
    device = torch.device("cuda" if gpu else "cpu")
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "processor": torch.backends.cpu.get_cpu_capability(),
        "cores": str(os.cpu_count()),
        "threads": str(torch.get_num_threads()),
        "device": torch.cuda.get_device_name() if gpu else "cpu",
        "fast path": "bfloat16" if bfloat16_is_fast(device) else "float32",
        "float32 products": torch.get_float32_matmul_precision(),
    }


def read_certificate(folder: Path) -> Certificate | None:
    """Return the certificate that lies in a run's folder; None where there is none.

    Raises:
        RecordError: If it cannot be read.
    """
    path = folder / CERTIFICATE
    if not path.is_file():
        return None
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
        checked = tuple(Checked(**one) for one in read.pop("oracles"))
        return Certificate(**read, oracles=checked)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise RecordError(
            f"Expected a certificate that `cuelens selfcheck` wrote at {path}, got one that cannot "
            f"be read ({error}). Write it anew, or remove it."
        ) from error
