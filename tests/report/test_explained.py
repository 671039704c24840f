"""What models look at in a person's own images."""

import io

import numpy as np
import pytest
from PIL import Image

from cuelens.errors import ConfigError, DataError, MissingDataError, ModelError
from cuelens.evaluation import Condition, RecordStore, read_strips
from cuelens.networks import Classifier
from cuelens.report import explain_files
from cuelens.sources import ModelCard, build_network, load_model, save_model
from cuelens.transforms import Saturation

CONDITIONS = [
    Condition.clean(),
    Condition(family="saturation", level=8.0, transform=Saturation(level=8)),
]


@pytest.fixture
def models(tiny_run):
    return [tiny_run / "models" / f"{name}.safetensors" for name in ("standard", "adversarial")]


@pytest.fixture
def images(tmp_path):
    """Return two pictures of other sizes than the networks'."""
    found = []
    for place, (name, size) in enumerate((("cat.png", (40, 30)), ("a dog.jpg", (33, 64)))):
        generator = np.random.Generator(np.random.Philox(key=place))
        coarse = generator.integers(0, 256, (4, 5, 3), dtype=np.uint8)
        path = tmp_path / name
        Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC).save(path)
        found.append(path)
    return found


def test_each_image_has_a_strip_for_each_method_as_png_and_svg(models, images, tmp_path):
    out = tmp_path / "strips"
    written = explain_files([*models, *images], CONDITIONS, out=out, samples=2)
    assert [path.name for path in written] == [
        "001-cat-gradient.png",
        "001-cat-smoothgrad.png",
        "002-a dog-gradient.png",
        "002-a dog-smoothgrad.png",
    ]
    for path in written:
        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            assert picture.format == "PNG"
            assert min(picture.size) > 100
        svg = path.with_suffix(".svg").read_text(encoding="utf-8")
        for word in ("standard", "adversarial", "clean", "saturation=8"):
            assert word in svg


def test_the_class_explained_is_the_first_models_answer(models, images, tmp_path):
    explain_files([images[0], *models], CONDITIONS, out=tmp_path / "strips", samples=2)
    store = RecordStore(tmp_path / "strips" / "records")
    strips = read_strips(store.path("strips", store.keys("strips")[0]))
    assert strips.models == ("standard", "adversarial")
    assert strips.images == (str(images[0]),)
    assert strips.rules == ("named by the user",)
    assert strips.labels.tolist() == strips.predictions[0, 0].tolist()


def test_explained_again_nothing_is_computed(models, images, tmp_path, monkeypatch):
    out = tmp_path / "strips"
    settings = {"out": out, "samples": 2, "seed": 3}
    first = explain_files([models[0], images[0]], CONDITIONS, **settings)
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}

    def fail(*_arguments, **_settings):
        raise AssertionError("no map should be computed again")

    monkeypatch.setattr("cuelens.salience.Gradient.__call__", fail)
    assert explain_files([models[0], images[0]], CONDITIONS, **settings) == first
    after = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert after == before


def test_a_model_is_needed(images, tmp_path):
    with pytest.raises(ConfigError) as error:
        explain_files(images, CONDITIONS, out=tmp_path / "strips")
    assert str(error.value) == (
        "Expected at least one model file (ending in .safetensors), got none. "
        "Train one with `cuelens train`."
    )


def test_an_image_is_needed(models, tmp_path):
    with pytest.raises(ConfigError) as error:
        explain_files(models, CONDITIONS, out=tmp_path / "strips")
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
        explain_files([models[0], other, *images], CONDITIONS, out=tmp_path / "strips")
    assert isinstance(classifier, Classifier)
    assert str(error.value) == (
        f"All models must know the same classes, got {', '.join(classifier.class_names)} and, in "
        f"`{other}`, ant, bee. Explain them one by one."
    )


def test_two_models_of_one_name_are_refused(models, images, tmp_path):
    twin = tmp_path / "standard.safetensors"
    twin.write_bytes(models[0].read_bytes())
    with pytest.raises(ConfigError) as error:
        explain_files([models[0], twin, *images], CONDITIONS, out=tmp_path / "strips")
    assert str(error.value) == (
        "Model files must have different names, got 'standard' twice. Rename one of them."
    )


def test_an_image_named_twice_is_refused(models, images, tmp_path):
    with pytest.raises(ConfigError) as error:
        explain_files([models[0], images[0], images[0]], CONDITIONS, out=tmp_path / "strips")
    assert str(error.value) == f"Images must be named once each, got `{images[0]}` twice."


def test_an_image_that_is_not_there_is_missed(models, tmp_path):
    missing = tmp_path / "no.png"
    with pytest.raises(MissingDataError) as error:
        explain_files([models[0], missing], CONDITIONS, out=tmp_path / "strips")
    assert str(error.value) == f"Expected an image at `{missing}`, but no such file exists."


def test_an_image_that_cannot_be_read_is_named(models, images, tmp_path):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    with pytest.raises(DataError) as error:
        explain_files([models[0], images[0], broken], CONDITIONS, out=tmp_path / "strips")
    assert str(error.value) == (
        f"`{broken}` must be an image that can be read, but it is no image of a known format. "
        "Give another file."
    )
    assert not (tmp_path / "strips").exists()


def test_a_model_that_cannot_be_read_is_named(images, tmp_path):
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no model")
    with pytest.raises(ModelError) as error:
        explain_files([broken, *images], CONDITIONS, out=tmp_path / "strips")
    message = str(error.value)
    assert message.startswith(
        f"Expected a whole safetensors file at {broken}, got one that cannot be read ("
    )
    assert message.endswith("). Copy it again, or train it again.")
