"""The page as text: its structure, its independence of the network, and that text stays text."""

import base64
import hashlib
import itertools
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cuelens.report import ReportData
from cuelens.report.cards import cards_of

pytestmark = pytest.mark.no_cover  # whole commands and pages, whose parts have tests of their own


class Reader(HTMLParser):
    """Collects the elements of a page and the text of some."""

    VOID = frozenset({"meta", "link", "img", "br", "input"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts[tag][-1] += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(report: Path) -> str:
    return (report / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(text: str) -> Reader:
    return Reader(text)


def test_headings_start_with_one_h1_and_skip_no_level(page: Reader) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    (headline,) = page.texts["h1"]
    assert headline == (
        "Adversarial training moved these checkpoints from texture toward shape, as far as the "
        "numbers decide: 2 of 3 measured claims hold, 1 undecided"
    )


def test_the_verdicts_come_first_and_everything_comes_last(page: Reader) -> None:
    assert page.texts["h2"] == [
        "Verdicts",
        "Models",
        "Cue profile",
        "Distorted images",
        "Attacks",
        "Shape or texture",
        "Salience measures",
        "Salience strips",
        "Adversarial examples",
        "Checks",
        "Settings and versions",
        "Everything",
    ]
    assert page.texts["title"] == [
        "Rendered images whose shape and texture are set one by one – cuelens report"  # noqa: RUF001
    ]
    assert page.of("html") == [{"lang": "en"}]


def test_nothing_is_asked_of_a_network(page: Reader, text: str) -> None:
    loaded = [
        attributes.get(name) or ""
        for _, attributes in page.elements
        for name in ("src", "href", "srcset", "data", "poster", "action")
        if name in attributes
    ]
    assert loaded
    assert not [where for where in loaded if re.match(r"(?:[a-z]+:)?//", where)]
    style = "".join(page.texts["style"])
    assert "url(" not in style
    assert "@import" not in style
    policy = next(meta["content"] for meta in page.of("meta") if "http-equiv" in meta)
    assert policy is not None
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_the_policy_allows_the_pages_own_scripts_only(page: Reader) -> None:
    policy = next(meta["content"] for meta in page.of("meta") if "http-equiv" in meta) or ""
    sources = zip(page.of("script"), page.texts["script"], strict=True)
    run = [source for attributes, source in sources if "type" not in attributes]
    digests = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in run]
    assert len(run) == 2
    assert re.findall(r"'sha256-([^']+)'", policy) == digests
    assert "unsafe-eval" not in policy


def test_every_picture_and_every_chart_has_an_alternative_text(page: Reader) -> None:
    assert all(image.get("alt") for image in page.of("img"))
    charts = [a for a in page.of("div") if "live" in (a.get("class") or "")]
    assert len(charts) == len(page.of("figure")) == 34
    assert all(chart.get("role") == "img" and chart.get("aria-label") for chart in charts)


def test_an_alternative_text_holds_the_numbers_of_its_chart(page: Reader) -> None:
    labels = [a.get("aria-label") or "" for a in page.of("div") if a.get("role") == "img"]
    (shuffle,) = (label for label in labels if label.startswith("Retention, patch shuffle, by"))
    assert shuffle.replace("\N{NARROW NO-BREAK SPACE}", " ") == (
        "Retention, patch shuffle, by k (the image is cut into k \N{MULTIPLICATION SIGN} k "
        "patches). standard (n = 1,828 each): 1 = clean: 100.0 % by definition; 2: 83.0 % "
        "[81.3, 84.7]; "
        "4: 55.0 % [52.7, 57.3]; 8: 30.0 % [27.9, 32.1]. adversarial (n = 1,692 each): "
        "1 = clean: 100.0 % by "
        "definition; 2: 58.0 % [55.6, 60.4]; 4: 29.0 % [26.8, 31.2]; 8: 17.0 % [15.2, 18.8]. "
        "underfit (n = 1,698 each): 1 = clean: 100.0 % by definition; 2: 79.0 % "
        "[77.1, 80.9]; 4: 52.0 % [49.6, 54.4]; 8: 31.0 % [28.8, 33.2]."
    )


def test_every_table_has_a_caption_and_its_headers_a_scope(page: Reader) -> None:
    assert len(page.of("table")) == len(page.of("caption")) > 10
    assert all(header.get("scope") in ("col", "row", "rowgroup") for header in page.of("th"))


def test_a_table_says_which_columns_are_a_models_own_or_name_models(text: str) -> None:
    heads = {
        name: re.findall(r"<th scope=\"col\"([^>]*)>([^<]*)</th>", head)
        for name, head in re.findall(r'<table id="table-([^"]+)">(.*?)</thead>', text, re.DOTALL)
    }
    own = [(title, marks) for marks, title in heads["retention"] if "data-model" in marks]
    assert [title for title, _ in own] == ["standard", "adversarial", "underfit"]
    assert all(f'data-model="{title}"' in marks for title, marks in own)
    naming = {
        name: [title for marks, title in found if "data-names" in marks]
        for name, found in heads.items()
    }
    assert naming["comparisons"] == naming["error-consistency"] == ["first", "second"]
    assert naming["models"] == naming["cue-profile"] == ["model"]
    assert naming["verdicts"] == []  # a verdict stands, whatever is looked at


def test_every_id_is_there_once_and_every_link_leads_somewhere(page: Reader, report: Path) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [link["href"] or "" for link in page.of("a")]
    inner = {link[1:] for link in links if link.startswith("#")}
    outer = {link for link in links if not link.startswith("#")}
    assert inner <= set(ids)
    assert len(outer) > 50
    assert all((report / link).is_file() for link in outer)
    labelled = {a["aria-labelledby"] for _, a in page.elements if "aria-labelledby" in a}
    assert labelled <= set(ids)


def test_an_outcome_is_told_by_word_and_icon_not_by_colour_alone(text: str) -> None:
    cards = re.findall(r'<article class="card ([a-z-]+)".*?</article>', text, flags=re.DOTALL)
    assert cards == ["for", "for", "undecided", "not-measured"]
    words = re.findall(
        r'<span class="outcome [a-z-]+"><svg[^>]*><use href="#icon-([a-z-]+)"/></svg>'
        r"<b>([^<]+)</b>",
        text,
    )
    assert words == [
        ("for", "For"),
        ("for", "For"),
        ("undecided", "Undecided"),
        ("not-measured", "Not measured"),
    ]


def test_a_claim_is_named_with_what_came_of_it(page: Reader) -> None:
    claims = [text for text, heading in zip(page.texts["h3"], page.of("h3"), strict=True)
              if (heading.get("id") or "").startswith("claim-")]  # fmt: skip
    assert [re.split(r"\s*:\s+", claim)[0] for claim in claims] == [
        "For", "For", "Undecided", "Not measured"
    ]  # fmt: skip
    named = [article["aria-labelledby"] for article in page.of("article")]
    assert named == [f"claim-{place}" for place in range(1, 5)]


def test_the_cards_say_which_images_their_n_counts(text: str) -> None:
    section = text.partition('<section id="verdicts"')[2].partition("</section>")[0]
    count = "n: images that the network with the fewest gets right when clean; of maps, images of"
    assert section.index(count) < section.index("<article")
    assert f"one row a comparison. {count}" in section


def test_a_doubt_stands_beside_the_numbers_that_it_is_about(text: str) -> None:
    cards = re.findall(r"<article.*?</article>", text, flags=re.DOTALL)
    sentence = "Each recipe has one training seed"
    assert [sentence in card for card in cards] == [True, False, False, False]
    assert [card.count("single-seed") for card in cards] == [1, 1, 0, 0]
    saturation = re.search(r'id="curves-saturation".*?</ul>', text, flags=re.DOTALL)
    assert saturation is not None
    assert "single-seed" in saturation.group()


def test_checks_say_what_came_of_them_doubts_first(text: str) -> None:
    checks = text.partition('<section id="checks"')[2].partition("</section>")[0]
    found = re.findall(r'class="(\w+)">.*?<b>([^<]+)</b> <code>([^<]+)</code>', checks)
    assert found == [
        ("raised", "Doubt", "single-seed"),
        ("unchecked", "Not checked", "square-beats-gradients"),
        ("passed", "Passed", "gradients-vanish"),
    ]
    folded = checks.partition("<details>")[2]
    assert "<summary>1 passed check, each with what it measured</summary>" in folded
    assert "gradients-vanish" in folded
    assert "square-beats-gradients" not in folded
    assert 'single-seed</code> <span class="on">on saturation, shuffle</span>' in checks


def test_where_protocols_disagree_stands_with_the_answers(text: str) -> None:
    group = text.partition('id="answers"')[2].partition('class="panels')[0]
    assert "<li>Protocols disagree on test: " in group
    assert text.count("Protocols disagree") == 1


def test_error_consistency_is_shown_with_its_interval(text: str) -> None:
    table = text.partition("<summary>Error consistency, 1 row</summary>")[2]
    cells = re.findall(r"<td[^>]*>([^<]*)</td>", table.partition("</tbody>")[0])
    assert cells[-7:-1] == ["2,000", "0.880", "0.790", "0.429", "[0.380, 0.480]", "bootstrap"]


def test_the_specifications_are_json_that_ends_no_script(text: str) -> None:
    parts = re.findall(
        r'<script type="application/json"[^>]*>(.*?)</script>', text, flags=re.DOTALL
    )
    assert len(parts) == 35
    assert not [part for part in parts if "<" in part]
    specs = [json.loads(part) for part in parts]
    assert sum("layer" in spec for spec in specs) == 34


def test_names_that_look_like_scripts_are_shown_as_text(hostile: Path, page: Reader) -> None:
    text = (hostile / "report.html").read_text(encoding="utf-8")
    found = Reader(text)
    assert "<script>document" not in text
    assert "<img src=x" not in text
    assert len(found.of("script")) == len(page.of("script"))
    assert not [a for _, a in found.elements if any(name.startswith("on") for name in a)]
    script = "</script><script>document.documentElement.dataset.hacked=1</script>"
    assert sum(f"a{script}" in cell for cell in found.texts["th"]) > 5
    assert script in found.texts["title"][0]


def test_figures_run_no_script_either(hostile: Path) -> None:
    figures = list((hostile / "figures").glob("*.svg"))
    assert len(figures) == 36
    for figure in figures:
        assert "<script" not in figure.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_report_is_a_function_of_its_data(
    plant_report: Callable[[Path], None], report: Path, tmp_path: Path
) -> None:
    plant_report(tmp_path)
    for path in sorted({*tmp_path.rglob("*.*")} - {*tmp_path.rglob("*.pdf")}):
        other = report / path.relative_to(tmp_path)
        assert path.read_bytes() == other.read_bytes(), path.name


def test_a_note_of_several_verdicts_is_said_once_below_them(
    plant: Callable[..., ReportData], text: str
) -> None:
    cards = cards_of(plant().verdicts, ())
    assert [len(card.verdict.notes) for card in cards] == [2, 1, 0, 0]
    assert [len(card.notes) for card in cards] == [1, 0, 0, 0]
    common = "Rival explanation not tested: no model has the role control."
    assert text.count(common) == 1
    assert text.index(common) > text.rindex("</article>")


def test_claims_that_were_not_measured_stand_last(plant: Callable[..., ReportData]) -> None:
    verdicts = plant().verdicts[::-1]
    outcomes = [card.verdict.outcome for card in cards_of(verdicts, ())]
    assert outcomes == ["undecided", "for", "for", "not measured"]
