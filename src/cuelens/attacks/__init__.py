"""Attacks: each searches a ball around an image for pixels that a classifier gets wrong."""

from cuelens.attacks.fgsm import FGSM
from cuelens.attacks.paper import paper_evaluation_attack
from cuelens.attacks.pgd import PGD
from cuelens.attacks.protocol import Attack, Attacked
from cuelens.attacks.restarts import Restarts

__all__ = ["FGSM", "PGD", "Attack", "Attacked", "Restarts", "paper_evaluation_attack"]
