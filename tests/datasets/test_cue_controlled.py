"""Rendered images: balanced labels, independent cues, exact masks, nothing clipped."""

from dataclasses import replace
from itertools import combinations

import pytest
import torch
from scipy.stats import chi2_contingency, chisquare

from cuelens.datasets import CUES, CueControlled
from cuelens.datasets.scenes import LUMINANCE
from cuelens.errors import ConfigError

EVERY = torch.arange(200)


def table(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    return (one * 10 + other).bincount(minlength=100).reshape(10, 10)


def independent(one: torch.Tensor, other: torch.Tensor) -> bool:
    return bool(chi2_contingency(table(one, other).numpy()).pvalue > 1e-4)


def grey(images: torch.Tensor) -> torch.Tensor:
    return (images * torch.tensor(LUMINANCE)[:, None, None]).sum(1)


def test_ids_name_split_and_row():
    assert CueControlled(count=3).ids[2] == "cue-controlled/train/00002"
    made = [
        CueControlled(count=5, split=split, conflict=conflict)
        for split in ("train", "validation", "test")
        for conflict in (False, True)
    ]
    ids = {image for dataset in made for image in dataset.ids}
    assert len(ids) == 30
    assert made[-1].ids[0] == "cue-controlled/test-conflict/00000"
    assert made[-1].name == "cue-controlled-test-conflict"


def test_classes_are_balanced():
    dataset = CueControlled(count=1003)
    assert dataset.labels.bincount().tolist() == [101, 101, 101] + [100] * 7
    assert dataset.class_names == dataset.cue_names["shape"]


@pytest.mark.parametrize(
    "predictive",
    [chosen for length in (1, 2, 3) for chosen in combinations(CUES, length)],
    ids="+".join,
)
def test_predictive_cues_are_the_class_and_the_others_are_independent(predictive):
    dataset = CueControlled(count=4000, predictive=predictive)
    for cue in CUES:
        if cue in predictive:
            assert torch.equal(dataset.cues[cue], dataset.labels)
        else:
            assert independent(dataset.cues[cue], dataset.labels)
            assert chisquare(dataset.cues[cue].bincount(minlength=10)).pvalue > 1e-4
    free = [cue for cue in CUES if cue not in predictive]
    for one, other in combinations(free, 2):
        assert independent(dataset.cues[one], dataset.cues[other])


@pytest.mark.parametrize("strength", [0.0, 0.3, 0.8])
def test_cue_strength_is_the_probability_that_a_cue_follows(strength):
    dataset = CueControlled(count=5000, predictive=CUES, cue_strength=strength)
    for cue in CUES:
        follows = (dataset.cues[cue] == dataset.labels).double().mean()
        assert float(follows) == pytest.approx(strength + (1 - strength) / 10, abs=0.025)
    astray = [dataset.cues[cue] != dataset.labels for cue in CUES]
    both = (astray[0] & astray[1]).double().mean()
    alone = astray[0].double().mean() * astray[1].double().mean()
    assert float(both) == pytest.approx(float(alone), abs=0.025)


def test_the_test_of_independence_can_fail():
    dataset = CueControlled(count=4000, predictive=("shape",), cue_strength=0.15)
    assert not independent(dataset.cues["shape"], dataset.labels)


def test_conflict_sets_show_every_ordered_pair_equally_often():
    dataset = CueControlled(count=900, conflict=True)
    pairs = table(dataset.cues["shape"], dataset.cues["texture"])
    assert torch.equal(pairs, 10 * (1 - torch.eye(10, dtype=torch.long)))
    assert torch.equal(dataset.labels, dataset.cues["shape"])
    for cue in ("shape", "texture"):
        assert independent(dataset.cues["colour"], dataset.cues[cue])


@pytest.mark.parametrize("count", [1, 45, 100, 250])
def test_conflict_sets_are_balanced_as_far_as_their_count_allows(count):
    dataset = CueControlled(count=count, conflict=True)
    pairs = table(dataset.cues["shape"], dataset.cues["texture"])
    assert pairs.diagonal().sum() == 0
    apart = pairs[~torch.eye(10, dtype=torch.bool)]
    assert apart.max() - apart.min() <= 1
    assert pairs.sum(1).max() - pairs.sum(1).min() <= 1


@pytest.mark.parametrize("size", [32, 45, 224])
@pytest.mark.parametrize("extreme", [False, True])
def test_no_pixel_is_clipped(size, extreme):
    settings = {"texture_contrast": 0.3, "figure_contrast": 0.4} if extreme else {}
    dataset = CueControlled(count=100, size=size, predictive=CUES, **settings)
    images = dataset.images(torch.arange(100 if size < 224 else 20))
    assert images.amin() > 0 or extreme
    assert images.amax() < 1 or extreme
    share = ((images == 0) | (images == 1)).double().mean()
    assert float(share) < 1e-4


def test_an_image_does_not_depend_on_count_split_order_or_batch():
    few, many = CueControlled(count=20), CueControlled(count=200)
    assert torch.equal(few.images(torch.arange(20)), many.images(torch.arange(20)))
    assert few.ids == many.ids[:20]
    part = many.images(torch.tensor([150, 3]))
    assert torch.equal(part, CueControlled(count=200).images(EVERY)[[150, 3]])


def test_rows_may_count_from_the_end():
    dataset = CueControlled(count=20)
    assert torch.equal(dataset.images(torch.tensor([-1])), dataset.images(torch.tensor([19])))
    assert torch.equal(dataset.masks(torch.tensor([-1])), dataset.masks(torch.tensor([19])))


def test_large_images_are_the_same_whether_they_are_kept_or_not(monkeypatch):
    kept = CueControlled(count=4, size=64).images(torch.arange(4))
    monkeypatch.setattr("cuelens.datasets.cue_controlled._MOST_KEPT_BYTES", 0)
    assert torch.equal(CueControlled(count=4, size=64).images(torch.arange(4)), kept)


def test_contrast_and_strength_leave_the_scene_as_it_was():
    weak = CueControlled(count=50)
    strong = replace(weak, texture_contrast=0.25)
    assert torch.equal(weak.masks(torch.arange(50)), strong.masks(torch.arange(50)))
    change = (strong.images(torch.arange(50)) - weak.images(torch.arange(50))).abs().amax(1)
    outside = torch.nn.functional.max_pool2d(weak.masks(torch.arange(50)).float(), 5, 1, 2) == 0
    assert float(change[outside].max()) == 0
    assert float(change.max()) == pytest.approx(0.18, abs=0.01)


def test_masks_are_the_figures_of_a_finer_rendering():
    coarse, fine = CueControlled(count=30), CueControlled(count=30, size=160)
    rows = torch.arange(30)
    assert torch.equal(coarse.masks(rows), fine.masks(rows)[:, 2::5, 2::5])


def test_figures_cover_pixels_as_far_as_a_finer_mask_does():
    settings = {"count": 40, "texture_contrast": 0.0, "figure_contrast": 0.4, "predictive": CUES}
    coarse, fine = CueControlled(**settings), CueControlled(size=224, **settings)
    rows = torch.arange(40)
    covered = torch.nn.functional.avg_pool2d(fine.masks(rows).float()[:, None], 7)[:, 0]
    images = grey(coarse.images(rows))
    full, none = covered == 1, covered == 0
    figure = (images * full).sum((1, 2)) / full.sum((1, 2))
    behind = (images * none).sum((1, 2)) / none.sum((1, 2))
    share = (images - behind[:, None, None]) / (figure - behind)[:, None, None]
    assert float((share - covered).abs().mean()) < 0.03
    assert float(((share > 0.5) == coarse.masks(rows)).float().mean()) > 0.99


def test_no_figure_leaves_the_image():
    masks = CueControlled(count=1000, size=64).masks(torch.arange(1000))
    border = torch.ones(64, 64, dtype=torch.bool)
    border[1:-1, 1:-1] = False
    assert not masks[:, border].any()
    assert float(masks.float().mean((1, 2)).min()) > 0.13


def inside_mean(images: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    return (images * masks).sum((1, 2)) / masks.sum((1, 2))


def test_mean_luminance_of_a_figure_says_nothing_about_its_cues():
    dataset = CueControlled(count=2000, predictive=("shape",), texture_contrast=0.25)
    rows = torch.arange(2000)
    means = inside_mean(grey(dataset.images(rows)), dataset.masks(rows)).double()
    deviation = float(means.std())
    for cue in ("texture", "colour"):
        for label in range(10):
            chosen = means[dataset.cues[cue] == label]
            error = deviation / len(chosen) ** 0.5
            assert abs(float(chosen.mean() - means.mean())) < 4.5 * error


def test_texture_has_its_contrast_whatever_it_is():
    dataset = CueControlled(count=1000, predictive=("texture",), texture_contrast=0.2)
    rows = torch.arange(1000)
    inner = -torch.nn.functional.max_pool2d(-dataset.masks(rows).float(), 3, 1, 1) > 0
    images = grey(dataset.images(rows))
    centred = (images - inside_mean(images, inner)[:, None, None]) * inner
    power = centred.square().sum((1, 2)).double() / inner.sum((1, 2))
    for label in range(10):
        found = power[dataset.labels == label].mean().sqrt()
        assert float(found) == pytest.approx(0.2 / 2**0.5, rel=0.06)


def test_colour_is_gone_in_grey():
    one = CueControlled(count=100, texture_contrast=0.0, predictive=("shape",))
    other = replace(one, predictive=("shape", "colour"))
    rows = (one.cues["colour"] != other.cues["colour"]).nonzero().flatten()
    first, second = one.images(rows), other.images(rows)
    assert float((first - second).abs().max()) > 0.1
    assert float((grey(first) - grey(second)).abs().max()) < 1 / 255


def test_rendered_pixels_stay_what_they_were():
    """A change of these sums needs a new renderer number, or old records name other images."""
    images = CueControlled(count=20).images(torch.arange(20))
    sums = (images * 255).round().sum((1, 2, 3))[:4].tolist()
    assert sums == pytest.approx([482804, 492496, 487664, 492931], abs=20)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"count": 0}, "`count` must be at least 1, got 0."),
        ({"size": 31}, "`size` must be from 32 to 224 pixels, got 31."),
        ({"size": 256}, "`size` must be from 32 to 224 pixels, got 256."),
        ({"seed": -1}, "`seed` must be at least 0, got -1."),
        (
            {"predictive": ()},
            (
                '`predictive` must name at least one of "shape", "texture" and "colour", got (). '
                "For images that tell nothing give `cue_strength` 0."
            ),
        ),
        (
            {"texture_contrast": 8.0},
            (
                "`texture_contrast` must be from 0 to 0.3 (pixels are in [0, 1] and none may be "
                "clipped), got 8."
            ),
        ),
        (
            {"figure_contrast": 0.5},
            (
                "`figure_contrast` must be from 0 to 0.4 (pixels are in [0, 1] and none may be "
                "clipped), got 0.5."
            ),
        ),
        ({"cue_strength": 1.5}, "`cue_strength` must be from 0 to 1, got 1.5."),
        ({"cue_strength": float("nan")}, "`cue_strength` must be from 0 to 1, got nan."),
    ],
    ids=str,
)
def test_settings_out_of_range_are_refused(settings, message):
    with pytest.raises(ConfigError) as caught:
        CueControlled(**settings)
    assert str(caught.value) == message
