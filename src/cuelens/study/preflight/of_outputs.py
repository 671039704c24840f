"""Pre-flight of what a network answers: its mode, chance, neighbours, and what its outputs are."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from cuelens.evaluation import logits_of
from cuelens.evaluation.forward import full_precision
from cuelens.networks.classifier import Classifier
from cuelens.study.preflight.finding import Finding
from cuelens.tensors import Images, Logits

__all__ = ["output_findings"]

_SAME = 1e-4
"""Logits that differ by less than this share of their range are the same."""
_PROBABILITY = 1e-4
_BATCH = 8
_SEED = 20190517
"""Of the chance that a network draws by itself, so that the same model gives the same finding."""


def output_findings(classifier: Classifier, images: Images) -> tuple[Finding, ...]:
    """Return what is wrong with the answers of a network, whatever the labels are.

    A copy is measured; mode, statistics and the random state stay as they were.

    Args:
        classifier: The model, in the mode in which it was given.
        images: Pixels in [0, 1]; at least two, of which at most 16 are used.

    Returns:
        "not-numbers", "train-mode", "randomised-outputs", "batch-dependent" and
        "probabilities-not-logits", in this order.
    """
    few = images[: 2 * _BATCH]
    own = Classifier(
        copy.deepcopy(classifier.network),
        class_names=classifier.class_names,
        specification=classifier.specification,
        name=classifier.name,
    )
    with _random_state_kept(own.device):
        logits = logits_of(own, few, micro_batch=_BATCH)
        again = logits_of(own, few, micro_batch=_BATCH)
        alone = torch.cat([logits_of(own, one[None], micro_batch=_BATCH) for one in few])
        training = [path for path, module in own.network.named_modules() if module.training]
        moved = _in_own_mode(own, few) if training else logits  # last: it may move statistics
    spread = float((logits.amax(1) - logits.amin(1)).nan_to_num().amax())
    same = _SAME * spread
    repeat, batch, mode = (_largest(logits, other) for other in (again, alone, moved))
    return (
        _numbers(logits),
        _train_mode(training, mode, sure=mode > max(same, 2 * repeat)),
        _randomised(repeat, raised=repeat > same, n=len(few)),
        _batch_dependent(batch, repeat, same, n=len(few)),
        _probabilities(logits),
    )


@contextmanager
def _random_state_kept(device: torch.device) -> Iterator[None]:
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(_SEED)
        yield


def _in_own_mode(classifier: Classifier, images: Images) -> Logits:
    with torch.no_grad(), full_precision(classifier.device):
        parts = [
            classifier(images[start : start + _BATCH].to(classifier.device)).cpu()
            for start in range(0, len(images), _BATCH)
        ]
    return torch.cat(parts)


def _largest(first: Logits, second: Logits) -> float:
    return float((first - second).abs().nan_to_num().amax())


def _numbers(logits: Logits) -> Finding:
    bad = int((~logits.isfinite().all(1)).sum())
    return Finding(
        name="not-numbers",
        raised=bad > 0,
        sentence=f"of {len(logits)} images, {bad} have an answer that is no finite number.",
        fix="Look for overflow in half precision, or for weights that hold NaN." if bad else "",
        numbers={"images": len(logits), "not_finite": bad},
    )


def _train_mode(training: list[str], change: float, *, sure: bool) -> Finding:
    raised = bool(training) and sure
    first = ", ".join(name or "the network itself" for name in training[:3])
    sentence = (
        f"{len(training)} of its parts are in train mode ({first}"
        f"{', ...' if len(training) > 3 else ''}), where a logit differs by up to {change:.2g} "
        "from eval mode."
        if training
        else "all of it is in eval mode."
    )
    return Finding(
        name="train-mode",
        raised=raised,
        sentence=sentence,
        fix="Call `network.eval()` before it is wrapped or exported: batch statistics and dropout "
        "are active." if raised else "",
        numbers={"parts": len(training), "largest_change": change},
    )  # fmt: skip


def _randomised(change: float, *, raised: bool, n: int) -> Finding:
    return Finding(
        name="randomised-outputs",
        raised=raised,
        sentence=f"two passes over the same {n} images in eval mode differ by up to {change:.2g} "
        "in a logit.",
        fix="Fix what the network draws (dropout, noise, random resizing), or attack and explain "
        "its mean." if raised else "",
        numbers={"images": n, "largest_change": change},
    )  # fmt: skip


def _batch_dependent(change: float, repeat: float, same: float, *, n: int) -> Finding:
    """What shares a batch cannot be told from chance where outputs are randomised."""
    drawn = repeat > same
    raised = not drawn and change > same
    return Finding(
        name="batch-dependent",
        raised=raised,
        sentence="its outputs are randomised, so that what shares a batch cannot be told from "
        "chance."
        if drawn
        else f"alone or among others, a logit of {n} images differs by up to {change:.2g}.",
        fix="Batch norm uses the statistics of the batch even in eval mode: let it keep running "
        "ones (`track_running_stats=True`), or fold them in." if raised else "",
        numbers={"images": n, "largest_change": change},
        checked=not drawn,
    )  # fmt: skip


def _probabilities(logits: Logits) -> Finding:
    total, least = logits.sum(1), float(logits.nan_to_num().amin())
    low, high = float(total.amin()), float(total.amax())
    several = logits.shape[1] > 1
    raised = several and least >= -_PROBABILITY and max(1 - low, high - 1) < _PROBABILITY
    return Finding(
        name="probabilities-not-logits",
        raised=raised,
        sentence=f"the outputs of {len(logits)} images sum to {low:.4g} to {high:.4g}, "
        f"the smallest is {least:.2g}"
        + (": they are probabilities." if raised else ": no probabilities."),
        fix="Take the softmax out of the network: behind it gradients vanish, and every loss "
        "takes it once more." if raised else "",
        numbers={"smallest": least, "sum_low": low, "sum_high": high},
        checked=several,
    )  # fmt: skip
