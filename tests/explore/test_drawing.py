import re

from cuelens.explore import Picture, Subjects, advance, begin
from cuelens.explore.drawing import attack_html, picker_html


def test_every_picture_button_has_a_name_of_its_own_and_one_is_pressed(picture: Picture) -> None:
    shown = picker_html([picture, picture, picture], "PNG")
    assert re.findall(r'aria-label="(Picture \d[^"]+)"', shown) == [
        f"Picture {number}: yes" for number in (1, 2, 3)
    ]
    assert re.findall(r'aria-pressed="(\w+)"', shown) == ["true", "false", "false"]


def test_the_curve_of_an_attack_has_numbers_at_their_places(
    subjects: Subjects, picture: Picture
) -> None:
    trail = advance(subjects, begin(subjects, picture.images, radius=8 / 255), 20)
    shown = attack_html(trail, "unchanged").partition("<svg")[2].partition("</svg>")[0]
    places = re.findall(r'<text[^>]* x="([\d.]+)" y="([\d.]+)">([\d.]+)</text>', shown)
    upward = {text: float(y) for x, y, text in places[:3]}
    onward = {text: float(x) for x, y, text in places[3:]}
    assert (list(upward), list(onward)) == (["0", "0.5", "1"], ["0", "10", "20"])
    points = re.search(r'points="([^"]+)"', shown)
    assert points is not None
    first, *_, last = (tuple(map(float, one.split(","))) for one in points[1].split())
    assert (first[0], last[0]) == (onward["0"], onward["20"])
    share = trail.answers["mean"][0].probabilities[0]
    height = upward["0"] + (upward["1"] - upward["0"]) * share
    assert abs(first[1] + 4 - height) < 0.1  # a number's line stands 4 below its middle
