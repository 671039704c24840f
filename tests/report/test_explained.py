"""What models look at in a person's own images."""

import html
import io
import re
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from PIL import Image

from cuelens.attacks import PGD
from cuelens.balls import Linf
from cuelens.datasets.decoding import read_image
from cuelens.datasets.framing import Framing
from cuelens.errors import ConfigError, DataError, MissingDataError, ModelError
from cuelens.evaluation import Condition, RecordStore, Target, read_strips
from cuelens.metrics import rank_correlation, sparsity
from cuelens.networks import Classifier, InputSpecification
from cuelens.randomness import Chance
from cuelens.report import agreement_rows, explain_files, measure_rows, view_of, wording
from cuelens.report import explained as explained_module
from cuelens.report.explained_tables import summary_of
from cuelens.salience import Gradient, SmoothGrad
from cuelens.sources import ModelCard, build_network, load_model, save_model
from cuelens.study.checks.checks import Check
from cuelens.transforms import Saturation

pytestmark = pytest.mark.no_cover  # whole commands and pages, whose parts have tests of their own

CONDITIONS = [
    Condition.clean(),
    Condition(family="saturation", level=8.0, transform=Saturation(level=8)),
]

METHODS = {"gradient": Gradient(), "smoothgrad": SmoothGrad(samples=2, noise=0.1)}


def kept(out):
    """Return the strips of a folder, by image."""
    store = RecordStore(out / "records")
    found = [read_strips(store.path("strips", key)) for key in store.keys("strips")]
    return {strips.images[0]: strips for strips in found}


def contents(out):
    return {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}


def pictures(folder):
    """Write two pictures of other sizes than the networks'."""
    found = []
    for place, (name, size) in enumerate((("cat.png", (40, 30)), ("a dog.jpg", (33, 64)))):
        generator = np.random.Generator(np.random.Philox(key=place))
        coarse = generator.integers(0, 256, (4, 5, 3), dtype=np.uint8)
        path = folder / name
        Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
        found.append(path)
    return found


def untrained(like, path, **specification):
    """Write an untrained model of another input specification, and return its file."""
    _, card = load_model(like)
    network = build_network(card.architecture, classes=len(card.class_names), seed=0)
    own = InputSpecification(**specification)
    save_model(path, network, replace(card, name=path.stem, specification=own))
    return path


@pytest.fixture(scope="module")
def models(tiny_run):
    return [tiny_run / "models" / f"{name}.safetensors" for name in ("standard", "adversarial")]


@pytest.fixture
def images(tmp_path):
    return pictures(tmp_path)


@pytest.fixture(scope="module")
def explained(models, tmp_path_factory):
    """Return what two models look at in both pictures; for reading alone."""
    folder = tmp_path_factory.mktemp("explained")
    images = pictures(folder)
    return explain_files([*models, *images], CONDITIONS, METHODS, out=folder / "out")


def test_a_model_of_no_numbers_has_a_page_that_says_that_there_is_nothing_to_measure(
    models, images, tmp_path
):
    classifier, card = load_model(models[0])
    with torch.no_grad():
        classifier.network.classify.bias.fill_(torch.nan)
    broken = tmp_path / "broken.safetensors"
    save_model(broken, classifier.network, card)
    found = explain_files([broken, images[0]], CONDITIONS, METHODS, out=tmp_path / "out")
    page = " ".join(found.page.read_text(encoding="utf-8").split())
    assert "None: no map holds numbers that can be measured." in page
    assert len(found.figures) == 1
    assert found.problems == tuple(
        f"broken under {condition}: expected logits that are numbers, got NaN or infinity for 1 of "
        f"1 images, the first of them {images[0]}. Their maps show nothing; look at the network's "
        "weights and its input specification."
        for condition in ("clean", "saturation=8")
    )
    assert html.unescape(page).count("expected logits that are numbers, got NaN") == 2


