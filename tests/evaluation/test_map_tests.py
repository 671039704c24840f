"""What asks the model again about its maps: stability, removal, random weights, agreement."""

import pytest
import torch
from torch import nn

from cuelens.errors import ConfigError
from cuelens.evaluation import (
    REFERENCE_MAPS,
    CaseMeasure,
    Condition,
    ConditionStability,
    MapMeasures,
    NoiseStability,
    PixelRemoval,
    RecordStore,
    Target,
    WeightRandomisation,
    measure_agreement,
    measure_salience,
)
from cuelens.evaluation.chunks import Chunk, Snapshot
from cuelens.evaluation.forward import FastForm
from cuelens.evaluation.map_cases import MapMaker
from cuelens.metrics import (
    deletion_area,
    edge_strength,
    insertion_area,
    rank_correlation,
    top_overlap,
)
from cuelens.networks import Classifier
from cuelens.randomness import Chance
from cuelens.salience import Gradient, Salience, Score
from cuelens.transforms import PatchRotation, PatchShuffle, Saturation

FORM = FastForm(precision=torch.float32, channels_last=False, batch=100)
CLEAN = Condition.clean()
MEASURES = (ConditionStability(), NoiseStability(), PixelRemoval(), WeightRandomisation())


def case_of(classifier, dataset, *, method=None, condition=CLEAN, micro_batch=100, draw=0):
    maker = MapMaker(
        classifier=classifier,
        form=FORM,
        method=method or Gradient(score=Score.LOGIT),
        target=Target.TRUE,
        micro_batch=micro_batch,
    )
    rows = torch.arange(len(dataset))
    return maker.case(Chunk(Snapshot(dataset), rows, draw), condition)


class Linear(nn.Module):
    """Reads every pixel with a weight of its own: its gradient is the same for every image."""

    def __init__(self, seed=0):
        super().__init__()
        self.weight = nn.Parameter(
            torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
        )

    def forward(self, images):
        return torch.einsum("bchw,kchw->bk", images, self.weight)


def linear(dataset, seed=0):
    return Classifier(Linear(seed), class_names=dataset.class_names, name="linear")


@pytest.mark.parametrize("measure", MEASURES, ids=lambda one: type(one).__name__)
def test_every_measure_keeps_its_promises(measure, models, dataset):
    assert isinstance(measure, CaseMeasure)
    assert eval(repr(measure), None, _names()) == measure  # noqa: S307 - part of records' keys
    model = models["robust"]
    model.network.train()
    before = {name: value.clone() for name, value in model.network.state_dict().items()}
    case = case_of(model, dataset)
    maps = case.maps.clone()
    found = measure(case)
    for values in found.values():
        assert values.shape == (50,)
        assert values.isfinite().all()
    assert torch.equal(case.maps, maps)
    assert model.network.training
    for name, value in model.network.state_dict().items():
        assert torch.equal(value, before[name])
    small = measure(case_of(model, dataset, micro_batch=7))
    for name, values in found.items():
        torch.testing.assert_close(small[name], values, rtol=1e-4, atol=1e-4)


def _names():
    from cuelens import evaluation, metrics

    return vars(evaluation) | vars(metrics)


def test_the_map_of_a_linear_model_is_stable_under_whatever_happens(dataset, conditions):
    model = linear(dataset)
    for measure, condition in (
        (NoiseStability(noise=0.5, draws=3), CLEAN),
        (ConditionStability(), conditions[2]),
    ):
        for name, values in measure(case_of(model, dataset, condition=condition)).items():
            torch.testing.assert_close(values, torch.ones(50), msg=name)


def test_noise_is_keyed_and_of_the_stated_size(models, dataset):
    measure, case = NoiseStability(noise=0.1), case_of(models["robust"], dataset, draw=4)
    noise = Chance(4, dataset.ids).normal((3, 8, 8), method="map-stability", draw=0)
    other = case.explain((dataset.pixels + 0.1 * noise).clamp(0, 1))
    expected = rank_correlation(case.maps, other)
    found = measure(case)
    assert set(found) == {
        "noise_rank_correlation", "noise_top_overlap", "noise_structural_similarity",
    }  # fmt: skip
    torch.testing.assert_close(found["noise_rank_correlation"], expected)
    torch.testing.assert_close(found["noise_top_overlap"], top_overlap(case.maps, other))
    more = NoiseStability(noise=0.5)(case)["noise_rank_correlation"].mean()
    assert more < expected.mean()
    several = NoiseStability(noise=0.1, draws=2)(case)["noise_rank_correlation"]
    again = Chance(4, dataset.ids).normal((3, 8, 8), method="map-stability", draw=1)
    second = case.explain((dataset.pixels + 0.1 * again).clamp(0, 1))
    torch.testing.assert_close(several, (expected + rank_correlation(case.maps, second)) / 2)


