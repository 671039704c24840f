"""What is measured of the maps of kept strips: every map with its own image, model and class."""

import polars as pl
import pytest

from cuelens.balls import Linf
from cuelens.evaluation import (
    Chosen,
    Condition,
    Target,
    agreement_of_strips,
    make_strips,
    measure_strips,
    read_strips,
)
from cuelens.metrics import (
    IMAGE_MEASURES,
    MEASURES,
    SIMILARITIES,
    deletion_area,
    insertion_area,
    rank_correlation,
)
from cuelens.randomness import Chance
from cuelens.transforms import PatchShuffle

CHOSEN = tuple(Chosen(image=f"test/{row:05d}", rule="r") for row in (31, 4))


@pytest.fixture
def shuffled():
    return [
        Condition.clean(),
        Condition(family="shuffle", level=2.0, transform=PatchShuffle(patches=2)),
    ]


@pytest.fixture
def made(store, planted, models, dataset, shuffled):
    """Return the key of strips of two models and methods, shuffled and attacked, and the strips."""
    done = make_strips(
        models, dataset, CHOSEN, shuffled,
        methods={"slope": planted["Slope"](), "double": planted["Slope"](scale=2.0)},
        attacks={"push": planted["Push"](ball=Linf(radius=0.03))}, store=store, draw=2,
        target=Target.PREDICTED,
    )  # fmt: skip
    (key,) = done.keys
    return key, read_strips(store.path("strips", key))


def cases(strips):
    for s, method in enumerate(strips.methods):
        for m, model in enumerate(strips.models):
            for c, condition in enumerate(strips.conditions):
                yield (s, m, c), {"method": method, "model": model, "condition": condition}


def test_every_map_is_measured_with_its_own_image_model_and_class(made, store, models, shuffled):
    key, strips = made
    found = measure_strips(key, models, shuffled, store=store, draw=2)
    assert found.columns == [
        "dataset", "image", "model", "method", "condition", "measure", "value",
    ]  # fmt: skip
    count = len(MEASURES) + len(IMAGE_MEASURES) + 2 + len(SIMILARITIES)
    assert len(found) == 2 * 2 * 3 * 2 * count
    for classifier in models.values():
        classifier.network.eval()
    for (s, m, c), place in cases(strips):
        own = found.filter(**place)
        maps, seen = strips.maps[s, m, c], strips.pictures[m, c]
        classifier, labels = models[place["model"]], strips.explained[m]
        expected = {name: measure(maps) for name, measure in MEASURES.items()}
        expected |= {name: measure(maps, seen) for name, measure in IMAGE_MEASURES.items()}
        expected["deletion"] = deletion_area(classifier, seen, maps, labels)
        expected["insertion"] = insertion_area(classifier, seen, maps, labels)
        for name, values in expected.items():
            got = own.filter(measure=name)
            assert tuple(got["image"]) == strips.images
            assert got["value"].to_list() == pytest.approx(values.tolist(), rel=1e-4), name


def test_a_shuffled_map_is_put_back_before_it_is_compared(made, store, models, shuffled):
    key, strips = made
    found = measure_strips(key, models, shuffled, store=store, draw=2)
    own = found.filter(measure="condition_rank_correlation")
    chance = Chance(2, strips.images)
    for (s, m, c), place in cases(strips):
        values = own.filter(**place)["value"]
        clean, maps = strips.maps[s, m, 0], strips.maps[s, m, c]
        if c == 0:
            assert values.is_nan().all()
            continue
        back = shuffled[1].transform.put_back(maps, chance=chance) if c == 1 else maps
        assert values.to_list() == pytest.approx(rank_correlation(clean, back).tolist())
    moved = rank_correlation(strips.maps[0, 0, 0], strips.maps[0, 0, 1])
    back = own.filter(method="slope", model="standard", condition="shuffle=2")["value"]
    assert back.to_list() != pytest.approx(moved.tolist())


def test_nothing_is_compared_where_the_first_condition_is_not_the_clean_one(
    store, planted, models, dataset, shuffled
):
    done = make_strips(
        models, dataset, CHOSEN, shuffled[1:], methods={"slope": planted["Slope"]()}, store=store
    )
    found = measure_strips(done.keys[0], models, shuffled[1:], store=store)
    assert not found["measure"].str.starts_with("condition_").any()


def test_what_was_measured_is_not_measured_again(made, store, models, shuffled, planted):
    key, _ = made
    first = measure_strips(key, models, shuffled, store=store, draw=2)
    planted["Counting"].seen.clear()
    assert measure_strips(key, models, shuffled, store=store, draw=2).equals(first)
    assert planted["Counting"].seen == []


def test_the_models_are_left_as_they_were(made, store, models, shuffled):
    key, _ = made
    modes = {name: model.network.training for name, model in models.items()}
    weights = {name: model.fingerprint() for name, model in models.items()}
    measure_strips(key, models, shuffled, store=store, draw=2)
    assert modes == {name: model.network.training for name, model in models.items()}
    assert weights == {name: model.fingerprint() for name, model in models.items()}


def test_two_models_agree_by_their_maps_of_one_image(made):
    _, strips = made
    found = agreement_of_strips(strips)
    assert len(found) == 2 * 3 * 2 * len(SIMILARITIES)
    assert set(found.select("model", "other").iter_rows()) == {("standard", "robust")}
    for s, method in enumerate(strips.methods):
        for c, condition in enumerate(strips.conditions):
            own = found.filter(
                pl.col("method") == method,
                pl.col("condition") == condition,
                pl.col("measure") == "agreement_rank_correlation",
            )
            alike = rank_correlation(strips.maps[s, 1, c], strips.maps[s, 0, c])
            assert own["value"].to_list() == pytest.approx(alike.tolist())
            assert tuple(own["image"]) == strips.images
    assert found["value"].is_finite().all()


def test_one_model_agrees_with_nobody(store, planted, models, dataset):
    done = make_strips(
        {"standard": models["standard"]}, dataset, CHOSEN, [Condition.clean()],
        methods={"slope": planted["Slope"]()}, store=store,
    )  # fmt: skip
    assert agreement_of_strips(read_strips(store.path("strips", done.keys[0]))).is_empty()