def test_maps_without_a_shape_are_told_of(models, images, tmp_path):
    classifier, card = load_model(models[0])
    with torch.no_grad():
        classifier.network.classify.weight.zero_()
        classifier.network.classify.bias.copy_(torch.arange(len(card.class_names)))
    even = tmp_path / "even.safetensors"
    save_model(even, classifier.network, card)
    found = explain_files(
        [even, *images], CONDITIONS[:1], {"gradient": Gradient()}, out=tmp_path / "out"
    )
    (problem,) = found.problems
    assert problem == (
        "even under clean: expected gradient maps of some shape, got zero everywhere for 2 of 2 "
        f"images, the first of them {images[0]}. They are not measured; of a network that is sure, "
        "explain the logit."
    )


def test_a_file_that_cannot_be_read_is_told_and_the_others_are_explained(models, images, tmp_path):
    bad, missing = tmp_path / "bad.png", tmp_path / "no.png"
    bad.write_bytes(b"no image")
    found = explain_files(
        [models[0], bad, images[1], missing], CONDITIONS[:1], {"gradient": Gradient()},
        out=tmp_path / "out",
    )  # fmt: skip
    assert [path.name for path in found.figures] == ["strip-1-a-dog.png"]
    assert found.refused == (str(bad), str(missing))
    assert found.problems == (
        f"`{bad}` was left out: it is no image of a known format.",
        f"`{missing}` was left out: no such file exists.",
    )
    assert "bad.png" in found.page.read_text(encoding="utf-8")


def test_each_image_has_a_strip_as_png_and_svg_and_on_the_page(explained):
    found, out = explained, explained.page.parent
    assert [path.name for path in found.figures] == ["strip-1-cat.png", "strip-2-a-dog.png"]
    for path in found.figures:
        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 300
        svg = path.with_suffix(".svg").read_text(encoding="utf-8")
        words = ("standard", "adversarial", "clean", "saturation=8", "gradient", "smoothgrad")
        assert all(word in svg for word in words)
        assert svg.count("<image ") == 2 + 2 * 2 * 2
    page = found.page.read_text(encoding="utf-8")
    assert found.page == out / "explain.html"
    assert page.count('<div class="strip"') == 2
    assert "What standard and adversarial look at in 2 images" in page
    assert "2 images, 2 conditions, 2 salience methods." in page
    assert found.problems == ()


def test_the_page_asks_the_network_for_nothing_and_runs_its_own_scripts_alone(explained):
    page = explained.page
    text = page.read_text(encoding="utf-8")
    assert "default-src 'none'; img-src data:" in html.unescape(text)
    sources = re.findall(r"""(?:src|href)=["']([^"']+)""", text)
    assert sources
    for source in sources:
        assert source.startswith(("data:", "#", "figures/", "tables/"))
    assert not re.search(r"https?://(?!www\.w3\.org/)", text)
    for source in sources:
        if source.startswith(("figures/", "tables/")):
            assert (page.parent / source).is_file()
    assert len(text) < 1_000_000  # no chart, so no library of charts


def test_maps_explain_what_each_model_predicts_unless_told_otherwise(models, images, tmp_path):
    out = tmp_path / "out"
    found = explain_files([*models, images[0]], CONDITIONS, METHODS, out=out)
    (strips,) = kept(out).values()
    assert strips.models == ("standard", "adversarial")
    assert strips.labels.tolist() == [-1]
    assert strips.scores == ("cross-entropy", "cross-entropy")
    assert torch.equal(strips.explained, strips.predictions[:, 0])
    page = found.page.read_text(encoding="utf-8")
    assert "The maps explain the class that each model predicts on the unchanged image." in page
    for name in strips.explained[:, 0].tolist():
        assert f"map of {strips.class_names[name]}" in page
    assert 'aria-label="right"' not in page  # nobody knows the true class
    assert 'aria-label="wrong"' not in page


