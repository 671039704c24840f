"""How fast is SmoothGrad of 100 samples, against captum's in the same run, and is it as exact?

And how much memory does RISE take (`memory/...`, see `salience_memory.py`)?

Ours is what a user gets: the fast form of the network, made anew each time, in the precision that
`map_form` chooses on this machine. Rows that begin with `exact` take the network as it was given,
in float32. Images lie in memory as `map_form` says. captum's is `NoiseTunnel` around `Saliency`,
called as its documentation says, one noisy copy of every image a pass: its default, all copies of
all images at once, does not fit into memory. Both explain the logit of the label.

A row tells its precision, whether the machine multiplies bfloat16, and how well the maps agree in
rank with those of the network as it was given, in float32 and under the same noise.

`salience.py ROW ...` measures only the rows whose names begin so.
"""

import argparse
from dataclasses import replace
from functools import partial
from statistics import median

import torch
from scipy.stats import spearmanr
from torch import Tensor

from bench.attack_subjects import Case
from bench.measure import (
    Row,
    in_turns,
    print_row,
    ratio_of,
    seconds_of,
    selected,
    versions_of,
)
from bench.peers.captum_smoothgrad import captum_smoothgrad, largest_difference
from bench.salience_memory import MASKS, measure_memory
from bench.salience_subjects import Explained, explained_of
from cuelens.evaluation.forward import map_form, precision_name
from cuelens.networks import Classifier
from cuelens.networks.fast_path import bfloat16_is_fast
from cuelens.salience import Score, SmoothGrad

__all__ = ["CASES", "METHOD", "measure", "rank_correlations"]

SAMPLES, NOISE = 100, 0.1
METHOD = SmoothGrad(samples=SAMPLES, noise=NOISE, score=Score.LOGIT)
COMPARED = 4
"""So many images are also explained in float32 and compared: it takes as long as all of ours."""

CASES = (
    *(
        Case(what=what, network=network, peer="captum", images=images, rounds=3)
        for what in ("smoothgrad-100", "exact-smoothgrad-100")
        for network, images in (("resnet18", 64), ("efficientnet-lite0", 16))
    ),
    Case(
        what=f"memory/rise-{MASKS}",
        network="efficientnet-lite0",
        peer="limit",
        images=16,
        rounds=1,
    ),
)


def measure(case: Case, subject: Explained | None = None, method: SmoothGrad = METHOD) -> Row:
    """Return a row.

    Args:
        case: Which.
        subject: What is explained; None: the case's own network and images.
        method: SmoothGrad, with other samples to see it work.
    """
    if case.peer == "limit":
        return measure_memory(case)
    subject = subject or explained_of(case)
    exact = case.what.startswith("exact")
    explain = _as_given if exact else _fast
    peer = partial(captum_smoothgrad, subject, samples=method.samples, noise=method.noise)
    few = replace(method, samples=2)
    pairs = in_turns(
        partial(seconds_of, partial(explain, subject, method)),
        partial(seconds_of, peer),
        rounds=case.rounds,
        warm_up=lambda: (explain(subject, few), captum_smoothgrad(subject, samples=2, noise=NOISE)),
    )
    return Row(
        bench="salience",
        row=case.row,
        ours=median(mine for mine, _ in pairs),
        peer=median(theirs for _, theirs in pairs),
        peer_name=case.peer,
        ratio=ratio_of(pairs, "lower"),
        unit="seconds",
        threads=torch.get_num_threads(),
        versions=versions_of("torch", case.peer),
        notes={
            "images": len(subject.images),
            "pixels": subject.images.shape[-1],
            "method": repr(method),
            "bfloat16_in_hardware": bfloat16_is_fast(subject.images.device),
            **(_exactness(subject) if exact else _agreement(subject, method)),
        },
    )


def _as_given(subject: Explained, method: SmoothGrad) -> Tensor:
    return _maps(subject.classifier, subject, method)


def _fast(subject: Explained, method: SmoothGrad) -> Tensor:
    form = map_form(subject.classifier, subject.images[:1])
    return _maps(form.of(subject.classifier), subject, method)


def _maps(classifier: Classifier, subject: Explained, method: SmoothGrad) -> Tensor:
    form = map_form(subject.classifier, subject.images[:1])
    images = form.laid(subject.images)
    return method(classifier, images, subject.labels, chance=subject.chance)


def _agreement(subject: Explained, method: SmoothGrad) -> dict[str, float | str]:
    """Return how well the fast maps agree with those of the network as it was given."""
    few = subject.first(COMPARED)
    correlations = rank_correlations(_fast(few, method), _as_given(few, method))
    form = map_form(subject.classifier, subject.images[:1])
    return {
        "precision": precision_name(form.precision),
        "compared": len(few.images),
        "rank_correlation": median(correlations),
        "rank_correlation_lowest": min(correlations),
    }


def _exactness(subject: Explained) -> dict[str, float | str]:
    """Return how far ours is from captum's in float64, under the same noise."""
    few, method = subject.first(2).double(), replace(METHOD, samples=4)
    maps = method(few.classifier, few.images, few.labels, chance=few.chance)
    difference = largest_difference(few, maps, samples=method.samples, noise=method.noise)
    return {"precision": "float32", "maximum_difference_in_float64": difference}


def rank_correlations(maps: Tensor, others: Tensor) -> list[float]:
    """Return Spearman's correlation of each map's signed values with another's, all channels."""
    pairs = zip(maps.flatten(1).numpy(), others.flatten(1).numpy(), strict=True)
    return [float(spearmanr(one, other).statistic) for one, other in pairs]


def main() -> None:
    """Print the rows that were asked for."""
    parser = argparse.ArgumentParser(description="Measure SmoothGrad.")
    parser.add_argument("rows", nargs="*", help="beginnings of the rows to measure; all if omitted")
    parser.add_argument("--images", type=int, help="how many, to see it work; else as stated")
    parser.add_argument("--rounds", type=int, help="how often each side is measured")
    parser.add_argument("--samples", type=int, default=SAMPLES, help="noisy copies of each image")
    arguments = parser.parse_args()
    method = replace(METHOD, samples=arguments.samples)
    for case in selected(CASES, arguments.rows):
        images, rounds = arguments.images or case.images, arguments.rounds or case.rounds
        print_row(measure(replace(case, images=images, rounds=rounds), method=method))


if __name__ == "__main__":
    main()
