"""Checks of robustness: each is raised by a model that is broken in its way, by no sound one."""

import polars as pl
import pytest
import torch
from tests.study.planted import Planted, common
from torch import nn
from torch.nn.functional import dropout

from cuelens.attacks import APGD, FGSM, PGD, Square, Suite, TargetedAPGD, TargetedFAB
from cuelens.balls import L2, Linf
from cuelens.datasets.in_memory import InMemoryDataset
from cuelens.errors import RecordError
from cuelens.evaluation import RecordStore, attack_dataset
from cuelens.evaluation.probes import probe_model
from cuelens.evaluation.tables import empty, table_of
from cuelens.networks import Classifier, InputSpecification
from cuelens.study.checks.attack_checks import attack_checks, check_attacks

CLASSES = ("dark", "dim", "light", "bright")
CENTRES = torch.tensor([0.125, 0.375, 0.625, 0.875])
RADII = (4 / 255, 16 / 255)
pytestmark = pytest.mark.usefixtures("bfloat16")
NAMES = {
    "gradients-vanish",
    "probabilities-not-logits",
    "randomised-outputs",
    "train-mode",
    "input-range",
    "fast-path-misses",
    "loss-does-not-rise-with-steps",
    "radius-without-effect",
    "square-beats-gradients",
    "targeted-loss-undefined",
}
CENTRED = InputSpecification(mean=(0.5,) * 3, deviation=(0.5,) * 3)


