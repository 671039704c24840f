"""How fast, how strong and how large are the attacks, against the libraries of the field?

Ours is what a user gets, from images to records: the defaults of `attack_dataset`, confirmation
in float32 and the second look at survivors included. A peer's time is that of its attack and of
one pass that tells who survived; where ours looks a second time, the row also says how it compares
without (`ratio_without_second_look`). Both attack the same first images of CIFAR-10's test split in
batches of 250 and take turns; each row says who survived. The exact rows compare images, in
batches of 256: torchattacks divides its loss by the batch, which rounds unless that is a power of
two.

`attacks.py ROW ...` measures only the rows whose names begin so.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace

import torch

from bench.attack_limits import measure_cost, measure_memory, measure_memory_of_one_call
from bench.attack_subjects import RADIUS, Case, Subject, subject_of
from bench.attack_turns import measure_exact, measure_survivors
from bench.measure import Row, print_row, selected
from bench.peers.attack_libraries import foolbox_pgd, pyautoattack_standard, torchattacks_pgd
from cuelens import PGD, Linf
from cuelens.attacks import strong_suite

__all__ = ["CASES", "measure", "on_devices"]

CASES = (
    Case(what="pgd-linf-20", network="resnet2b", peer="torchattacks", images=1_000, rounds=5),
    Case(what="pgd-linf-20", network="resnet2b", peer="foolbox", images=1_000, rounds=5),
    Case(what="exact-pgd-linf-20", network="resnet2b", peer="torchattacks", images=1_024, rounds=5),
    Case(what="cost-per-image", network="resnet2b", peer="limit", images=500, rounds=5),
    Case(what="strong", network="resnet2b", peer="pyautoattack", images=500, rounds=3),
    Case(what="strong", network="cifar_cnn_a_adv", peer="pyautoattack", images=500, rounds=3),
    Case(what="pgd-linf-20", network="resnet18", peer="torchattacks", images=1_000, rounds=3),
    Case(what="pgd-linf-20", network="resnet18", peer="foolbox", images=1_000, rounds=3),
    Case(what="exact-pgd-linf-20", network="resnet18", peer="torchattacks", images=1_024, rounds=3),
    Case(what="memory", network="resnet18", peer="limit", images=10_000, rounds=1),
    Case(what="memory-of-one-call", network="resnet18", peer="limit", images=10_000, rounds=1),
)
"""Every row on a CPU; those that have a peer are measured on a GPU too, where there is one."""

STEP, STEPS = 2 / 255, 20
POWER_OF_TWO = 256
_BALL = Linf(radius=RADIUS)
_PGD = PGD(ball=_BALL, step=STEP, steps=STEPS, stop_when_fooled=True)
_EXACT_PGD = PGD(ball=_BALL, step=STEP, steps=STEPS, random_start=False, batch_size=POWER_OF_TWO)
_PEERS = {
    "torchattacks": torchattacks_pgd(radius=RADIUS, step=STEP, steps=STEPS),
    "foolbox": foolbox_pgd(radius=RADIUS, step=STEP, steps=STEPS),
}
_EXACT_PEER = torchattacks_pgd(
    radius=RADIUS, step=STEP, steps=STEPS, random_start=False, batch_size=POWER_OF_TWO
)
_STRONG_PEER = pyautoattack_standard(radius=RADIUS)


def measure(case: Case, subject: Subject | None = None) -> Row:
    """Return a row.

    Args:
        case: Which.
        subject: What it is measured on; None: the case's own network and images.
    """
    if case.what == "memory":
        return measure_memory(case)
    if case.what == "memory-of-one-call":
        return measure_memory_of_one_call(case)
    subject = subject or subject_of(case)
    if case.what == "pgd-linf-20":
        return measure_survivors(case, subject, ours=_PGD, peer=_PEERS[case.peer])
    if case.what == "exact-pgd-linf-20":
        return measure_exact(case, subject, ours=_EXACT_PGD, peer=_EXACT_PEER)
    if case.what == "strong":
        return measure_survivors(case, subject, ours=strong_suite(_BALL), peer=_STRONG_PEER)
    return measure_cost(case, subject)


def on_devices(cases: Sequence[Case], *, gpu: bool) -> tuple[Case, ...]:
    """Return the cases, and those that have a peer once more for the GPU, if there is one."""
    with_peer = [case for case in cases if case.peer != "limit"] if gpu else []
    return (*cases, *(replace(case, device="cuda") for case in with_peer))


def main() -> None:
    """Print the rows that were asked for."""
    parser = argparse.ArgumentParser(description="Measure the attacks.")
    parser.add_argument("rows", nargs="*", help="beginnings of the rows to measure; all if omitted")
    parser.add_argument("--images", type=int, help="how many, to see it work; else as stated")
    parser.add_argument("--rounds", type=int, help="how often each side is measured")
    arguments = parser.parse_args()
    cases = on_devices(CASES, gpu=torch.cuda.is_available())
    for case in selected(cases, arguments.rows):
        images, rounds = arguments.images or case.images, arguments.rounds or case.rounds
        print_row(measure(replace(case, images=images, rounds=rounds)))


if __name__ == "__main__":
    main()
