"""Commands take the address of a model wherever they take a model file."""

import torch
import yaml

from cuelens.sources import load_model


def written(model, folder):
    """Write a model file's weights alone, and what they do not say."""
    classifier, _ = load_model(model)
    torch.save(classifier.network.state_dict(), folder / "weights.pth")
    (folder / "names.txt").write_text("\n".join(classifier.class_names), encoding="utf-8")
    specification = classifier.specification
    stated = {"mean": list(specification.mean), "deviation": list(specification.deviation)}
    if specification.height is not None:
        stated["size"] = [specification.height, specification.width]
    (folder / "how.yaml").write_text(yaml.safe_dump(stated), encoding="utf-8")
    described = {
        "model": "weights.pth", "arch": "small-resnet", "classes": "names.txt",
        "preprocessing": "how.yaml",
    }  # fmt: skip
    (folder / "described.yaml").write_text(yaml.safe_dump(described), encoding="utf-8")


def rows(text: str, name: str) -> list[list[str]]:
    """Return the cells behind a model's name in the tables that were printed."""
    lines = [line for line in text.splitlines() if f" {name} " in line]
    return [line.split(f" {name} ", 1)[1].replace("│", " ").split() for line in lines]


def test_weights_with_options_and_a_description_are_evaluated_as_the_model_file_is(
    cuelens, model, pictures, tmp_path
):
    written(model, tmp_path)
    common = ("--data", pictures, "--conditions", "greyscale", "--out", tmp_path / "out")
    whole = cuelens("evaluate", model, tmp_path / "described.yaml", *common)
    alone = cuelens(
        "evaluate", tmp_path / "weights.pth", "--arch", "small-resnet",
        "--classes", tmp_path / "names.txt", "--preprocessing", tmp_path / "how.yaml", *common,
    )  # fmt: skip
    assert (whole.code, alone.code) == (0, 0), whole.err + alone.err
    expected = rows(whole.out, "mine")
    assert len(expected) >= 2
    assert rows(whole.out, "described") == expected
    assert rows(alone.out, "weights") == expected


def test_weights_alone_are_refused_with_the_option_that_is_missing(
    cuelens, model, pictures, tmp_path
):
    written(model, tmp_path)
    done = cuelens("evaluate", tmp_path / "weights.pth", "--data", pictures)
    assert done.code == 2
    assert "They are those of a small-resnet: give `--arch small-resnet`." in done.err


def test_a_description_is_told_from_images_when_it_is_explained(cuelens, model, pictures, tmp_path):
    written(model, tmp_path)
    image = pictures / "test" / "down" / "00.png"
    done = cuelens(
        "explain", tmp_path / "described.yaml", image, "--methods", "gradient",
        "--conditions", "greyscale", "--out", tmp_path / "out",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "described" in done.out