class Squared(nn.Module):
    """Reads each pixel by itself: its gradient moves with the pixels, wherever they are."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(4))

    def forward(self, images):
        return images.square().sum((1, 2, 3))[:, None] * self.weight


@pytest.mark.parametrize("transform", [PatchShuffle(patches=4), PatchRotation(patches=2)])
def test_the_map_of_a_moved_image_is_put_back_first(dataset, transform):
    model = Classifier(Squared(), class_names=dataset.class_names)
    condition = Condition(family="moved", transform=transform)
    case = case_of(model, dataset, condition=condition)
    for name, values in ConditionStability()(case).items():
        torch.testing.assert_close(values, torch.ones(50), msg=name)
    assert rank_correlation(case.maps, case.explain(case.clean)).mean() < 0.2


def test_a_condition_that_moves_nothing_is_compared_in_place(models, dataset):
    condition = Condition(family="saturation", level=8, transform=Saturation(level=8))
    case = case_of(models["robust"], dataset, condition=condition)
    expected = rank_correlation(case.explain(dataset.pixels), case.maps)
    found = ConditionStability()(case)["condition_rank_correlation"]
    torch.testing.assert_close(found, expected)
    assert found.mean() < 0.99


def test_removal_asks_the_model_that_was_explained(models, dataset):
    case = case_of(models["robust"], dataset, micro_batch=9)
    found = PixelRemoval(steps=8)(case)
    classify, labels = case.maker.fast, dataset.labels
    deleted = deletion_area(classify, dataset.pixels, case.maps, labels, steps=8)
    inserted = insertion_area(classify, dataset.pixels, case.maps, labels, steps=8)
    torch.testing.assert_close(found["deletion"], deleted, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(found["insertion"], inserted, rtol=1e-4, atol=1e-5)


def test_random_weights_change_a_map_of_the_weights_and_not_one_of_the_image(models, dataset):
    model = linear(dataset)
    of_weights = WeightRandomisation()(case_of(model, dataset))
    assert set(of_weights) == {
        "randomised_rank_correlation", "randomised_top_overlap",
        "randomised_structural_similarity", "cascade_rank_correlation:",
        "independent_rank_correlation:",
    }  # fmt: skip
    assert of_weights["randomised_rank_correlation"].abs().max() < 0.5
    edges = case_of(models["robust"], dataset, method=REFERENCE_MAPS["edges"])
    for name, values in WeightRandomisation()(edges).items():
        torch.testing.assert_close(values, torch.ones(50), msg=name)


def test_the_cascade_goes_from_the_last_layer_to_the_first(models, dataset):
    found = WeightRandomisation(depths=2)(case_of(models["robust"], dataset))
    assert list(found)[3:] == [
        "cascade_rank_correlation:6", "cascade_rank_correlation:1",
        "independent_rank_correlation:6", "independent_rank_correlation:1",
    ]  # fmt: skip
    last = found["cascade_rank_correlation:1"]
    assert torch.equal(last, found["randomised_rank_correlation"])
    # Of the last layer alone, the cascade's first step is what is drawn independently.
    assert torch.equal(found["cascade_rank_correlation:6"], found["independent_rank_correlation:6"])
    other = WeightRandomisation(depths=2)(case_of(models["robust"], dataset, draw=1))
    assert not torch.equal(other["cascade_rank_correlation:6"], found["cascade_rank_correlation:6"])


@pytest.mark.parametrize(
    ("depths", "layers", "counts"),
    [(4, 9, (3, 5, 7, 9)), (1, 9, (9,)), (4, 2, (1, 2)), (3, 3, (1, 2, 3))],
)
def test_depths_are_spread_evenly_and_end_with_the_whole_network(depths, layers, counts):
    assert WeightRandomisation(depths=depths).counts(layers) == counts


def test_reference_maps_know_the_image_or_nothing(dataset):
    chance, labels = Chance(2, dataset.ids), dataset.labels
    edges, noise = (
        method(lambda _: 1 / 0, dataset.pixels, labels, chance=chance)
        for method in REFERENCE_MAPS.values()
    )
    assert all(isinstance(method, Salience) for method in REFERENCE_MAPS.values())
    torch.testing.assert_close(edges.sum(1), edge_strength(dataset.pixels).float())
    assert torch.equal(edges[:, 0], edges[:, 2])
    torch.testing.assert_close(noise, chance.normal((3, 8, 8), method="noise-map"))


def test_the_maps_of_a_model_agree_with_themselves_and_pairs_are_recorded(
    store, models, dataset, planted
):
    three = {**models, "twin": models["standard"]}
    told = []
    done = measure_agreement(
        three, dataset, planted["Slope"](), method_name="slope", store=store, chunk=30,
        training_seeds={"robust": 7}, progress=lambda *moment: told.append(moment),
    )  # fmt: skip
    assert (done.table, done.computed, len(done.keys)) == ("agreements", 6, 6)
    assert told[-1] == (150, 150, "twin and robust, clean, slope")
    frame = store.read("agreements", done.keys)
    pairs = frame.select("model", "other").unique(maintain_order=True).rows()
    assert pairs == [("robust", "standard"), ("twin", "standard"), ("twin", "robust")]
    assert frame.height == 3 * 3 * 50
    assert set(frame.filter(model="robust")["training_seed"]) == {7}
    same = frame.filter(model="twin", other="standard")
    assert same["value"].to_list() == pytest.approx([1.0] * 150)
    cases = [case_of(models[name], dataset, method=planted["Slope"]()) for name in models]
    expected = rank_correlation(cases[1].maps, cases[0].maps)
    row = frame.filter(model="robust", measure="agreement_rank_correlation")
    assert row["value"].to_list() == pytest.approx(expected.tolist(), abs=0.02)
    again = measure_agreement(
        three, dataset, planted["Slope"](), method_name="slope",
        store=RecordStore(store.folder), chunk=30, training_seeds={"robust": 7},
    )  # fmt: skip
    assert (again.keys, again.computed) == (done.keys, 0)


def test_whatever_determines_an_agreement_is_in_its_key(
    store, models, dataset, planted, conditions
):
    def key(scale=1.0, **changes):
        settings = {"method_name": "slope", "limit": 5} | changes
        method = planted["Slope"](scale=scale)
        return measure_agreement(models, dataset, method, store=store, **settings).keys[0]

    found = [
        key(),
        key(scale=2.0),
        key(method_name="other"),
        key(condition=conditions[1]),
        key(pairs=[("standard", "robust")]),
        key(target=Target.PREDICTED),
        key(draw=1),
        key(limit=6),
        key(micro_batch=2),
        key(training_seeds={"robust": 1}),
    ]
    assert len(set(found)) == len(found)


def test_a_pair_of_unknown_models_is_refused(store, models, dataset):
    with pytest.raises(ConfigError) as caught:
        measure_agreement(
            models, dataset, Gradient(), method_name="gradient", store=store,
            pairs=[("robust", "sturdy")],
        )  # fmt: skip
    assert str(caught.value) == (
        "`pairs` must name models, of standard, robust, got 'sturdy'. Give it among "
        "`classifiers` too."
    )


def test_settings_outside_their_range_are_refused_in_words():
    for make, message in (
        (
            lambda: NoiseStability(noise=8),
            "`noise` must be above 0 and at most 1 (pixels are in [0, 1]), got 8.",
        ),
        (lambda: NoiseStability(draws=0), "`draws` must be at least 1, got 0."),
        (lambda: PixelRemoval(steps=0), "`steps` must be at least 1, got 0. 32 are usual."),
        (
            lambda: WeightRandomisation(depths=0),
            "`depths` must be at least 1, got 0. 4 are usual.",
        ),
    ):
        with pytest.raises(ConfigError) as caught:
            make()
        assert str(caught.value) == message


def test_measures_of_cases_are_recorded(store, models, dataset):
    done = measure_salience(
        models["robust"], dataset, Gradient(), MapMeasures(cases=MEASURES[1:]),
        method_name="gradient", store=store, limit=8,
    )  # fmt: skip
    frame = store.read("salience", done.keys)
    assert {"deletion", "noise_top_overlap", "cascade_rank_correlation:1"} < set(frame["measure"])
    assert frame["value"].is_finite().all()
