"""The attacks and their peers in turns: how long each takes, and who survives it.

Ours is what a user gets, from images to records. It knows how to measure a row; which rows there
are it does not know.
"""

import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median

import torch
from jaxtyping import Bool
from torch import Tensor

from bench.attack_subjects import RADIUS, Case, Subject
from bench.measure import Row, in_turns, ratio_of, seconds_of, versions_of
from bench.peers.attack_libraries import BATCH, Peer, WithNormalisation
from cuelens.attacks import Attack, Suite
from cuelens.evaluation import RecordStore, attack_dataset, logits_of
from cuelens.evaluation.forward import fast_form, full_precision
from cuelens.randomness import Chance

__all__ = ["Survivors", "measure_exact", "measure_survivors"]

SURVIVORS_WANTED = 0.25

RECHECK = 200
"""The default of `attack_dataset`, as the protocol asks."""

Survivors = Bool[Tensor, " batch"]
Notes = dict[str, float | int | str]
Pairs = Sequence[tuple[float, float]]
"""Seconds of ours and of the peer, round by round."""


class Timed:
    """Work that says how long it took and keeps what it found."""

    def __init__(self, work: Callable[[], Tensor]) -> None:
        """Take the work."""
        self._work = work
        self.found = torch.empty(0)

    def __call__(self) -> float:
        """Return seconds; a GPU has finished by the time that its result lies on the CPU."""
        return seconds_of(self._run)

    def _run(self) -> None:
        self.found = self._work().cpu()


def survivors_of_ours(
    attack: Attack | Suite, subject: Subject, *, recheck: int = RECHECK
) -> Survivors:
    """Attack as users do, from images to records, and return who survived.

    Images are new to it each time: their fingerprint is not known yet, and no record is there.

    Args:
        attack: What is done.
        subject: To whom.
        recheck: How many survivors of a search in bfloat16 are attacked again in float32.
    """
    dataset = subject.first(len(subject.dataset)).dataset
    with tempfile.TemporaryDirectory() as folder:
        store = RecordStore(Path(folder))
        done = attack_dataset(
            subject.classifier, dataset, attack, condition="bench", store=store, recheck=recheck
        )
        # Of a suite, the worst case comes last.
        frame = store.read(done.table, done.keys[-1:], columns=["fooled"])
    return torch.tensor(frame["fooled"].to_list()).logical_not()


def images_of_ours(attack: Attack, subject: Subject) -> Tensor:
    """Attack the classifier as it was given, and return the images."""
    chance = Chance(0, subject.dataset.ids)
    return attack(subject.classifier, subject.images, subject.labels, chance=chance).images


def images_of_peer(peer: Peer, subject: Subject) -> Tensor:
    """Return the images that a peer made."""
    model = WithNormalisation(subject.classifier).eval()
    return peer(model, subject.images, subject.labels)


def survivors_of(subject: Subject, attacked: Tensor) -> Survivors:
    """Return whom the classifier, as it was given and in float32, still gets right."""
    logits = logits_of(subject.classifier, attacked, micro_batch=BATCH)
    return logits.argmax(1) == subject.dataset.labels


def survivors_of_peer(peer: Peer, subject: Subject) -> Survivors:
    """Attack with a peer, and return who survived."""
    return survivors_of(subject, images_of_peer(peer, subject))


def measure_survivors(case: Case, subject: Subject, *, ours: Attack | Suite, peer: Peer) -> Row:
    """Measure seconds to robust accuracy."""
    mine = Timed(partial(survivors_of_ours, ours, subject))
    theirs = Timed(partial(survivors_of_peer, peer, subject))

    def warm_up() -> None:
        batch = subject.first(BATCH)
        survivors_of_ours(ours, batch), survivors_of_peer(peer, batch)

    def notes(pairs: Pairs) -> Notes:
        survivors = int(mine.found.sum())
        if case.network == "resnet18" and survivors < SURVIVORS_WANTED * len(mine.found):
            print(f"{case.row}: {survivors} survivors are few; train longer.", file=sys.stderr)
        return {
            "robust_ours": float(mine.found.double().mean()),
            "robust_peer": float(theirs.found.double().mean()),
            "survivors": survivors,
            **_without_second_look(ours, subject, pairs),
        }

    return _in_turns(case, mine, theirs, warm_up, notes)


def _without_second_look(ours: Attack | Suite, subject: Subject, pairs: Pairs) -> Notes:
    """Return how many times faster ours is like for like: searched and confirmed, as a peer is.

    A search in float32 owes no second look, and a suite ends in float32 on every survivor: there
    the row itself is like for like.
    """
    form = fast_form(subject.classifier, subject.first(1).images)
    if isinstance(ours, Suite) or form.precision is torch.float32:
        return {"second_look": 0}
    once = Timed(partial(survivors_of_ours, ours, subject, recheck=0))
    seconds = median(once() for _ in pairs)
    peer = median(theirs for _, theirs in pairs)
    return {"second_look": RECHECK, "ratio_without_second_look": peer / seconds}


def measure_exact(case: Case, subject: Subject, *, ours: Attack, peer: Peer) -> Row:
    """Measure seconds of every step in float32, and whether the images are the same."""
    mine = Timed(partial(images_of_ours, ours, subject))
    theirs = Timed(partial(images_of_peer, peer, subject))

    def warm_up() -> None:
        batch = subject.first(BATCH)
        images_of_ours(ours, batch), images_of_peer(peer, batch)

    def notes(pairs: Pairs) -> Notes:
        survivors = survivors_of(subject, mine.found)
        return {
            "maximum_difference": float((mine.found - theirs.found).abs().amax()),
            "robust_ours": float(survivors.double().mean()),
            "robust_peer": float(survivors_of(subject, theirs.found).double().mean()),
            "survivors": int(survivors.sum()),
        }

    # On a GPU both are kept from rounding to TensorFloat-32, or they could not agree.
    with full_precision(subject.classifier.device):
        return _in_turns(case, mine, theirs, warm_up, notes)


def _in_turns(
    case: Case,
    ours: Timed,
    peer: Timed,
    warm_up: Callable[[], object],
    notes: Callable[[Pairs], Notes],
) -> Row:
    pairs = in_turns(ours, peer, rounds=case.rounds, warm_up=warm_up)
    return Row(
        bench="attacks",
        row=case.row,
        ours=median(mine for mine, _ in pairs),
        peer=median(theirs for _, theirs in pairs),
        peer_name=case.peer,
        ratio=ratio_of(pairs, "lower"),
        unit="seconds",
        threads=torch.get_num_threads(),
        versions=versions_of("torch", case.peer),
        notes={"images": len(ours.found), "radius": f"{RADIUS * 255:g}/255"} | notes(pairs),
    )
