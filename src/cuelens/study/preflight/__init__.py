"""The pre-flight: faults of a model that nobody sees, found by measurement on some images."""

from cuelens.study.preflight.checking import ENOUGH, preflight
from cuelens.study.preflight.finding import Finding
from cuelens.study.preflight.record import kept_preflight, read_preflights

__all__ = ["ENOUGH", "Finding", "kept_preflight", "preflight", "read_preflights"]
