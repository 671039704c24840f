import base64
import io
import re
from typing import Any

import pytest
from PIL import Image

from cuelens.explore import Picture, Subjects, strip_picture, visits
from cuelens.explore.answers import look_at
from cuelens.explore.visits import Visit

REST = (1, 1, 0, 100, 0, 0, 1)
HOSTILE = '</script><script>alert(1)</script>${alert(1)}{{x}}"'


def test_sliders_at_rest_show_the_picture_and_what_each_model_answers(visit: Visit) -> None:
    shown = visit.answers(visit.newcomer(), REST)
    assert "left.png" in shown
    assert "unchanged" in shown
    assert shown.count('class="card"') == 2
    assert shown.count("yes \N{CHECK MARK}") == 2


def test_a_class_that_no_model_has_is_told(visit: Visit, picture: Picture) -> None:
    disc = Picture(name="disc.png", label="disc", images=picture.images)
    shown = visit.answers(visit.newcomer().at(disc), REST)
    assert "class disc, which no model here knows" in shown
    assert "which no model" not in visit.answers(visit.newcomer(), REST)


def test_a_moved_slider_is_told_by_the_name_of_its_condition(visit: Visit) -> None:
    shown = visit.answers(visit.newcomer(), (3, 2, 0, 50, 0, 0, 1))
    assert "saturation=8, low-pass=4 cycles (keeps up to 50 %), shuffle=2</small>" in shown
    looks = visit.looks(visit.newcomer(), (3, 2, 0, 50, 0, 0, 1), 3)
    assert looks is not None
    assert "saturation=8, low-pass=4, shuffle=2" in looks
    assert "mean of 3 noisy gradients" in looks


def test_a_picture_of_which_nothing_is_left_is_told(visit: Visit) -> None:
    sentence = "Nothing is left to see: the picture has become one colour."
    newcomer = visit.newcomer()
    assert sentence in visit.answers(newcomer, (1, 1, 0, 10, 50, 0, 1))
    assert sentence not in visit.answers(newcomer, (1, 1, 0, 50, 0, 0, 1))
    assert sentence not in visit.answers(newcomer, (1, 1, 0, 100, 10, 0, 1))