def test_the_maps_kept_are_those_of_the_methods(models, images, tmp_path):
    out = tmp_path / "out"
    explain_files([models[0], images[0]], CONDITIONS, METHODS, out=out, seed=5)
    (strips,) = kept(out).values()
    classifier, _ = load_model(models[0])
    classifier.network.eval()
    for place, method in enumerate(METHODS.values()):
        for column in range(2):
            seen, chance = strips.pictures[0, column], Chance(5, strips.images)
            raw = method(classifier, seen, strips.explained[0], chance=chance)
            # The fast form rounds otherwise, and what a ReLU lets through may hang on that.
            assert (strips.maps[place, 0, column] - raw).norm() < 0.05 * raw.norm()


def test_the_true_class_is_the_name_of_the_folder(models, images, tmp_path):
    classifier, _ = load_model(models[0])
    folder = tmp_path / classifier.class_names[1]
    folder.mkdir()
    image = folder / "one.png"
    image.write_bytes(images[0].read_bytes())
    out = tmp_path / "out"
    found = explain_files([models[0], image], CONDITIONS, METHODS, out=out, target=Target.TRUE)
    (strips,) = kept(out).values()
    assert strips.labels.tolist() == [1]
    assert strips.explained.tolist() == [[1]]
    page = found.page.read_text(encoding="utf-8")
    right = int((strips.predictions == 1).sum())
    assert page.count('<svg class="icon" role="img" aria-label="right"') == right
    assert page.count('<svg class="icon" role="img" aria-label="wrong"') == 2 - right
    with pytest.raises(DataError) as error:
        explain_files(
            [models[0], image, images[0]], CONDITIONS, METHODS, out=tmp_path / "no",
            target=Target.TRUE,
        )  # fmt: skip
    assert str(error.value) == (
        f"The true class of every image must be known, got none for `{images[0]}`. Put it into a "
        "folder named after its class, or explain what is predicted."
    )
    assert not (tmp_path / "no").exists()


def test_a_class_that_no_model_knows_is_refused(models, images, tmp_path):
    classifier, _ = load_model(models[0])
    names = classifier.class_names
    with pytest.raises(ConfigError) as error:
        explain_files(
            [models[0], images[0]], CONDITIONS, METHODS, out=tmp_path / "out",
            target=Target.given("zebra"),
        )  # fmt: skip
    assert str(error.value) == (
        f"The class explained must be one of {', '.join(names)}, got 'zebra'. "
        "Name a class that the models know."
    )


def test_attacked_images_are_a_column_of_each_models_own(models, images, tmp_path):
    attack = PGD(ball=Linf(radius=0.1), step=0.05, steps=3)
    out = tmp_path / "out"
    found = explain_files(
        [*models, images[0]], CONDITIONS, METHODS, out=out, attacks={"pgd-linf-0.1": attack}
    )
    (strips,) = kept(out).values()
    assert strips.conditions == ("clean", "saturation=8", "pgd-linf-0.1")
    moved = (strips.pictures[:, 2] - strips.pictures[:, 0]).abs().amax((1, 2, 3, 4))
    assert ((moved > 0.05) & (moved <= 0.1 + 1e-6)).all()
    page = found.page.read_text(encoding="utf-8")
    assert "each model\N{RIGHT SINGLE QUOTATION MARK}s own, below" in page
    assert "every step taken" in page


def test_the_view_that_is_asked_for_is_drawn_and_comes_first(models, images, tmp_path):
    view = view_of(shared=True, signed=True)
    found = explain_files(
        [models[0], images[0]], CONDITIONS, METHODS, out=tmp_path / "out", view=view
    )
    svg = found.figures[0].with_suffix(".svg").read_text(encoding="utf-8")
    assert "the sign is turned" in " ".join(svg.split())
    page = found.page.read_text(encoding="utf-8")
    assert re.findall(r'id="show-([a-z-]+)"( checked)?', page) == [
        ("signed-shared", " checked"), ("own", ""), ("shared", ""), ("signed-own", ""),
    ]  # fmt: skip


