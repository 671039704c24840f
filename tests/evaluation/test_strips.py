"""Strips hold what each model saw, answered and looked at, to be drawn by others."""

import pytest
import torch

from cuelens.attacks import PGD, Restarts
from cuelens.balls import Linf
from cuelens.errors import DataError, RecordError
from cuelens.evaluation import Chosen, Condition, RecordStore, Target, make_strips, read_strips
from cuelens.evaluation.attacked_images import every_step
from cuelens.networks import input_gradient
from cuelens.randomness import Chance

CHOSEN = (
    Chosen(image="test/00031", rule="drawn by chance"),
    Chosen(image="test/00004", rule="largest fall"),
)
BALL = Linf(radius=0.03)


@pytest.fixture
def made(store, planted, models, dataset, conditions):
    done = make_strips(
        models, dataset, CHOSEN, conditions,
        methods={"slope": planted["Slope"](), "double": planted["Slope"](scale=2.0)},
        attacks={"push": planted["Push"](ball=BALL)}, store=store, draw=2,
    )  # fmt: skip
    return done, read_strips(str(store.path(done.table, done.keys[0])))


def test_names_and_axes_are_in_the_order_given(made, dataset):
    done, strips = made
    assert done.computed == 1
    assert strips.dataset == "planted"
    assert strips.class_names == dataset.class_names
    assert strips.models == ("standard", "robust")
    assert strips.conditions == ("clean", "fade=0.5", "speckle=0.25", "push")
    assert strips.attacks == ("push",)
    assert strips.methods == ("slope", "double")
    assert strips.scores == ("", "")
    assert strips.images == ("test/00031", "test/00004")
    assert strips.rules == ("drawn by chance", "largest fall")
    assert torch.equal(strips.labels, dataset.labels[[31, 4]])
    assert torch.equal(strips.explained, strips.labels.expand(2, 2))
    assert strips.target == "the true class"
    assert strips.pictures.shape == (2, 4, 2, 3, 8, 8)
    assert strips.maps.shape == (2, 2, 4, 2, 3, 8, 8)
    assert strips.predictions.shape == (2, 4, 2)
    assert strips.probabilities.shape == (2, 4, 2, 4)


def test_pictures_maps_and_answers_belong_together(made, models, dataset, conditions):
    _, strips = made
    clean = dataset.pixels[[31, 4]]
    chance = Chance(2, strips.images)
    for place, condition in enumerate(conditions):
        expected = condition.transform(clean, chance=chance)
        assert torch.equal(strips.pictures[0, place], expected)
        assert torch.equal(strips.pictures[1, place], expected)
    moved = strips.pictures[:, 3] - clean
    assert moved.abs().amax() <= BALL.radius + 1e-6
    assert not torch.equal(moved[0], moved[1])
    for place, classifier in enumerate(models.values()):
        network = classifier.network.eval()
        seen = strips.pictures[place].flatten(0, 1)
        labels = strips.labels.repeat(4)

        def score(images, network=network, labels=labels):
            return network(images).gather(1, labels[:, None])[:, 0]

        with torch.no_grad():
            logits = network(seen)
        assert torch.equal(strips.predictions[place].flatten(), logits.argmax(1))
        answers = strips.probabilities[place].flatten(0, 1)
        assert torch.allclose(answers, logits.softmax(1), atol=1e-6)
        exact = input_gradient(score, seen)
        assert torch.allclose(strips.maps[0, place].flatten(0, 1), exact, atol=1e-5)
        assert torch.allclose(strips.maps[1, place], 2 * strips.maps[0, place])


@pytest.mark.parametrize("target", [Target.PREDICTED, Target.given("cat")])
def test_maps_explain_the_class_that_is_wanted(target, store, planted, models, dataset, conditions):
    done = make_strips(
        models, dataset, CHOSEN, conditions, methods={"slope": planted["Slope"]()}, store=store,
        target=target,
    )  # fmt: skip
    strips = read_strips(store.path(done.table, done.keys[0]))
    clean = dataset.pixels[[31, 4]]
    assert strips.target == str(target)
    for place, classifier in enumerate(models.values()):
        wanted = target.labels(classifier, clean, dataset.labels[[31, 4]])
        assert torch.equal(strips.explained[place], wanted)
        network = classifier.network.eval()
        for column in range(3):

            def score(images, network=network, wanted=wanted):
                return network(images).gather(1, wanted[:, None])[:, 0]

            exact = input_gradient(score, strips.pictures[place, column])
            assert torch.allclose(strips.maps[0, place, column], exact, atol=1e-5)
    assert target != Target.PREDICTED or not torch.equal(*strips.explained)


