"""Checks of maps: planted records that raise each, and sound ones that raise none."""

import numpy as np
import polars as pl
import pytest
import torch
from tests.study.planted import Planted, common
from torch import nn

from cuelens.datasets import CueControlled
from cuelens.errors import RecordError
from cuelens.evaluation import Condition, RecordStore, Target
from cuelens.evaluation.reference_maps import EdgeMap, NoiseMap
from cuelens.evaluation.tables import table_of
from cuelens.networks import Classifier
from cuelens.salience import Gradient, Score
from cuelens.study.checks.salience_checks import salience_checks
from cuelens.study.plan.salience_plan import SaliencePlan
from cuelens.study.run.salience_measuring import Measuring

SOUND = {
    "randomised_rank_correlation": 0.1,
    "deletion": 0.2,
    "insertion": 0.6,
    "contour_share": 0.5,
    "white_share": 0.01,
    "drawn_brightness": 0.2,
}
EDGES = {"deletion": 0.4, "insertion": 0.4, "contour_share": 0.5}
NOISE = {"deletion": 0.5, "insertion": 0.3, "contour_share": 0.3}
NAMES = (
    "survives-randomisation", "no-better-than-edges", "no-better-than-noise", "saturated-scale",
)  # fmt: skip


def records(n=40, *, spread=0.02, condition="clean", **methods):
    """Return records of one model: methods to the means of their measures."""
    rng = np.random.default_rng(0)
    parts = []
    for method, means in methods.items():
        for measure, mean in means.items():
            noise = rng.normal(0, spread, n)
            columns = {
                "image": [f"test/{place:05}" for place in range(n)],
                "label": np.zeros(n, dtype=np.int64),
                "value": mean + noise - noise.mean(),
            }
            constants = common("standard", Planted(), condition, condition, None)
            parts.append(
                table_of("salience", columns, constants | {"method": method, "measure": measure})
            )
    return pl.concat(parts)


def raised(frame):
    return {check.name for check in salience_checks(frame) if check.raised}


def test_sound_maps_raise_nothing_and_say_by_how_much():
    checks = salience_checks(records(gradient=SOUND, edges=EDGES, noise=NOISE))
    assert tuple(check.name for check in checks) == NAMES
    assert not any(check.raised for check in checks)
    assert {check.about for check in checks} == {("gradient", "standard")}
    sentences = {check.name: check.sentence for check in checks}
    assert sentences["no-better-than-edges"] == (
        "gradient maps of standard: better than the edges of the image by deletion area and "
        "insertion area, not surely better or worse by contours (paired t, corrected for 3): "
        "deletion area 0.200 against 0.400 (less is better, n = 40), insertion area 0.600 against "
        "0.400 (more is better, n = 40), contours 0.500 against 0.500 (more is better, n = 40)."
    )
    assert sentences["saturated-scale"] == (
        "gradient maps of standard: drawn with the 99th percentile white, 1.0 % of the pixels are "
        "white and the mean grey is 0.200 (means over 40 images)."
    )
    assert sentences["survives-randomisation"].startswith(
        "gradient maps of standard: with all weights drawn by chance their rank correlation with "
        "the maps of the trained network is 0.10 (interval 0.09 to 0.11, n = 40)"
    )


@pytest.mark.parametrize(
    ("changes", "name", "tail"),
    [
        (
            {"randomised_rank_correlation": 0.9},
            "survives-randomisation",
            ": they show the image more than what the network has learnt.",
        ),
        (
            {"deletion": 0.4, "insertion": 0.4},
            "no-better-than-edges",
            " What they show may have nothing to do with the model.",
        ),
        (
            {"white_share": 0.3},
            "saturated-scale",
            "; more than 5 % white: what is strongest cannot be seen.",
        ),
        (
            {"drawn_brightness": 0.0},
            "saturated-scale",
            "; below 0.02 a few pixels leave the rest black.",
        ),
    ],
)
def test_each_check_is_raised_by_what_it_is_for_alone(changes, name, tail):
    frame = records(gradient=SOUND | changes, edges=EDGES, noise=NOISE)
    assert raised(frame) == {name}
    (sentence,) = [check.sentence for check in salience_checks(frame) if check.raised]
    assert sentence.endswith(tail)


def test_the_likeness_with_the_last_layers_random_is_said_and_decides_nothing():
    stops = {
        "cascade_rank_correlation:head": 0.8,
        "cascade_rank_correlation:block": 0.7,
        "cascade_rank_correlation:first": 0.1,
    }
    frame = records(gradient=SOUND | stops)
    whole = pl.col("measure") == "cascade_rank_correlation:first"
    full = frame.filter(measure="randomised_rank_correlation")["value"]
    frame = pl.concat([frame.filter(~whole), frame.filter(whole).with_columns(value=full)])
    check = salience_checks(frame)[0]
    assert (check.name, check.raised) == ("survives-randomisation", False)
    assert check.sentence.endswith(
        ", n = 40). With the layers from the last down to head drawn by chance it is 0.80."
    )


def test_a_map_as_good_as_noise_is_no_better_than_edges_either():
    frame = records(gradient=SOUND | NOISE, edges=EDGES, noise=NOISE)
    assert raised(frame) == {"no-better-than-edges", "no-better-than-noise"}