def test_what_is_measured_is_what_the_maps_give(explained):
    found, out = explained, explained.page.parent
    strips = kept(out)
    for row in found.measures.filter(measure="sparsity").iter_rows(named=True):
        values = [
            float(
                sparsity(
                    one.maps[
                        one.methods.index(row["method"]), one.models.index(row["model"]),
                        one.conditions.index(row["condition"]),
                    ]
                )
            )
            for one in strips.values()
        ]  # fmt: skip
        assert row["n"] == 2
        assert row["value"] == pytest.approx(sum(values) / 2, rel=1e-4)
        assert row["low"] < row["value"] < row["high"]
    measures = set(found.measures["measure"])
    assert {"deletion", "insertion", "alignment", "condition_rank_correlation"} <= measures
    likeness = found.measures.filter(measure="condition_rank_correlation")
    assert set(likeness["condition"]) == {"saturation=8"}
    written = pl.read_csv(out / "tables" / "measures.csv")
    assert written.columns == found.measures.columns
    assert written["value"].to_list() == pytest.approx(found.measures["value"].to_list())


def test_the_maps_of_two_models_are_compared(models, images, tmp_path):
    out = tmp_path / "out"
    found = explain_files([*models, images[0]], CONDITIONS, METHODS, out=out)
    (strips,) = kept(out).values()
    columns, rows = agreement_rows(found.agreement)
    assert columns == ("models", "method", "condition", "n", "rank correlation")
    alike = rank_correlation(strips.maps[0, 1, 0], strips.maps[0, 0, 0])
    assert rows[0] == (
        "standard and adversarial", "gradient", "clean", "1", wording.amount(float(alike)),
    )  # fmt: skip
    assert len(rows) == 2 * 2
    alone = explain_files([models[0], images[0]], CONDITIONS, METHODS, out=tmp_path / "alone")
    assert alone.agreement.is_empty()
    assert "agreement" not in alone.page.read_text(encoding="utf-8")


def test_a_table_of_measures_has_means_with_intervals_within_their_range_and_single_values():
    place = {"dataset": "d", "model": "m", "method": "grad", "condition": "clean"}
    values = (("sparsity", 0.2), ("sparsity", 0.4), ("total_variation", 3.0))
    rows = [
        {**place, "image": str(row), "measure": name, "value": value}
        for row, (name, value) in enumerate(values)
    ]
    rows.append({**place, "image": "x", "measure": "deletion", "value": float("nan")})
    rows.append({**place, "image": "x", "measure": "gradient_l1", "value": 1.0})
    summary = summary_of(pl.DataFrame(rows))
    assert summary["measure"].to_list() == ["sparsity", "total_variation", "gradient_l1"]
    columns, table = measure_rows(summary)
    assert columns == (
        "model", "method", "condition", "n", "sparsity", "total variation",
    )  # fmt: skip
    # Student's t with one degree of freedom reaches 12.706 times 0.1 to either side.
    assert table == [("m", "grad", "clean", "2", "0.300\n[0, 1]", "3")]


def test_explained_again_nothing_is_computed(models, images, tmp_path, monkeypatch):
    out = tmp_path / "out"
    first = explain_files([models[0], images[0]], CONDITIONS, METHODS, out=out, seed=3)
    before = contents(out)

    def fail(*_arguments, **_settings):
        raise AssertionError("no map should be computed again")

    monkeypatch.setattr("cuelens.salience.Gradient.__call__", fail)
    monkeypatch.setattr("cuelens.evaluation.strip_measures._measured", fail)
    again = explain_files([models[0], images[0]], CONDITIONS, METHODS, out=out, seed=3)
    assert again.figures == first.figures
    assert contents(out) == before


