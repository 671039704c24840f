"""Models of transformers give its own logits, prepared as its own processors prepare images."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from cuelens.errors import ModelError
from cuelens.randomness import Chance
from cuelens.sources import Stated, open_model

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("torchvision_operators", "offline")]

IMAGES = Chance(0, tuple("ab")).uniform((3, 32, 32), method="test")
NAMES = {0: "ape", 1: "bee", 2: "crane", 3: "crane"}


@pytest.fixture(scope="module")
def transformers(torchvision_operators):
    return pytest.importorskip("transformers")


def small(transformers, kind: str) -> torch.nn.Module:
    torch.manual_seed(0)
    labels = {"id2label": NAMES, "label2id": {"ape": 0, "bee": 1, "crane": 3}}
    if kind == "vit":
        config = transformers.ViTConfig(
            hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
            image_size=32, patch_size=8, **labels,
        )  # fmt: skip
        return transformers.ViTForImageClassification(config).eval()
    config = transformers.ConvNextConfig(
        hidden_sizes=[8, 16], depths=[1, 1], num_stages=2, image_size=32, **labels
    )
    return transformers.ConvNextForImageClassification(config).eval()


def folder_of(place: Path, model: torch.nn.Module, processor: dict | None = None) -> Path:
    model.save_pretrained(place)
    if processor is not None:
        (place / "preprocessor_config.json").write_text(json.dumps(processor), encoding="utf-8")
    return place


PROCESSORS = {
    "vit": (
        {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}},
        (32, 1.0, "stretch", "bilinear", (0.5, 0.5, 0.5)),
    ),
    "convnext": (
        {
            "image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 32},
            "crop_pct": 0.875, "image_mean": [0.4, 0.5, 0.6], "resample": 3,
        },
        (32, 32 / 36, "square", "bicubic", (0.4, 0.5, 0.6)),
    ),
    "clip": (
        {
            "image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 40},
            "crop_size": {"height": 32, "width": 32}, "resample": 3,
            "image_mean": [0.4, 0.5, 0.6], "image_std": [0.2, 0.3, 0.25],
        },
        (32, 0.8, "square", "bicubic", (0.4, 0.5, 0.6)),
    ),
    "bit": (
        {
            "image_processor_type": "BitImageProcessor", "size": {"height": 40, "width": 40},
            "crop_size": {"height": 32, "width": 32}, "resample": 2, "do_rescale": False,
            "image_mean": [100, 120, 130], "image_std": [50, 60, 70],
        },
        (32, 0.8, "stretch", "bilinear", (100 / 255, 120 / 255, 130 / 255)),
    ),
    "efficientnet": (
        {
            "image_processor_type": "EfficientNetImageProcessor", "rescale_offset": True,
            "size": {"height": 32, "width": 32}, "resample": 2, "include_top": True,
            "rescale_factor": 1 / 127.5, "image_mean": [0, 0, 0], "image_std": [0.5, 0.6, 0.7],
        },
        (32, 1.0, "stretch", "bilinear", (0.5, 0.5, 0.5)),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PROCESSORS)
def test_images_are_prepared_as_the_repositorys_processor_prepares_them(
    transformers, tmp_path, kind
):
    written, expected = PROCESSORS[kind]
    place = folder_of(tmp_path / "a model", small(transformers, "convnext"), written)
    found = open_model(place)
    specification = found.classifier.specification
    assert (
        specification.height, specification.crop, specification.fit, specification.interpolation,
    ) == expected[:4]  # fmt: skip
    assert specification.mean == pytest.approx(expected[4])
    photo = Image.fromarray(
        np.random.Generator(np.random.Philox(key=2)).integers(0, 256, (6, 9, 3), np.uint8)
    ).resize((75, 50), Image.Resampling.BICUBIC)
    processor = transformers.AutoImageProcessor.from_pretrained(place, backend="pil")
    theirs = processor(photo, return_tensors="pt")["pixel_values"]
    pixels = torch.from_numpy(np.asarray(photo).transpose(2, 0, 1).copy())[None].float() / 255
    ours = specification.prepare(pixels)
    assert ours.shape == theirs.shape
    # To what is lost when Pillow rounds pixels to whole numbers.
    deviation = torch.tensor(specification.deviation)[None, :, None, None]
    assert float(((ours - theirs) * deviation).abs().max()) < 2.5 / 255
    assert found.provenance.preprocessing == (f"the repository's {written['image_processor_type']}")


@pytest.mark.parametrize("kind", ["vit", "convnext"])
def test_logits_and_class_names_are_the_models(transformers, tmp_path, kind):
    model = small(transformers, kind)
    place = folder_of(tmp_path / "org" / "small-v1.5", model, PROCESSORS[kind][0])
    found = open_model(f"hf:{place}")
    with torch.no_grad():
        expected = model(pixel_values=found.classifier.specification.prepare(IMAGES)).logits
        torch.testing.assert_close(found.classifier(IMAGES), expected, rtol=0, atol=1e-5)
    assert found.classifier.class_names == ("ape", "bee", "crane (2)", "crane (3)")
    assert found.classifier.name == "small-v1.5"
    assert found.provenance.architecture == type(model).__name__
    assert found.provenance.classes == "the repository's configuration"
    gradient = torch.autograd.grad(found.classifier(IMAGES.requires_grad_()).sum(), IMAGES)[0]
    IMAGES.requires_grad_(requires_grad=False)
    assert gradient.abs().sum() > 0


def test_without_a_processor_only_the_size_is_known(transformers, tmp_path):
    found = open_model(folder_of(tmp_path / "plain", small(transformers, "vit")))
    assert found.classifier.specification.is_plain
    assert found.classifier.specification.height == 32
    assert found.provenance.preprocessing == (
        "not known, there is no preprocessor_config.json: pixels in [0, 1] as they are"
    )


def test_a_model_that_was_not_trained_to_classify_is_refused(transformers, tmp_path):
    base = small(transformers, "vit").vit
    place = folder_of(tmp_path / "base", base)
    with pytest.raises(ModelError) as caught:
        open_model(place)
    assert str(caught.value) == (
        f"Expected the weights of an image classifier in {place}, got none for classifier.bias, "
        "classifier.weight: its last layer would be random. Give a repository that was trained to "
        "classify."
    )


def test_what_is_not_there_and_code_of_a_repository_are_refused(
    transformers, tmp_path, monkeypatch
):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # it would try for long
    with pytest.raises(ModelError) as caught:
        open_model("hf:nobody/nothing-at-all")
    assert str(caught.value).startswith(
        "Expected a configuration of transformers at nobody/nothing-at-all, got an error: "
    )
    place = tmp_path / "own code"
    place.mkdir()
    (place / "config.json").write_text(
        json.dumps({"model_type": "mine", "auto_map": {"AutoConfig": "mine.Config"}})
    )
    (place / "mine.py").write_text(f"open({str(tmp_path / 'it ran')!r}, 'w')\n")
    with pytest.raises(ModelError, match="Expected a configuration of transformers"):
        open_model(place)
    assert not (tmp_path / "it ran").exists()


def write_tokenizer(place: Path) -> None:
    """Write a tokenizer that knows letters alone."""
    letters = [chr(one) for one in range(33, 127)]
    words = [*letters, *(f"{one}</w>" for one in letters), "<|startoftext|>", "<|endoftext|>"]
    (place / "vocab.json").write_text(json.dumps({word: row for row, word in enumerate(words)}))
    (place / "merges.txt").write_text("#version: 0.2\n")
    (place / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 32})
    )


@pytest.fixture(scope="module")
def clip(transformers, tmp_path_factory) -> Path:
    place = tmp_path_factory.mktemp("clip") / "small-clip"
    torch.manual_seed(0)
    text = {
        "vocab_size": 190, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 32, "max_position_embeddings": 32, "eos_token_id": 189,
        "bos_token_id": 188, "pad_token_id": 189,
    }  # fmt: skip
    vision = {
        "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 32, "image_size": 32, "patch_size": 8,
    }  # fmt: skip
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=12)
    folder_of(place, transformers.CLIPModel(config).eval(), PROCESSORS["clip"][0])
    write_tokenizer(place)
    return place


def test_a_vision_language_model_answers_in_the_stated_classes(transformers, clip):
    names = ("ape", "a very small bee", "cow")
    found = open_model(clip, stated=Stated(class_names=names))
    model = transformers.CLIPModel.from_pretrained(clip).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(clip)
    texts = tokenizer(
        [f"a photo of a {name}." for name in names], padding=True, return_tensors="pt"
    )
    with torch.no_grad():
        pixels = found.classifier.specification.prepare(IMAGES)
        expected = model(**texts, pixel_values=pixels).logits_per_image
        torch.testing.assert_close(found.classifier(IMAGES), expected, rtol=0, atol=1e-5)
    assert len(expected.unique()) == 6  # texts are told from each other
    assert found.classifier.class_names == names
    assert found.provenance.notes == (
        "Images are compared with the text of each class: a photo of a {}.",
    )


def test_the_vectors_of_several_prompts_are_averaged(transformers, clip):
    names = ("ape", "bee")
    prompts = ("{}", "no {} at all")
    one, two = (
        open_model(clip, stated=Stated(class_names=names, prompts=(prompt,))).classifier.network
        for prompt in prompts
    )
    both = open_model(clip, stated=Stated(class_names=names, prompts=prompts)).classifier.network
    expected = torch.nn.functional.normalize(one.texts + two.texts, dim=-1)
    torch.testing.assert_close(both.texts, expected, rtol=0, atol=1e-6)
    assert float((one.texts - two.texts).abs().max()) > 1e-3


def test_a_vision_language_model_without_class_names_is_refused(clip):
    with pytest.raises(ModelError) as caught:
        open_model(clip)
    assert str(caught.value) == (
        f"A vision-language model has no classes of its own, and none are stated for {clip}. Give "
        "their names, one a line, with `--classes FILE`."
    )
