"""Cue profiles: worked out by hand, and of readers that know one cue alone."""

import polars as pl
import pytest
import torch
from tests.datasets.test_planted import outlines, read_shapes, read_textures
from tests.study.planted import CLASSES, Planted, apart_of, common, planted_predictions
from torch import nn
from torch.nn.functional import one_hot

from cuelens.datasets import CueControlled
from cuelens.evaluation import RecordStore, condition_of, evaluate_models
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.tables import table_of
from cuelens.metrics import chance_corrected, cue_reliance, retention
from cuelens.networks import Classifier
from cuelens.study.outcomes.comparisons import compare_models
from cuelens.study.outcomes.cue_profiles import cue_profile


def records_of(model: str, right: dict[str, str], change: dict[str, float] | None = None):
    """Return records in which "1" is a right answer, one digit an image."""
    parts = []
    for condition, digits in right.items():
        family, _, level = condition.partition("=")
        n = len(digits)
        columns = {
            "image": [f"test/{place}" for place in range(n)],
            "label": [0] * n,
            "prediction": [0 if digit == "1" else 1 for digit in digits],
            "label_rank": [1 if digit == "1" else 2 for digit in digits],
            "loss": [0.0] * n,
            "tie": [False] * n,
            "mean_square": [(change or {}).get(condition, 0.2)] * n,
            "structural_distance": [0.5] * n,
        }
        constants = common(model, Planted(), condition, family, float(level) if level else None)
        parts.append(table_of("predictions", columns, constants))
    return pl.concat(parts)


BY_HAND = {
    "clean":         "1111111100",
    "saturation=2":  "1111111100",
    "saturation=8":  "1111000011",
    "saturation=64": "1100000011",
    "contrast=8":    "1111111000",
    "contrast=64":   "1111110000",
    "contrast=1024": "0000000000",
}  # fmt: skip


def row_of(table: pl.DataFrame, family: str, model: str = "mine"):
    return table.row(
        by_predicate=(pl.col("family") == family) & (pl.col("model") == model), named=True
    )


def test_a_profile_is_what_a_hand_works_out():
    table = cue_profile(records_of("mine", BY_HAND))
    assert len(table) == 1
    row = row_of(table, "saturation")
    assert (row["cue"], row["control"], row["levels"]) == ("texture", "contrast", [8.0, 64.0])
    assert row["n"] == 8  # right clean; the level that changes nothing and the unshared are out
    # Kept of 8: 4 and 2 without the cue, 7 and 6 under the control; what was wrong clean is out.
    assert row["retention"] == (4 + 2) / 16
    assert row["control_retention"] == (7 + 6) / 16
    assert row["corrected"] == pytest.approx((6 / 16 - 0.1) / 0.9)
    assert row["control_corrected"] == pytest.approx((13 / 16 - 0.1) / 0.9)
    assert row["value"] == pytest.approx((13 / 16 - 6 / 16) / 0.9)
    assert (row["change"], row["control_change"], row["apart"]) == pytest.approx((0.2, 0.2, 0))
    assert (row["structure"], row["control_structure"]) == (0.5, 0.5)
    assert row["note"] is None


def test_intervals_are_those_of_the_metrics():
    records = planted_predictions(
        {"mine": Planted(kept={"saturation": 0.5, "contrast": 0.9})},
        [("saturation", 8.0), ("contrast", 8.0)],
    )
    row = row_of(cue_profile(records), "saturation")
    clean, without, control = (
        (own["prediction"] == own["label"]).to_numpy() * 1.0
        for own in (
            records.filter(condition=name) for name in ("clean", "saturation=8", "contrast=8")
        )
    )
    kept = retention(clean, without)
    assert (row["retention"], row["retention_low"], row["retention_high"]) == pytest.approx(
        (kept.value, kept.low, kept.high)
    )
    corrected = chance_corrected(retention(clean, control), CLASSES)
    assert row["control_corrected_low"] == pytest.approx(corrected.low)
    found = cue_reliance(clean, without, control, CLASSES).estimate
    assert (row["value"], row["low"], row["high"]) == (found.value, found.low, found.high)
    assert row["low"] < 0.4 / 0.9 < row["high"]
    assert row["method"] == "paired bootstrap"


def test_a_cue_without_its_control_has_no_reliance_and_says_what_to_add():
    lonely = {name: digits for name, digits in BY_HAND.items() if "contrast" not in name}
    row = row_of(cue_profile(records_of("mine", lonely)), "saturation")
    assert (row["value"], row["control_retention"]) == (None, None)
    assert (row["retention"], row["levels"]) == (6 / 16, [8.0, 64.0])
    assert row["note"] == "its control was not run: add contrast=8, contrast=64"
    apart = lonely | {"contrast=4": BY_HAND["contrast=8"]}
    row = row_of(cue_profile(records_of("mine", apart)), "saturation")
    assert row["note"] == "it shares no level with its control: add contrast=8, contrast=64"
    assert row["control_retention"] is None
    grey = {"clean": "1110", "greyscale": "1100"}
    row = row_of(cue_profile(records_of("mine", grey)), "greyscale")
    assert row["note"] == "its control was not run: add equal-grey"
    assert (row["cue"], row["levels"]) == ("colour", [])