def test_the_same_command_elsewhere_writes_the_same_page_figures_and_tables(
    models, images, tmp_path
):
    settings = {"attacks": {"pgd": PGD(ball=Linf(radius=0.1), step=0.05, steps=2)}, "seed": 1}
    shown, records = [], []
    for name in ("one", "other"):
        out = tmp_path / name
        explain_files([*models, images[0]], CONDITIONS, METHODS, out=out, **settings)
        found = {path.relative_to(out): content for path, content in contents(out).items()}
        shown.append({path: text for path, text in found.items() if path.parts[0] != "records"})
        records.append(found.keys() - shown[-1].keys())
    assert shown[0] == shown[1]
    assert {path.suffix for path in shown[0]} == {
        ".html", ".png", ".svg", ".csv", ".tex", ".md", ".json",
    }  # fmt: skip
    assert records[0] == records[1]  # safetensors orders what it says of a file by chance
    first, other = (kept(tmp_path / name)[str(images[0])] for name in ("one", "other"))
    assert torch.equal(first.maps, other.maps)


def test_another_image_changes_nothing_of_the_first(models, images, tmp_path):
    alone, both = tmp_path / "alone", tmp_path / "both"
    explain_files([models[0], images[0]], CONDITIONS, METHODS, out=alone)
    explain_files([models[0], *images], CONDITIONS, METHODS, out=both)
    name = str(images[0])
    assert torch.equal(kept(alone)[name].maps, kept(both)[name].maps)
    strip = "figures/strip-1-cat.png"
    assert (alone / strip).read_bytes() == (both / strip).read_bytes()


def test_models_of_other_sizes_see_the_same_images(models, images, tmp_path):
    large = untrained(models[0], tmp_path / "large.safetensors", height=48, width=48)
    out = tmp_path / "out"
    explain_files([models[0], large, images[0]], CONDITIONS, METHODS, out=out)
    (strips,) = kept(out).values()
    assert strips.maps.shape[-2:] == (48, 48)
    assert torch.equal(strips.pictures[0], strips.pictures[1])
    smaller = tmp_path / "smaller"
    explain_files([models[0], large, images[0]], CONDITIONS, METHODS, out=smaller, size=20)
    (strips,) = kept(smaller).values()
    assert strips.maps.shape[-2:] == (20, 20)


def test_a_model_that_crops_pictures_has_maps_of_what_it_sees_alone(models, images, tmp_path):
    cropping = untrained(
        models[0], tmp_path / "cropping.safetensors", height=32, width=32, crop=0.75
    )
    out = tmp_path / "out"
    found = explain_files([cropping, images[1]], CONDITIONS, METHODS, out=out)
    (strips,) = kept(out).values()
    assert strips.maps.shape[-2:] == (32, 32)
    moved = (strips.maps != 0).flatten(0, -3).any(0)
    assert all(border.any() for border in (moved[0], moved[-1], moved[:, 0], moved[:, -1]))
    seen = read_image(images[1], size=Framing(size=32, crop=0.75))
    assert torch.allclose(strips.pictures[0, 0, 0], seen / 255)
    page = found.page.read_text(encoding="utf-8")
    assert "central squares of 0.75 of the shorter side, 32 x 32 pixels" in page


def test_files_of_a_folder_that_cannot_be_read_are_told_and_the_rest_is_drawn(
    models, images, tmp_path
):
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "good.jpg").write_bytes(images[1].read_bytes())
    (folder / "bad.png").write_bytes(b"no image")
    found = explain_files([models[0], folder], CONDITIONS, METHODS, out=tmp_path / "out")
    assert [path.name for path in found.figures] == ["strip-1-good.png"]
    assert found.problems == (
        f"`{folder / 'bad.png'}` was left out: it is no image of a known format.",
    )