def test_a_map_that_is_better_in_one_area_alone_is_told_the_other():
    means = {"deletion": 0.3, "insertion": 0.3}
    (check,) = salience_checks(records(gradient=means, edges=EDGES))
    assert not check.raised
    assert check.sentence == (
        "gradient maps of standard: better than the edges of the image by deletion area, which is "
        "enough to pass, though worse by insertion area (paired t, corrected for 2): deletion area "
        "0.300 against 0.400 (less is better, n = 40), insertion area 0.300 against 0.400 (more is "
        "better, n = 40)."
    )
    (check,) = salience_checks(records(gradient={"insertion": 0.3}, edges=EDGES))
    assert check.raised
    assert check.sentence.startswith(
        "gradient maps of standard: worse than the edges of the image by insertion area (paired t, "
    )


def test_a_difference_that_may_be_chance_is_not_better():
    means = {"deletion": 0.38, "insertion": 0.4, "contour_share": 0.5}
    few = records(10, spread=0.1, gradient=means, edges=EDGES)
    many = records(1000, spread=0.1, gradient=means, edges=EDGES)
    assert raised(few) == {"no-better-than-edges"}
    assert raised(many) == set()


def test_what_was_not_measured_is_not_checked():
    assert salience_checks(records(gradient={"sparsity": 0.5})) == ()
    assert salience_checks(records(edges=EDGES, noise=NOISE)) == ()
    alone = salience_checks(records(gradient=SOUND))
    assert [check.name for check in alone] == ["survives-randomisation", "saturated-scale"]
    changed = records(gradient=SOUND, edges=EDGES, condition="shuffle=2")
    assert salience_checks(changed) == ()


def test_values_that_are_no_numbers_count_for_nothing():
    frame = records(gradient=SOUND, edges=EDGES, noise=NOISE)
    lost = pl.col("image") < "test/00038"
    few = frame.with_columns(value=pl.when(lost).then(float("nan")).otherwise("value"))
    assert all("n = 2" in c.sentence or "over 2 images" in c.sentence for c in salience_checks(few))
    assert salience_checks(frame.with_columns(value=pl.lit(float("nan")))) == ()


def test_records_without_their_columns_are_refused():
    with pytest.raises(RecordError) as caught:
        salience_checks(records(gradient=SOUND).drop("family"))
    assert str(caught.value) == (
        "The records of salience must have the columns model, dataset, family, method, image, "
        "measure, value, got none called family. Evaluate again with this version."
    )


class Rows(nn.Module):
    """Answers class 0 by how far a few rows are from grey: everything else is nothing to it."""

    def __init__(self):
        super().__init__()
        rows = torch.zeros(3, 32, 32)
        rows[:, 10:14] = 1.0
        self.rows = nn.Parameter(rows)
        self.gain = nn.Parameter(torch.eye(10)[0])

    def forward(self, images):
        return ((images - 0.5).square() * self.rows).sum((1, 2, 3))[:, None] * self.gain


def test_maps_of_a_planted_model_are_told_from_maps_of_the_image(tmp_path):
    whole = CueControlled(count=300, split="test", texture_contrast=0.2)
    images = whole.take((whole.labels == 0).nonzero()[:, 0], name="class 0")
    model = Classifier(Rows(), class_names=images.class_names, name="rows")
    methods = {"slope": Gradient(score=Score.LOGIT), "drawing": EdgeMap(), "dust": NoiseMap()}
    measuring = Measuring(
        plan=SaliencePlan(
            methods=methods, images=30, strips=0, conditions=(Condition.clean(),), tested=30,
            target=Target.TRUE,
            steps=8, noise=0.05, depths=1, models=("rows",),
        ),
        images=images,
        classifiers={"rows": model},
        seeds={"rows": 0},
        store=(store := RecordStore(tmp_path)),
        draw=1,
        tell=lambda _stage: lambda *_moment: None,
    )  # fmt: skip
    keys = [key for done in measuring.run() if done.table == "salience" for key in done.keys]
    found = {(c.about[0], c.name): c.raised for c in salience_checks(store.read("salience", keys))}
    assert found["drawing", "survives-randomisation"]
    assert found["drawing", "no-better-than-edges"]
    assert found["dust", "no-better-than-edges"]
    assert not found["slope", "survives-randomisation"]
    assert not found["slope", "no-better-than-edges"]
    assert not found["slope", "no-better-than-noise"]
    assert found["dust", "no-better-than-noise"]
    assert not found["drawing", "saturated-scale"]


def test_maps_that_are_black_but_for_less_than_a_hundredth_are_told():
    frame = records(gradient={**SOUND, "gradient_l1": 3.0})
    scales = pl.col("measure").is_in(["white_share", "drawn_brightness"])
    late = pl.col("image") >= "test/00010"
    black = frame.with_columns(value=pl.when(scales & late).then(float("nan")).otherwise("value"))
    (check,) = (one for one in salience_checks(black) if one.name == "saturated-scale")
    assert check.raised
    assert check.sentence == (
        "gradient maps of standard: of 40 maps that are not zero everywhere, 30 hold something in "
        "fewer than 1 % of their pixels: drawn with the 99th percentile white they are black."
    )
    assert "saturated-scale" not in raised(frame)