def test_maps_of_what_is_no_longer_asked_for_are_not_made(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor, moved, asked = visit.newcomer(), (3, 1, 0, 100, 0, 0, 1), []
    visit.answers(visitor, REST)
    assert visit.looks(visitor, moved, 1) is None
    visit.answers(visitor, moved)
    assert "saturation=8" in str(visit.looks(visitor, moved, 1))
    assert visit.looks(visitor, REST, 1) is None
    other, _ = visit.pick(visitor, 1)
    visit.answers(other, moved)
    assert visit.looks(visitor, moved, 1) is None  # of the picture before

    def look(*given: Any, **more: Any) -> Any:
        asked.append(given)
        visit.answers(other, REST)  # the slider moves while the first model is looked at
        return look_at(*given, **more)

    monkeypatch.setattr(visits, "look_at", look)
    assert visit.looks(other, moved, 1) is None
    assert len(asked) == 1


@pytest.mark.parametrize(
    "numbers",
    [(), (1,) * 7, ("1", 1, 0, 100, 0, 0, 1), (1, 1, 0, 100, 0, 0, float("nan")),
     (1, 1, 0, 100, 0, 2, 1), (None,) * 7, (10**400, 1, 0, 100, 0, 0, 1)],
)  # fmt: skip
def test_numbers_that_no_slider_gives_become_a_sentence(visit: Visit, numbers: Any) -> None:
    assert 'class="complaint"' in visit.answers(visit.newcomer(), numbers)
    assert visit.looks(visit.newcomer(), numbers, 1) == ""
    visitor, shown = visit.step(visit.newcomer(), numbers, "8/255", 1)
    assert (visitor.trail, 'class="complaint"' in shown) == (None, True)
    assert visit.strip(visit.newcomer(), numbers) == ""


@pytest.mark.parametrize("place", [None, "0", -1, 2, 0.0, [], {"a": 1}])
def test_a_place_that_no_picture_has_leaves_the_one_that_was_picked(
    visit: Visit, place: object
) -> None:
    newcomer = visit.newcomer()
    visitor, shown = visit.pick(newcomer, place)
    assert visitor is newcomer
    assert "There is no picture" in shown


def test_another_picture_ends_the_attack_on_the_one_before(visit: Visit) -> None:
    attacked, shown = visit.step(visit.newcomer(), REST, "8/255", 2)
    assert "Step 2 of the attack" in shown
    assert "Step 2" in visit.attacked(attacked)
    picked, _ = visit.pick(attacked, 1)
    assert (picked.picture.name, picked.trail) == ("other.png", None)
    assert visit.attacked(picked) == ""
    assert visit.attack_looks(picked, 1) == ""


def test_an_attack_and_answers_say_alike_of_what_they_are(visit: Visit) -> None:
    for numbers in (REST, (3, 1, 0, 50, 0, 0, 1)):
        _, attack = visit.step(visit.newcomer(), numbers, "4/255", 1)
        of = [re.findall(r'data-words="([^"]+)"', part)
              for part in (attack, visit.answers(visit.newcomer(), numbers))]  # fmt: skip
        assert of[0] == of[1]
        assert len(of[0]) == 1
        assert 'data-radius="4/255"' in attack


def test_an_attack_goes_on_until_sliders_or_radius_move(visit: Visit) -> None:
    one, _ = visit.step(visit.newcomer(), REST, "8/255", 1)
    two, _ = visit.step(one, REST, "8/255", 1)
    moved, _ = visit.step(two, (3, 1, 0, 100, 0, 0, 1), "8/255", 1)
    wider, _ = visit.step(two, REST, "16/255", 1)
    trails = [who.trail for who in (one, two, moved, wider)]
    assert [trail.steps for trail in trails if trail] == [1, 2, 1, 1]
    assert "attacked" in visit.attack_looks(two, 1)
    same, shown = visit.step(two, REST, "9/255", 1)
    assert (same, "must be one of" in shown) == (two, True)


def test_the_strip_holds_what_is_on_the_page_as_a_png(visit: Visit) -> None:
    attacked, _ = visit.step(visit.newcomer(), REST, "8/255", 1)
    sizes = []
    for visitor, numbers in (
        (visit.newcomer(), REST), (visit.newcomer(), (3, 1, 0, 100, 0, 0, 1)), (attacked, REST),
    ):  # fmt: skip
        address = visit.strip(visitor, numbers)
        head, _, content = address.partition(",")
        assert head == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(content))) as image:
            sizes.append(image.size)
    (plain, moved, with_attack) = (width for width, _ in sizes)
    assert plain < moved < with_attack
    assert len({height for _, height in sizes}) == 1


def test_the_strip_counts_one_step_and_more(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    monkeypatch.setattr(strip_picture, "_text", lambda draw, at, text, *more: written.append(text))
    one, _ = visit.step(visit.newcomer(), REST, "8/255", 1)
    two, _ = visit.step(one, REST, "8/255", 1)
    for visitor in (one, two):
        visit.strip(visitor, REST)
    assert [text for text in written if "attacked" in text] == [
        "unchanged, attacked: 8/255, 1 step", "unchanged, attacked: 8/255, 2 steps"
    ]  # fmt: skip


def test_names_are_text_wherever_they_stand(subjects: Subjects, picture: Picture) -> None:
    classifiers = {HOSTILE: next(iter(subjects.given.values()))}
    classifiers[HOSTILE].class_names = (HOSTILE, "no")
    hostile = Picture(name=HOSTILE, label=HOSTILE, images=picture.images)
    visit = Visit(subjects=Subjects.of(classifiers), pictures=(hostile,))
    visitor, attack = visit.step(visit.newcomer(), REST, "8/255", 1)
    parts = [
        visit.answers(visitor, REST), visit.looks(visitor, REST, 1), attack,
        visit.attack_looks(visitor, 1), *visit.drop(visitor, HOSTILE, HOSTILE)[1:],
        visit.pick(visitor, HOSTILE)[1], visit.refuse(HOSTILE),
    ]  # fmt: skip
    for part in parts:
        assert "<script" not in part
        assert "{" not in part
    assert visit.strip(visitor, REST).startswith("data:image/png")