def test_a_model_is_needed(images, tmp_path):
    with pytest.raises(ConfigError) as error:
        explain_files(images, CONDITIONS, METHODS, out=tmp_path / "strips")
    assert str(error.value) == (
        "Expected at least one model file, or another address of a model, got none. "
        "Train one with `cuelens train`."
    )


def test_an_image_is_needed(models, tmp_path):
    with pytest.raises(ConfigError) as error:
        explain_files(models, CONDITIONS, METHODS, out=tmp_path / "strips")
    assert str(error.value) == (
        "Expected at least one image besides the models, got none. Name a file."
    )


def test_models_of_other_classes_are_not_explained_together(models, images, tmp_path):
    classifier, card = load_model(models[0])
    other = tmp_path / "other.safetensors"
    names = ("ant", "bee")
    save_model(
        other,
        build_network(card.architecture, classes=2, seed=0),
        ModelCard(
            name="other",
            architecture=card.architecture,
            class_names=names,
            specification=card.specification,
        ),
    )
    with pytest.raises(ConfigError) as error:
        explain_files([models[0], other, *images], CONDITIONS, METHODS, out=tmp_path / "strips")
    assert isinstance(classifier, Classifier)
    assert str(error.value) == (
        f"All models must know the same classes, got {', '.join(classifier.class_names)} and, in "
        f"`{other}`, ant, bee. Explain them one by one, or name the classes of one that has "
        "numbers with `--classes FILE`."
    )


def test_two_models_of_one_name_are_refused(models, images, tmp_path):
    twin = tmp_path / "standard.safetensors"
    twin.write_bytes(models[0].read_bytes())
    with pytest.raises(ConfigError) as error:
        explain_files([models[0], twin, *images], CONDITIONS, METHODS, out=tmp_path / "strips")
    assert str(error.value) == (
        "Model files must have different names, got 'standard' twice. Rename one of them."
    )


def test_an_image_named_twice_is_refused(models, images, tmp_path):
    with pytest.raises(ConfigError) as error:
        explain_files(
            [models[0], images[0], images[0]], CONDITIONS, METHODS, out=tmp_path / "strips"
        )
    assert str(error.value) == f"Images must be named once each, got `{images[0]}` twice."


def test_an_image_that_is_not_there_is_missed(models, tmp_path):
    missing = tmp_path / "no.png"
    with pytest.raises(MissingDataError) as error:
        explain_files([models[0], missing], CONDITIONS, METHODS, out=tmp_path / "strips")
    assert str(error.value) == f"Expected an image at `{missing}`, but no such file exists."


def test_an_only_image_that_cannot_be_read_is_named(models, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    with pytest.raises(DataError) as error:
        explain_files([models[0], broken], CONDITIONS, METHODS, out=tmp_path / "strips")
    assert str(error.value) == (
        f"`{broken}` must be an image that can be read, but it is no image of a known format. "
        "Give another file."
    )
    assert not (tmp_path / "strips").exists()


def test_a_model_that_cannot_be_read_is_named(images, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no model")
    with pytest.raises(ModelError) as error:
        explain_files([broken, *images], CONDITIONS, METHODS, out=tmp_path / "strips")
    message = str(error.value)
    assert message.startswith(
        f"Expected a whole safetensors file at {broken}, got one that cannot be read ("
    )
    assert message.endswith("). Copy it again, or train it again.")


def test_a_reading_of_the_pixels_that_does_not_fit_is_told(models, images, tmp_path, monkeypatch):
    doubt = Check(name="input-range", raised=True, sentence="standard: no.", about=("standard",))
    monkeypatch.setattr(explained_module, "check_input_range", lambda *_, **__: (doubt,))
    found = explain_files(
        [models[0], images[0]], CONDITIONS[:1], {"gradient": Gradient()}, out=tmp_path / "out"
    )
    assert found.problems == ("input-range: standard: no.",)
    page = found.page.read_text(encoding="utf-8")
    assert "input-range: standard: no." in page
    assert "input-range of standard" in page