def test_where_the_class_is_unknown_attacks_move_away_from_the_answer(
    store, planted, models, dataset
):
    known = dataset.labels.clone()

    class Partly(planted["Plain"]):
        @property
        def labels(self):
            return torch.where(torch.arange(len(self)) == 31, -1, known)

    partly = Partly(pixels=dataset.pixels)
    done = make_strips(
        models, partly, CHOSEN, [Condition.clean()], methods={"slope": planted["Slope"]()},
        attacks={"push": planted["Push"](ball=BALL)}, store=store, target=Target.PREDICTED,
    )  # fmt: skip
    strips = read_strips(store.path(done.table, done.keys[0]))
    assert strips.labels.tolist() == [-1, int(known[4])]
    clean = dataset.pixels[[31, 4]]
    chance = Chance(0, strips.images)
    for place, classifier in enumerate(models.values()):
        answers = strips.predictions[place, 0]
        away = torch.stack([answers[0], known[4]])
        classifier.network.eval()
        pushed = planted["Push"](ball=BALL)(classifier, clean, away, chance=chance).images
        assert torch.allclose(strips.pictures[place, 1], pushed, atol=1e-6)


def test_strips_that_are_there_are_not_made_again(
    made, store, planted, models, dataset, conditions
):
    done, _ = made
    planted["Counting"].seen.clear()
    again = make_strips(
        models, dataset, CHOSEN, conditions,
        methods={"slope": planted["Slope"](), "double": planted["Slope"](scale=2.0)},
        attacks={"push": planted["Push"](ball=BALL)}, store=RecordStore(store.folder), draw=2,
    )  # fmt: skip
    assert (again.keys, again.computed) == (done.keys, 0)
    assert planted["Counting"].seen == []


def test_whatever_determines_strips_is_in_their_key(
    store, planted, models, dataset, conditions, monkeypatch
):
    def key(classifiers=models, chosen=CHOSEN, conditions=conditions, **changes):
        settings = {
            "methods": {"slope": planted["Slope"]()},
            "attacks": {"push": planted["Push"](ball=BALL)},
        } | changes
        return make_strips(classifiers, dataset, chosen, conditions, store=store, **settings).keys[
            0
        ]

    found = [
        key(),
        key(classifiers=dict(reversed(models.items()))),
        key(classifiers={"robust": models["robust"]}),
        key(chosen=CHOSEN[::-1]),
        key(chosen=[Chosen(image="test/00031", rule="another")]),
        key(conditions=conditions[:2]),
        key(methods={"slope": planted["Slope"](scale=2.0)}),
        key(attacks={}),
        key(attacks={"push": planted["Push"](ball=Linf(radius=0.1))}),
        key(target=Target.PREDICTED),
        key(target=Target.given("bee")),
        key(draw=1),
    ]
    for name in ("Slope", "Push", "Fade"):
        monkeypatch.setattr(planted[name], "version", 2)
        found.append(key())
    assert len(set(found)) == len(found)


def test_pictures_of_attacks_takeevery_step():
    quick = PGD(ball=BALL, step=0.01, steps=5, stop_when_fooled=True)
    full = PGD(ball=BALL, step=0.01, steps=5, stop_when_fooled=False)
    assert every_step(quick) == full
    assert every_step(Restarts(attack=quick, count=2)) == Restarts(attack=full, count=2)
    assert every_step(full) is full


def test_an_unknown_image_and_nothing_to_draw_are_refused(
    store, planted, models, dataset, conditions
):
    methods = {"slope": planted["Slope"]()}
    with pytest.raises(DataError) as caught:
        make_strips(
            models, dataset, [Chosen(image="elsewhere", rule="r")], conditions,
            methods=methods, store=store,
        )  # fmt: skip
    assert str(caught.value) == (
        "Every chosen image must be in 'planted', got elsewhere. "
        "Choose from records of the same data set."
    )
    with pytest.raises(DataError) as caught:
        make_strips(models, dataset, [], conditions, methods=methods, store=store)
    assert str(caught.value) == (
        "Strips need at least one model, condition, image and method, got 2, 3, 0 and 1."
    )


def test_strips_that_are_missing_or_torn_are_named(made, store, tmp_path):
    done, _ = made
    path = store.path(done.table, done.keys[0])
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(RecordError, match="got a torn file"):
        read_strips(path)
    with pytest.raises(RecordError) as caught:
        read_strips(tmp_path / "none.safetensors")
    assert str(caught.value) == (
        f"Expected strips at `{tmp_path / 'none.safetensors'}`, got none. "
        "Run the same command again to compute them."
    )