def test_what_changes_nothing_takes_no_cue_away():
    table = cue_profile(records_of("mine", {"clean": "1110", "saturation=2": "1110"}))
    assert table.is_empty()
    assert table.columns[:5] == ["model", "dataset", "cue", "family", "control"]


def test_a_control_that_changes_images_otherwise_is_noted():
    change = {"contrast=8": 0.2, "contrast=64": 0.13}
    row = row_of(cue_profile(records_of("mine", BY_HAND, change)), "saturation")
    assert row["apart"] == pytest.approx(0.35)
    assert row["control_change"] == pytest.approx(0.165)
    assert row["value"] is not None
    assert row["doubts"] == ["unmatched-control"]
    assert row["note"] == (
        "unmatched-control: its control changes images by up to 35 % more or less than it"
    )


def test_a_control_that_is_the_condition_is_noted_by_level():
    distances = {"saturation=8": (0.2, 0.1), "saturation=64": (0.3, 0.06)}
    row = row_of(cue_profile(records_of("mine", BY_HAND), apart_of(distances)), "saturation")
    assert row["shares"] == pytest.approx([0.5, 0.2])
    assert row["doubts"] == ["control-is-the-condition"]
    assert row["note"] == (
        "control-is-the-condition: at 1 of 2 levels its images are nearly its control's, which "
        "says nothing of what a model relies on"
    )
    sound = apart_of({"saturation=8": (0.2, 0.05), "other=8": (0.2, 0.0)})
    row = row_of(cue_profile(records_of("mine", BY_HAND), sound), "saturation")
    assert (row["shares"], row["doubts"], row["note"]) == ([0.25, None], [], None)


def test_what_is_unknown_says_why():
    unclean = {name: digits for name, digits in BY_HAND.items() if name != "clean"}
    row = row_of(cue_profile(records_of("mine", unclean)), "saturation")
    assert (row["retention"], row["value"], row["n"]) == (None, None, 0)
    assert row["note"] == "there are no records of the clean images"
    hopeless = BY_HAND | {"clean": "0000000000"}
    row = row_of(cue_profile(records_of("mine", hopeless)), "saturation")
    assert row["note"] == "no image is right clean"
    fewer = BY_HAND | {"contrast=8": "1111111"}
    other = pl.when(condition="contrast=8").then("other/" + pl.col("image")).otherwise("image")
    apart = records_of("mine", fewer).with_columns(image=other)
    row = row_of(cue_profile(apart), "saturation")
    assert row["note"] == (
        "mine has 10 images under clean and mine 7 under contrast=8, not the same ones"
    )
    assert (row["retention"], row["control_retention"]) == (6 / 16, None)
    bare = records_of("mine", BY_HAND).with_columns(
        probabilities=pl.lit([], dtype=pl.List(pl.Float32))
    )
    row = row_of(cue_profile(bare), "saturation")
    assert (row["corrected"], row["value"]) == (None, None)
    assert row["note"] == ("the records hold no probabilities, so the number of classes is unknown")


def test_no_value_is_missing_without_a_note():
    networks = {
        "a": Planted(kept={"saturation": 0.5, "contrast": 0.8, "low-pass": 0.3, "shuffle": 0.3}),
        "b": Planted(kept={"saturation": 0.5, "shuffle": 0.3, "borders": 0.9}),
    }
    conditions = [
        (family, 4.0) for family in ("saturation", "contrast", "low-pass", "shuffle", "borders")
    ]
    table = cue_profile(planted_predictions(networks, conditions, n=100))
    assert table.filter(pl.col("value").is_null() & pl.col("note").is_null()).is_empty()
    assert table.select("cue", "family", "model").rows() == [
        ("texture", "saturation", "a"),
        ("texture", "saturation", "b"),
        ("shape", "shuffle", "a"),
        ("shape", "shuffle", "b"),
        ("frequency", "low-pass", "a"),
    ]


def compared(kept: dict[str, tuple[float, float]], n: int = 1500, found: float = 0.1):
    """Return the comparison of cue reliance of two models that keep these shares."""
    networks = {
        name: Planted(
            clean=clean,
            kept={family: pair[place] for family, pair in kept.items()},
            found=found,
        )
        for place, (name, clean) in enumerate((("standard", 0.9), ("adversarial", 0.6)))
    }
    records = planted_predictions(networks, [(family, 8.0) for family in kept], n=n)
    table = compare_models(records)
    return table.filter(pl.col("quantity") == "cue reliance"), records