class Does(nn.Module):
    """A layer that is one function."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, features):
        return self.function(features)


def brightness() -> nn.Sequential:
    """Return a network that is always right: it reads the mean of all pixels."""
    layer = nn.Linear(3 * 6 * 6, 4)
    layer.weight.data = 50 * (2 * CENTRES / 108)[:, None].expand(4, 108).clone()
    layer.bias.data = -50 * CENTRES**2
    return nn.Sequential(nn.Flatten(), layer)


def model(*layers, before=(), specification=None, mode="eval"):
    """Return a classifier of brightness with layers before and behind it."""
    network = nn.Sequential(*before, brightness(), *layers)
    network.train(mode == "train")
    return Classifier(network, class_names=CLASSES, specification=specification, name="m")


@pytest.fixture(scope="module")
def images():
    n = 160
    ripple = torch.linspace(0, 700, n * 108).sin().reshape(n, 3, 6, 6)
    pixels = (255 * (torch.linspace(0.1, 0.9, n)[:, None, None, None] + 0.05 * ripple)).byte()
    mean = pixels.float().mean((1, 2, 3)) / 255
    labels = (mean[:, None] - CENTRES).abs().argmin(1)
    ids = tuple(f"test/{row:05}" for row in range(n))
    return InMemoryDataset(name="test", class_names=CLASSES, ids=ids, labels=labels, pixels=pixels)


def pgd(radius, steps=10):
    ball = Linf(radius=radius)
    return PGD(
        ball=ball, step=radius / 4, steps=steps, random_start=False, stop_when_fooled=True
    )  # fmt: skip


def suite(radius):
    ball = Linf(radius=radius)
    members = (
        ("apgd-ce", APGD(ball=ball, steps=10)),
        ("apgd-t", TargetedAPGD(ball=ball, steps=5, targets=3)),
        ("square", Square(ball=ball, queries=40)),
    )
    return Suite(members=members, in_turn=True)


@pytest.fixture
def checks(tmp_path, images):
    """Return what runs probes and attacks on a model and returns its checks by name."""

    def run(classifier, *, attacks=True, classes=4, n=160):
        store = RecordStore(tmp_path / "records")
        probes = store.read("probes", probe_model(classifier, images, store=store).keys)
        found = [empty("attacks")]
        for radius in RADII if attacks else ():
            for name, attack in (("pgd", pgd(radius)), ("strong", suite(radius))):
                done = attack_dataset(
                    classifier, images, attack, condition=f"{name}-{255 * radius:g}/255",
                    store=store, limit=n,
                )  # fmt: skip
                found.append(store.read("attacks", done.keys))
        made = {}
        for check in attack_checks(pl.concat(found), probes, classes=classes):
            made.setdefault(check.name, []).append(check)
        return made

    return run


def raised(found):
    return {name for name, checks in found.items() if any(check.raised for check in checks)}


def only(found, name):
    (check,) = found[name]
    return check


def test_a_sound_model_raises_no_check(checks):
    found = checks(model())
    assert set(found) == NAMES
    assert raised(found) == set()
    check = only(found, "gradients-vanish")
    assert check.about == ("pgd-4/255", "strong-4/255", "pgd-16/255", "strong-16/255", "m")
    assert check.sentence == (
        "m: of 64 images, the gradient of the cross-entropy is zero or below 1e-12 for 0, that of "
        "the margin for 0 (largest of an image's entries; at the median 0.036 and 0.23); 0.0 and "
        "0.0 % of all entries are exactly zero."
    )
    assert only(found, "randomised-outputs").sentence == (
        "m: two passes over the same 64 images give the same logits (largest difference 0)."
    )
    assert only(found, "train-mode").sentence == (
        "m: it was given in eval mode, and what shares a batch changes no logit either (n = 64)."
    )
    assert only(found, "input-range").sentence == (
        "m: with its input specification it is right for 100.0 % of 64 images; of 3 other "
        "readings of the pixels none is right for surely more."
    )
    assert only(found, "targeted-loss-undefined").sentence == (
        "APGD-T: the targeted DLR loss needs 4 classes, and there are 4."
    )


def test_a_sound_model_in_train_mode_that_changes_nothing_is_not_doubted(checks):
    found = checks(model(mode="train"), attacks=False)
    assert raised(found) == set()
    assert only(found, "train-mode").sentence == (
        "m: it was given in train mode, which changes no logit, and what shares a batch changes "
        "no logit either (n = 64)."
    )


def test_a_sound_model_that_is_normalised_once_is_not_doubted(checks):
    shifted = model(before=(Does(lambda x: 0.5 * x + 0.5),), specification=CENTRED)
    assert raised(checks(shifted, attacks=False)) == set()


def test_steps_in_the_input_make_gradients_vanish_and_attacks_fail(checks):
    found = checks(model(before=(Does(lambda x: (64 * x).round() / 64),)))
    assert raised(found) == {
        "gradients-vanish",
        "loss-does-not-rise-with-steps",
        "radius-without-effect",
        "square-beats-gradients",
    }
    assert only(found, "gradients-vanish").sentence == (
        "m: of 64 images, the gradient of the cross-entropy is zero or below 1e-12 for 64, that "
        "of the margin for 64 (largest of an image's entries; at the median 0 and 0); 100.0 and "
        "100.0 % of all entries are exactly zero. Attacks that follow gradients cannot see where "
        "to go; only Square can."
    )
    told = {check.about[0]: check for check in found["loss-does-not-rise-with-steps"]}
    assert told["pgd-16/255"].sentence.endswith(
        "in 9 steps, by +0 (interval +0 to +0); it rose for 0 of them. A loss that does not rise "
        "is no sign of a robust model, but of gradients that are masked or of steps that do not "
        "fit."
    )
    square = {check.about[0]: check for check in found["square-beats-gradients"]}
    assert square["strong-16/255"].raised


@pytest.mark.parametrize(
    "layer",
    [Does(lambda z: z * 1e-30), Does(lambda z: z.round()), Does(torch.sign)],
    ids=["tiny", "rounded", "signs"],
)
def test_logits_without_gradient_are_named(checks, layer):
    found = checks(model(layer), attacks=False)
    assert raised(found) == {"gradients-vanish"}


def test_a_loss_that_is_out_of_reach_of_float32_does_not_rise(checks):
    assert "loss-does-not-rise-with-steps" in raised(checks(model(Does(lambda z: z * 1e-30))))


def test_a_saturated_softmax_hides_the_gradient_of_the_cross_entropy_alone(checks):
    found = checks(model(Does(lambda z: z * 1e4)), attacks=False)
    assert raised(found) == {"gradients-vanish"}
    assert only(found, "gradients-vanish").sentence.endswith(
        "Attacks on the cross-entropy, such as PGD and APGD-CE, cannot see where to go; those on "
        "the margin, such as APGD-T, FAB-T and Square, can."
    )


def test_a_softmax_inside_is_named(checks):
    found = checks(model(nn.Softmax(1)), attacks=False)
    assert raised(found) == {"probabilities-not-logits"}
    check = only(found, "probabilities-not-logits")
    assert check.about == ("m",)
    assert check.sentence == (
        "m: the outputs of all 64 images are at least 0 and sum to 1 (1 to 1): they are "
        "probabilities, not logits. Take the softmax out of the network; behind it gradients "
        "vanish, and every loss takes it once more."
    )
    assert not raised(checks(model(nn.LogSoftmax(1)), attacks=False))


def test_dropout_in_every_mode_is_named(checks):
    dropped = model(before=(Does(lambda x: dropout(x, 0.2, training=True)),))
    found = checks(dropped, attacks=False)
    assert raised(found) == {"randomised-outputs"}
    check = only(found, "randomised-outputs")
    assert check.sentence.startswith(
        "m: two passes over the same 64 images differ by up to "
    )  # fmt: skip
    assert check.sentence.endswith(
        " in a logit: the outputs are randomised. Each step of an attack sees another network, "
        "and each verdict is one draw of many; fix what the network draws, or attack its mean."
    )
    assert only(found, "train-mode").sentence == (
        "m: it was given in eval mode; its outputs are randomised, so that what shares a batch or "
        "the mode changes cannot be told from chance."
    )


def test_batch_norm_of_the_batch_at_hand_is_named(checks):
    norm = nn.BatchNorm1d(4, track_running_stats=False)
    found = checks(model(norm), attacks=False)
    assert "train-mode" in raised(found)
    assert "randomised-outputs" not in raised(found)
    sentence = only(found, "train-mode").sentence
    assert sentence.startswith("m: in eval mode the logits of an image change by up to ")
    assert sentence.endswith(
        " with what shares its batch (n = 64), as behind batch norm in train mode. Its robust "
        "accuracy depends on how images are batched; let the network use running statistics."
    )


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(4), nn.Dropout(0.5)])
def test_a_model_in_train_mode_is_named_where_that_changes_its_logits(checks, layer):
    assert raised(checks(model(layer), attacks=False)) == set()
    found = checks(model(layer, mode="train"), attacks=False)
    assert raised(found) == {"train-mode"}
    sentence = only(found, "train-mode").sentence
    assert sentence.startswith(
        "m: it was given in train mode, where its logits differ from those in eval mode by up to "
    )
    assert sentence.endswith(
        " (n = 64). The records were made in eval mode; an attack that is called by itself takes "
        "the network as it is: call `network.eval()` before."
    )


@pytest.mark.parametrize(
    ("broken", "reading"),
    [
        (model(before=(Does(lambda x: x / 255),)), "pixels in [0, 255]"),
        (model(specification=CENTRED), "pixels in [0, 1]"),
        (model(before=(Does(lambda x: 0.5 * x + 0.5),)), "pixels in [-1, 1]"),
        (
            model(before=(Does(lambda x: 0.225 * x + 0.45),)),
            "pixels normalised as for ImageNet",
        ),
    ],
    ids=["bytes", "normalised twice", "not normalised", "not normalised as for ImageNet"],
)
def test_an_input_range_that_does_not_fit_is_named(checks, broken, reading):
    found = checks(broken, attacks=False)
    assert raised(found) == {"input-range"}
    sentence = only(found, "input-range").sentence
    assert f" of 64 images, given {reading} for " in sentence
    assert sentence.endswith(
        "the specification does not fit. Correct its mean and deviation; the network may "
        "normalise by itself."
    )


def test_an_attack_whose_steps_are_too_short_says_so_by_its_curve(checks, tmp_path, images):
    store = RecordStore(tmp_path / "short")
    still = PGD(ball=Linf(radius=0.06), step=1e-12, steps=5, random_start=False)
    done = attack_dataset(model(), images, still, condition="still", store=store)
    found = attack_checks(store.read("attacks", done.keys), empty("probes"), classes=None)
    assert [check.name for check in found if check.raised] == ["loss-does-not-rise-with-steps"]


# From here on: planted records.


def records(n, fooled, condition="pgd-20", level=8 / 255, **columns):
    """Return records of an attack that fooled the first `fooled` of `n` images."""
    settings = {
        "settings": columns.pop("settings", repr(pgd(level))),
        "precision": columns.pop("precision", "bfloat16"),
        "norm": columns.pop("norm", "Linf"),
    }
    varying = {
        "image": [f"test/{place:05}" for place in range(n)],
        "clean_right": [True] * n,
        "fooled": [place < fooled for place in range(n)],
    }
    constants = common(columns.pop("model", "a"), Planted(), condition, "attack", level)
    return table_of("attacks", varying | columns, constants | settings)


def named(name, *frames, classes=10):
    found = attack_checks(pl.concat(frames), empty("probes"), classes=classes)
    return [check for check in found if check.name == name]


def rechecked(survivors, rechecked, missed, fooled=50):
    """Return records in which `missed` of `rechecked` survivors of the fast path were fooled."""
    n = survivors + fooled
    again = [True] * missed + [False] * (rechecked - missed) + [None] * (n - rechecked)
    wrong = [True] * missed + [False] * (survivors - missed) + [True] * fooled
    return records(n, 0, missed=again).with_columns(fooled=pl.Series(wrong))


@pytest.mark.parametrize(
    ("counts", "raised", "sentence"),
    [
        (
            (900, 200, 0),
            False,
            (
                "pgd-20 on a: of 900 survivors of the fast path, 200 were attacked again in "
                "float32 and 0 were fooled: it misses 0.0 % (interval 0.0 to 1.9)."
            ),
        ),
        (
            (900, 200, 3),
            True,
            (
                "pgd-20 on a: of 900 survivors of the fast path, 200 were attacked again in "
                "float32 and 3 were fooled: it misses 1.5 % (interval 0.5 to 4.3)."
            ),
        ),
        (
            (900, 20, 0),
            True,
            (
                "pgd-20 on a: of 900 survivors of the fast path, 20 were attacked again in "
                "float32 and 0 were fooled: it misses 0.0 % (interval 0.0 to 16.1). At least 200 "
                "should be."
            ),
        ),
        (
            (60, 60, 0),
            False,
            (
                "pgd-20 on a: of 60 survivors of the fast path, 60 were attacked again in "
                "float32 and 0 were fooled: it misses 0.0 % (interval 0.0 to 6.0)."
            ),
        ),
        (
            (60, 60, 2),
            False,
            (
                "pgd-20 on a: of 60 survivors of the fast path, 60 were attacked again in "
                "float32 and 2 were fooled: it misses 3.3 % (interval 0.9 to 11.4). All were "
                "attacked again, so that none is still missed."
            ),
        ),
        (
            (60, 0, 0),
            True,
            (
                "pgd-20 on a: of 60 survivors of the fast path, none was attacked again in "
                "float32, so what it missed is unknown."
            ),
        ),
        (
            (0, 0, 0),
            False,
            "pgd-20 on a: no image survived the fast path, so none was missed.",
        ),
    ],
)
def test_what_the_fast_path_missed_is_told(counts, raised, sentence):
    (check,) = check_attacks(rechecked(*counts))
    assert (check.name, check.raised, check.sentence) == ("fast-path-misses", raised, sentence)
    assert check.about == ("pgd-20", "a")


def test_a_suite_leaves_the_fast_path_to_its_members(tmp_path, images):
    store = RecordStore(tmp_path / "records")
    alone = Suite(members=(("pgd", pgd(RADII[1])), ("fgsm", FGSM(ball=Linf(radius=RADII[1])))),
                  in_turn=False)  # fmt: skip
    for condition, attack in (("strong", suite(RADII[1])), ("quick", alone)):
        done = attack_dataset(model(), images, attack, condition=condition, store=store)
        told = check_attacks(store.read("attacks", done.keys))
        assert not any(check.raised for check in told)
        names = [check.about[0] for check in told]
        assert names == (
            ["strong after apgd-ce"]
            if condition == "strong"
            else ["quick, pgd alone", "quick, fgsm alone"]
        )


def test_a_suite_without_survivors_of_the_fast_path_says_so_once(tmp_path, images):
    store = RecordStore(tmp_path / "records")
    far = APGD(ball=Linf(radius=0.9), steps=10)
    everything = Suite(members=(("apgd-ce", far), ("again", far)), in_turn=True)
    done = attack_dataset(model(), images, everything, condition="strong", store=store)
    (check,) = check_attacks(store.read("attacks", done.keys))
    assert check.sentence == (
        "strong on m: no image survived the fast path, so none was missed."
    )  # fmt: skip


def test_a_search_of_the_model_as_given_has_no_fast_path(tmp_path, images):
    store = RecordStore(tmp_path / "records")
    done = attack_dataset(model(), images, pgd(0.02), condition="p", store=store, exact=True)
    assert check_attacks(store.read("attacks", done.keys)) == ()


def curves(first, last):
    return {
        "points": [[0, 1, 19]] * len(first),
        "losses": [[one, 0.5, two] for one, two in zip(first, last, strict=True)],
    }


@pytest.mark.parametrize(
    ("first", "last", "doubted"),
    [
        ([0.1] * 20, [0.4] * 20, False),
        ([0.1] * 20, [0.1 + 10.0**-place for place in range(20)], False),  # one far, all rise
        ([0.1] * 20, [0.1] * 20, True),
        ([0.1] * 20, [0.0] * 20, True),
        ([0.1] * 20, [0.0, 0.3] * 10, True),
        ([0.1] * 3, [0.0, 0.2, 0.3], False),  # too few to doubt a rise
        ([float("nan")] * 20, [0.4] * 20, False),
    ],
)
def test_the_loss_of_survivors_must_rise(first, last, doubted):
    (check,) = named("loss-does-not-rise-with-steps", records(len(first), 0, **curves(first, last)))
    assert check.raised is doubted


def test_a_rise_is_told_with_its_interval():
    frame = records(25, 5, **curves([9.0] * 5 + [0.1] * 20, [0.0] * 5 + [0.3, 0.5] * 10))
    (check,) = named("loss-does-not-rise-with-steps", frame)
    assert check.about == ("pgd-20", "a")
    assert check.sentence == (
        "pgd-20 on a: over 20 images that survive, the loss goes from 0.1 to 0.4 nats in 19 "
        "steps, by +0.3 (interval +0.25 to +0.35); it rose for 20 of them."
    )


def test_without_survivors_there_is_no_loss_to_follow():
    (check,) = named("loss-does-not-rise-with-steps", records(3, 2, **curves([0.1] * 3, [0.1] * 3)))
    assert check.result == "not checked"
    assert check.sentence == (
        "pgd-20 on a: fewer than two images survive, so there is no loss to follow."
    )


def test_an_attack_of_one_step_has_no_loss_to_follow():
    flat = {"points": [[0]] * 20, "losses": [[0.1]] * 20}
    assert named("loss-does-not-rise-with-steps", records(20, 0, settings="FGSM(", **flat)) == []


@pytest.mark.parametrize("kind", [TargetedAPGD, TargetedFAB])
@pytest.mark.parametrize(("aimed", "doubted"), [([0.1, 0.4], False), ([0.1, 0.1], True)], ids=str)
def test_an_attack_on_several_classes_is_followed_to_the_first(kind, aimed, doubted):
    attack = kind(ball=Linf(radius=8 / 255), steps=10)
    away = {"points": [[0, 9, 12, 89]] * 20, "losses": [[*aimed, 0.0, 0.0]] * 20}
    frame = records(20, 0, settings=repr(attack), **away)
    (check,) = named("loss-does-not-rise-with-steps", frame)
    assert check.raised is doubted
    assert f" to {aimed[1]} nats in 9 steps towards the first class aimed at, by " in check.sentence


def test_a_fall_with_the_radius_is_told():
    frames = [records(200, 20, "near", 1 / 255), records(200, 120, "far", 8 / 255)]
    (check,) = named("radius-without-effect", *frames)
    assert not check.raised
    assert check.about == ("near", "far", "a")
    assert check.sentence == (
        "near, far on a: robust accuracy is 90.0 % at Linf 1/255 and 40.0 % at Linf 8/255 "
        "(n = 200; it falls by 50.0 points, interval 43.1 to 56.9)."
    )


def test_the_radius_of_a_flow_is_in_pixels():
    flow = {"norm": "pixels", "settings": "StAdv(ball=Displacement(radius=1))"}
    frames = [records(9, fooled, f"{fooled}", fooled / 10, **flow) for fooled in (1, 9)]
    (check,) = named("radius-without-effect", *frames)
    assert "88.9 % at 0.1 pixels and 0.0 % at 0.9 pixels (n = 9;" in check.sentence


def test_a_radius_without_effect_is_doubted():
    frames = [
        records(200, 20, name, level, norm="L2", settings=repr(PGD(ball=L2(radius=level),
                step=level / 4, steps=20)))
        for name, level in (("far", 1.0), ("near", 0.25))
    ]  # fmt: skip
    (check,) = named("radius-without-effect", *frames)
    assert check.raised
    assert check.sentence == (
        "near, far on a: robust accuracy is 90.0 % at L2 0.25 and 90.0 % at L2 1 (n = 200; it "
        "falls by 0.0 points, interval -1.9 to 1.9). A larger ball holds the smaller one, so the "
        "attack fails: this accuracy is not that of a robust model."
    )


def test_a_radius_that_helps_more_than_chance_is_doubted_between_neighbours():
    frames = [
        records(40, fooled, f"pgd-{level}", level / 255)
        for level, fooled in ((1, 10), (2, 25), (4, 10), (8, 39))
    ]
    (check,) = named("radius-without-effect", *frames)
    assert check.raised
    assert "37.5 % at Linf 2/255 and 75.0 % at Linf 4/255 (n = 40; it falls by -37.5" in (
        check.sentence
    )


@pytest.mark.parametrize(
    ("n", "levels"), [(49, (1, 8)), (200, (7, 8))], ids=["few survivors", "close radii"]
)
def test_what_may_be_chance_is_not_doubted(n, levels):
    frames = [records(n, 0, f"pgd-{level}", level / 255) for level in levels]
    (check,) = named("radius-without-effect", *frames)
    assert not check.raised
    assert check.sentence.endswith("; too few images survive, or the radii are too close, to tell.")


def test_attacks_that_differ_in_more_than_the_radius_are_not_compared():
    frames = [
        records(200, 20, "a", 1 / 255, settings=repr(pgd(1 / 255, steps=5))),
        records(200, 20, "b", 8 / 255, settings=repr(pgd(8 / 255, steps=50))),
    ]
    assert named("radius-without-effect", *frames) == []


def test_radii_without_a_common_image_tell_nothing():
    other = records(60, 0, "far", 8 / 255).with_columns(image="other/" + pl.col("image"))
    (check,) = named("radius-without-effect", records(60, 0, "near", 1 / 255), other)
    assert (check.raised, check.sentence) == (False, "near, far on a: the radii share no image.")


def broken(n, by_square):
    names = ["square"] * by_square + ["apgd-ce"] * 100 + [None] * (n - by_square - 100)
    return records(
        n, by_square + 100, "strong", settings=repr(suite(8 / 255)), broken_by=names
    )  # fmt: skip


def test_square_after_gradients_is_told_and_doubted_above_a_fifth_of_a_point():
    (check,) = named("square-beats-gradients", broken(1000, 2))
    assert not check.raised
    assert check.about == ("strong", "a")
    assert check.sentence == (
        "strong on a: of 1,000 images, Square, which needs no gradient, fooled 2 that the attacks "
        "before it had left right: 0.2 points of robust accuracy (interval 0.1 to 0.7); up to 0.2 "
        "are usual."
    )
    (check,) = named("square-beats-gradients", broken(1000, 30))
    assert check.raised
    assert check.sentence == (
        "strong on a: of 1,000 images, Square, which needs no gradient, fooled 30 that the "
        "attacks before it had left right: 3.0 points of robust accuracy (interval 2.1 to 4.3), "
        "more than 0.2: gradients mislead, and more attacks would find more."
    )


def test_square_before_any_gradient_says_nothing():
    ball = Linf(radius=0.1)
    turned = Suite(members=(("square", Square(ball=ball)), ("apgd", APGD(ball=ball))), in_turn=True)
    frame = records(100, 50, "s", settings=repr(turned), broken_by=["square"] * 50 + [None] * 50)
    assert named("square-beats-gradients", frame) == []


def test_few_classes_are_told_where_the_targeted_loss_was_used():
    frames = [
        broken(200, 0),
        records(200, 0, "pgd"),
        broken(200, 0).with_columns(model=pl.lit("b")),
    ]
    (check,) = named("targeted-loss-undefined", *frames, classes=3)
    assert check.raised
    assert check.about == ("strong", "a", "b")
    assert check.sentence == (
        "APGD-T: the targeted DLR loss needs 4 classes, and there are 3: undefined here, it fell "
        "back to the margin towards the target."
    )
    assert not named("targeted-loss-undefined", *frames, classes=4)[0].raised
    assert named("targeted-loss-undefined", *frames, classes=None) == []
    assert named("targeted-loss-undefined", frames[1], classes=3) == []


def test_no_records_give_no_checks():
    assert attack_checks(empty("attacks"), empty("probes"), classes=10) == ()


def test_records_of_another_version_are_refused():
    with pytest.raises(RecordError) as caught:
        attack_checks(empty("attacks").drop("points"), empty("probes"), classes=10)
    assert str(caught.value) == (
        "The records of attacks must have the columns model, dataset, condition, level, image, "
        "precision, settings, clean_right, fooled, missed, norm, broken_by, points, losses, got "
        "none called points. Evaluate again with this version."
    )
    with pytest.raises(RecordError) as caught:
        attack_checks(empty("attacks"), empty("probes").drop("value"), classes=10)
    assert str(caught.value) == (
        "The records of probes must have the columns model, dataset, image, measure, value, got "
        "none called value. Evaluate again with this version."
    )
