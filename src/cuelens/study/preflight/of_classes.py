"""Pre-flight of the classes: whether the outputs stand in the order of the labels.

A wrong order shows as an accuracy near chance that another order lifts. Known orders are tried
as they are; any order is found on half of the images and judged by the other half.
"""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Int
from scipy.optimize import linear_sum_assignment
from torch import Tensor

from cuelens.statistics import wilson
from cuelens.study.preflight.class_orders import class_orders
from cuelens.study.preflight.finding import Finding
from cuelens.study.preflight.rivals import Outcome, Rival, outcome_of, surely_better
from cuelens.tensors import Labels, Logits

__all__ = ["chance_finding", "order_finding"]

_SHOWN = 4
_FEWEST = 10
"""So many images at least judge an order that was found on the others."""

Outputs = Int[np.ndarray, " class"]


def chance_finding(given: Outcome, *, classes: int) -> Finding:
    """Return "near-chance": whether a model may do no better than guessing.

    Args:
        given: What the model answers as it is stated.
        classes: How many it knows.
    """
    rate = wilson(int(given.right.sum()), len(given.right))
    raised = classes > 1 and rate.low <= 1 / classes
    return Finding(
        name="near-chance",
        raised=raised,
        sentence=f"right for {100 * rate.value:.1f} % of {rate.n:,} images (interval "
        f"{100 * rate.low:.1f} to {100 * rate.high:.1f}); guessing gives {100 / classes:.2g} %.",
        fix="Look at the other findings first; if there is none, the weights or the images are not "
        "what they are said to be." if raised else "",
        numbers={"accuracy": rate.value, "low": rate.low, "high": rate.high, "n": rate.n},
        checked=classes > 1,
    )  # fmt: skip


def order_finding(
    logits: Logits, labels: Labels, class_names: Sequence[str]
) -> tuple[Finding, Tensor | None]:
    """Return whether the outputs stand in another order than the labels, and the order.

    Args:
        logits: One row an image.
        labels: The true classes.
        class_names: In the order of the labels.

    Returns:
        "class-order", and, where it is raised, of each label the output that stands for it.
    """
    given = outcome_of(logits, labels)
    known = {name: torch.tensor(order) for name, order in class_orders(class_names).items()}
    best = surely_better(
        given, {name: outcome_of(logits, order[labels]) for name, order in known.items()}
    )
    outputs = torch.arange(logits.shape[1]) if best is None else known[best.name]
    start = f"right for {100 * given.accuracy:.1f} % of {len(labels):,} images; none of "
    start += f"{len(known)} known orders of the outputs is surely better"
    numbers = {"accuracy": given.accuracy, "images": float(len(labels))}
    found = _assigned(logits, labels)
    if found is not None:
        assigned, judges = found
        shown, own = logits[judges], labels[judges]
        other = outcome_of(shown, assigned[own])
        kept = outcome_of(shown, own)
        numbers |= {"judges": float(len(judges)), "accuracy, best assignment": other.accuracy}
        start += (
            ", nor is the one that fits half of the images best "
            f"({100 * other.accuracy:.1f} % of the other half, as stated "
            f"{100 * kept.accuracy:.1f} %)."
        )
        # A known order may fit some of the classes by chance: it is to be as good as any.
        if surely_better(outcome_of(shown, outputs[own]), {"another order": other}) is not None:
            rival = surely_better(kept, {"another order": other})
            if rival is not None:
                words = "in an order that was found on the others"
                return _raised(kept, rival, assigned, class_names, words, len(judges))
    else:
        start += ". There are too few images of each class to look for any other."
    if best is not None:
        words = f"taking the outputs {best.name}"
        return _raised(given, best, outputs, class_names, words, len(labels))
    return Finding(name="class-order", raised=False, sentence=start, numbers=numbers), None


def _assigned(logits: Logits, labels: Labels) -> tuple[Tensor, Tensor] | None:
    """Return the outputs that fit half of the images best, and the rows of the other half.

    Every other image of each class is in either half. A class without images keeps its output if
    that is left, else takes another one.
    """
    learns = torch.zeros(len(labels), dtype=torch.bool)
    for label in set(labels.tolist()):
        learns[(labels == label).nonzero().flatten()[::2]] = True
    judges = (~learns).nonzero().flatten()
    if len(judges) < _FEWEST:
        return None
    present = torch.tensor(sorted(set(labels[judges].tolist())))
    probable = logits.double().log_softmax(1).nan_to_num(nan=-50.0).clamp(min=-50.0)
    sums = torch.stack([probable[learns & (labels == label)].sum(0) for label in present])
    chosen = linear_sum_assignment(-sums.numpy())[1]
    outputs = torch.arange(logits.shape[1])
    outputs[present] = torch.from_numpy(chosen)
    return outputs, judges


def _raised(
    given: Outcome,
    best: Rival,
    outputs: Tensor,
    class_names: Sequence[str],
    words: str,
    n: int,
) -> tuple[Finding, Tensor]:
    moved = [place for place, output in enumerate(outputs.tolist()) if output != place]
    shown = ", ".join(
        f"output {int(outputs[place])} is {class_names[place]}" for place in moved[:_SHOWN]
    )
    more = f" and {len(moved) - _SHOWN} more" if len(moved) > _SHOWN else ""
    return Finding(
        name="class-order",
        raised=True,
        sentence=f"as stated it is right for {100 * given.accuracy:.1f} % of {n:,} images, {words} "
        f"for {100 * best.accuracy:.1f} % (McNemar p = {best.p:.2g}).",
        fix=f"Name the classes in the order of the network's outputs: {shown}{more}.",
        numbers={
            "images": float(n),
            "accuracy": given.accuracy,
            "accuracy, other order": best.accuracy,
            "p": best.p,
            "moved": float(len(moved)),
        },
    ), outputs