def test_two_models_reliance_is_compared_image_by_image():
    table, records = compared({"saturation": (0.5, 0.7), "contrast": (0.9, 0.8)})
    row = table.row(0, named=True)
    assert (row["condition"], row["family"]) == ("saturation against contrast", "saturation")
    assert (row["first"], row["second"]) == ("adversarial", "standard")
    profile = cue_profile(records)
    one, two = (
        row_of(profile, "saturation", name)["value"] for name in ("adversarial", "standard")
    )
    assert (row["first_value"], row["second_value"]) == pytest.approx((one, two))
    assert row["difference"] == pytest.approx(one - two)
    assert row["low"] < (0.1 - 0.4) / 0.9 < row["high"]
    assert (row["method"], row["p"] < 1e-6, row["p_holm"] is not None) == ("delta method", True, True)  # fmt: skip  # noqa: E501
    assert row["note"] is None


def test_models_of_equal_reliance_are_not_told_apart():
    table, _ = compared({"saturation": (0.5, 0.4), "contrast": (0.9, 0.8)})
    row = table.row(0, named=True)
    assert row["low"] < 0 < row["high"]
    assert row["p"] > 0.05


def test_an_absolute_accuracy_of_the_other_sign_is_named_beside():
    # Of all images the standard network loses .9 x .4, the adversarial one .6 x .5.
    table, _ = compared({"saturation": (0.5, 0.4), "contrast": (0.9, 0.9)}, n=4000)
    row = table.row(0, named=True)
    assert row["difference"] > 0
    assert row["note"].startswith("the sign of absolute accuracy (-")
    assert row["note"].endswith(" points) disagrees with retention")


def test_a_cue_without_its_control_is_not_compared():
    table, _ = compared({"saturation": (0.5, 0.4)}, n=100)
    assert table.is_empty()


def colours(images: torch.Tensor) -> torch.Tensor:
    """Return the hue and its strength of each image: the mean of the pixels less their grey."""
    figure = outlines(images)[:, None].float()
    means = (images * figure).sum((2, 3)) / figure.sum((2, 3)).clamp_min(1)
    return means - means.mean(1, keepdim=True)


class Reader(nn.Module):
    """Answers with what a function reads from the pixels."""

    def __init__(self, read):
        super().__init__()
        self.read = read
        self.register_buffer("one", torch.ones(1))
        self.unused = nn.Parameter(torch.ones(1))

    def forward(self, images):
        return 10.0 * one_hot(self.read(images).long(), CLASSES).to(images.dtype)


@pytest.fixture(scope="module")
def readers_profile(tmp_path_factory):
    """Return the profile of readers of one cue each, on images whose class all cues tell."""
    settings = {"predictive": ("shape", "texture", "colour"), "figure_contrast": 0.4}
    shown = CueControlled(count=200, split="train", **settings)
    seen = colours(shown.images(torch.arange(200)))
    known = torch.stack([seen[shown.labels == label].mean(0) for label in range(CLASSES)])
    reads = {
        "colour": lambda images: torch.cdist(colours(images), known).argmin(1),
        "shape": read_shapes,
        "texture": read_textures,
    }
    dataset = CueControlled(count=40, split="test", **settings)
    readers = {
        name: Classifier(Reader(read).eval(), class_names=dataset.class_names, name=name)
        for name, read in reads.items()
    }
    conditions = [
        Condition.clean(),
        *(condition_of("low-pass", 4), condition_of("shuffle", 4), condition_of("borders", 4)),
        *(condition_of("greyscale"), condition_of("equal-grey")),
    ]
    store = RecordStore(tmp_path_factory.mktemp("readers"))
    done = evaluate_models(readers, dataset, conditions, store=store, micro_batch=40)
    return cue_profile(store.read("predictions", done.keys))


@pytest.mark.parametrize(
    ("family", "cue"), [("low-pass", "texture"), ("shuffle", "shape"), ("greyscale", "colour")]
)
def test_suppression_curves_fall_for_the_right_cue_only(readers_profile, family, cue):
    for reader in ("shape", "texture", "colour"):
        row = row_of(readers_profile, family, reader)
        assert row["n"] >= 38  # every reader is right clean: all cues tell the class
        if reader == cue:
            assert row["corrected"] < 0.2
        else:
            assert row["corrected"] > 0.75


def test_a_reader_of_masks_relies_on_shape_and_a_reader_of_colours_does_not(readers_profile):
    assert row_of(readers_profile, "shuffle", "shape")["low"] > 0.7
    colour = row_of(readers_profile, "shuffle", "colour")
    assert colour["low"] <= 0 <= colour["high"] < 0.2


def test_a_control_that_takes_the_cue_too_leaves_no_reliance_and_is_noted(readers_profile):
    row = row_of(readers_profile, "greyscale", "colour")
    assert row["value"] == pytest.approx(0, abs=0.05)
    assert row["note"] == (
        "control-takes-the-cue: its control takes the colour away too, so that this is near 0 "
        "whatever a model relies on"
    )
