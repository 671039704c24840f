"""Claims whose truth is known beforehand, so that a machine can be checked without data."""

from cuelens.study.oracles.finding import Finding, Oracle
from cuelens.study.oracles.of_attacks import ATTACKS
from cuelens.study.oracles.of_chance import CHANCE
from cuelens.study.oracles.of_passes import PASSES
from cuelens.study.oracles.of_responses import responses_in
from cuelens.study.oracles.of_salience import SALIENCE
from cuelens.study.oracles.of_statistics import STATISTICS
from cuelens.study.oracles.of_transforms import TRANSFORMS

__all__ = ["ORACLES", "Finding", "Oracle", "responses_in"]

ORACLES: tuple[Oracle, ...] = (*CHANCE, *TRANSFORMS, *ATTACKS, *SALIENCE, *STATISTICS, *PASSES)
"""Those that need no data."""
