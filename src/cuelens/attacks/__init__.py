"""Attacks: each searches a ball around an image for pixels that a classifier gets wrong."""

from cuelens.attacks.apgd import APGD
from cuelens.attacks.curves import Curve
from cuelens.attacks.fgsm import FGSM
from cuelens.attacks.paper import paper_evaluation_attack
from cuelens.attacks.pgd import PGD
from cuelens.attacks.protocol import Attack, Attacked
from cuelens.attacks.restarts import Restarts
from cuelens.attacks.square import Square
from cuelens.attacks.stadv import StAdv
from cuelens.attacks.suites import Suite, WorstCase, quick_suite, strong_suite
from cuelens.attacks.targeted_apgd import TargetedAPGD
from cuelens.attacks.targeted_fab import TargetedFAB

__all__ = [
    "APGD",
    "FGSM",
    "PGD",
    "Attack",
    "Attacked",
    "Curve",
    "Restarts",
    "Square",
    "StAdv",
    "Suite",
    "TargetedAPGD",
    "TargetedFAB",
    "WorstCase",
    "paper_evaluation_attack",
    "quick_suite",
    "strong_suite",
]
