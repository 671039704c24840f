from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from cuelens.explore import Picture, Subjects
from cuelens.explore.introduction import introduction_html
from cuelens.explore.subjects import subjects_at
from cuelens.explore.training_words import training_words
from cuelens.sources import Provenance

HOSTILE = "</script><script>alert(1)</script>${x}"
NONE_KNOWN = "The pictures below are of none of the models' classes"


def test_networks_that_come_with_cuelens_say_how_they_were_trained() -> None:
    subjects = subjects_at([f"cuelens://cifar10/{name}/0" for name in ("standard", "pgd-linf-8")])
    assert subjects.trained == {
        "standard-0": "trained on CIFAR-10, without attacks",
        "pgd-linf-8-0": "trained on CIFAR-10, adversarially within Linf 8/255",
    }
    shown = introduction_html(subjects, [])
    assert "<b>pgd-linf-8-0</b>: trained on CIFAR-10, adversarially within Linf 8/255" in shown
    assert "Classes: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck." in shown


@pytest.mark.parametrize(
    ("recipe", "data", "words"),
    [
        ("", "cifar10-train", ""),
        ("objective=Standard(), epochs=8", "my-photos", "trained on my-photos, without attacks"),
        (
            "objective=TRADES(ball=L2(radius=0.5), steps=7)",
            "",
            "trained on images that its card does not name, adversarially within L2 0.5",
        ),
        (
            "objective=Noisy(deviation=0.1)",
            "cifar10-train",
            "trained on CIFAR-10, by Noisy",
        ),
    ],
)
def test_words_follow_the_card(
    recipe: str, data: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def card(path: Path) -> Any:
        return SimpleNamespace(training={"data": data} if data else {})

    monkeypatch.setattr("cuelens.explore.training_words.read_card", card)
    provenance = Provenance(
        address="a", library="", architecture="", weights="", classes="", preprocessing="",
        recipe=recipe,
    )  # fmt: skip
    assert training_words(provenance) == words


def test_pictures_of_no_class_of_the_models_are_told(subjects: Subjects, picture: Picture) -> None:
    disc = Picture(name="0", label="disc", images=picture.images)
    unknown = Picture(name="1", label=None, images=picture.images)
    assert NONE_KNOWN in introduction_html(subjects, [disc])
    assert "<code>--data FOLDER</code>" in introduction_html(subjects, [disc])
    assert NONE_KNOWN not in introduction_html(subjects, [disc, picture])
    assert NONE_KNOWN not in introduction_html(subjects, [unknown])


def test_names_of_models_and_classes_are_text(subjects: Subjects, picture: Picture) -> None:
    (classifier, _) = subjects.given.values()
    classifier.class_names = (HOSTILE, "no")
    hostile = Subjects.of({HOSTILE: classifier}, trained={HOSTILE: HOSTILE})
    shown = introduction_html(hostile, [picture])
    assert "alert" in shown
    assert "<script" not in shown
    assert "$" not in shown
