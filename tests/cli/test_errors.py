"""Bad input ends in one clear message on standard error and exit code 2, never in a traceback."""

import shutil
import subprocess
from pathlib import Path

import pytest

from cuelens.cli import app
from cuelens.errors import StorageError
from cuelens.evaluation import FAMILIES
from cuelens.files import write_atomically


@pytest.fixture
def fails(cuelens):
    """Return what runs a command that must fail, and returns its message."""

    def run(*words: object) -> str:
        done = cuelens(*words)
        assert done.code == 2, (done.out, done.err)
        assert "Traceback" not in done.err
        assert not done.out
        before, _, message = done.err.partition("Error: ")
        assert not before or before.endswith("\n")
        return message.removesuffix("\n")

    return run


NO_FOLDER = (
    "Expected a data folder at {place!r}, got nothing there. Give a folder that holds CIFAR-10, "
    "Tiny ImageNet or "
    "train/CLASS/, validation/CLASS/ and test/CLASS/ with images, or the word `rendered`."
)
NO_DATA = (
    "Expected images in {place!r}: CIFAR-10 (data_batch_1 in it or in cifar-10-batches-py), "
    "Tiny ImageNet (wnids.txt in it or in tiny-imagenet-200), or "
    "your own in train/CLASS/, validation/CLASS/ and test/CLASS/; got none of these. For CIFAR-10 "
    "unpack cifar-10-python.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html there, or "
    "give another `--data`."
)


@pytest.mark.parametrize("verb", ["train", "evaluate", "attack"])
def test_a_missing_data_folder_is_named_with_where_to_get_it(verb, model, tmp_path, fails):
    place = str(tmp_path / "no data")
    words = [] if verb == "train" else [model]
    out = tmp_path / "out.safetensors"
    assert fails(verb, *words, "--data", place, "--out", out) == NO_FOLDER.format(place=place)
    assert not out.exists()


def test_a_folder_of_other_things_is_no_data(tmp_path, fails):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "notes.txt").touch()
    place = str(tmp_path / "data")
    message = fails("train", "--data", place, "--out", tmp_path / "m.safetensors")
    assert message == NO_DATA.format(place=place)


def test_a_study_without_its_data_says_what_was_looked_for(tiny_content, tmp_path, fails):
    study = Path(__file__).parents[2] / "studies" / "cifar10-quick.yaml"
    out = tmp_path / "run"
    assert fails("study", "run", study, "--out", out) == (
        "Expected a data folder with CIFAR-10's publisher's files, got none. "
        "Give it with `--data FOLDER`."
    )
    message = fails("study", "run", study, "--out", out, "--data", tmp_path)
    assert message.startswith("`folder` must hold CIFAR-10's files data_batch_1, data_batch_2, ")
    assert f"looked in `{tmp_path}` and in `{tmp_path / 'cifar-10-batches-py'}`" in message
    assert "https://www.cs.toronto.edu/~kriz/cifar.html" in message
    assert not out.exists()


def test_images_without_a_validation_folder_are_named(own_pictures, tmp_path, fails):
    shutil.rmtree(own_pictures / "validation")
    message = fails("train", "--data", own_pictures, "--out", tmp_path / "m.safetensors")
    assert message == (
        f"Expected a folder of images at `{own_pictures / 'validation'}`, but there is none. Put "
        "the images of each class into a folder of their own: FOLDER/CLASS/IMAGE.png."
    )


def test_images_of_one_class_are_not_enough(own_pictures, tmp_path, fails):
    shutil.rmtree(own_pictures / "train" / "down")
    message = fails("train", "--data", own_pictures, "--out", tmp_path / "m.safetensors")
    assert message == (
        f"`{own_pictures / 'train'}` must hold readable images of at least two classes, got only "
        "of 'across'. Put the images of each class into a folder of their own: "
        "FOLDER/CLASS/IMAGE.png."
    )


def test_a_test_folder_of_other_classes_is_refused(own_pictures, tmp_path, fails):
    (own_pictures / "test" / "down").rename(own_pictures / "test" / "downs")
    message = fails("train", "--data", own_pictures, "--out", tmp_path / "m.safetensors")
    assert message == (
        f"Each folder in `{own_pictures / 'test'}` must be named after one of the 2 classes, got "
        "'downs'. Did you mean down?"
    )


def test_too_few_images_for_a_batch_are_refused(pictures, tmp_path, fails):
    message = fails("train", "--data", pictures, "--out", tmp_path / "m.safetensors")
    assert message == (
        "`batch_size` must be at most the number of training images, 40, got 128. "
        "Lower it, or give more images."
    )


def test_an_unknown_network_is_named_with_the_nearest(pictures, tmp_path, fails):
    words = ["--data", pictures, "--out", tmp_path / "m.safetensors", "--network", "resnet-18"]
    assert fails("train", *words) == (
        "`network` must be one of small-resnet, resnet10-64, resnet18, resnet18-224, "
        "efficientnet-lite0, got 'resnet-18'. Did you mean 'resnet18'?"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--epochs", 0], "`epochs` must be at least 1, got 0."),
        (
            ["--batch-size", 1],
            "`batch_size` must be at least 2 (batch norm compares images), got 1.",
        ),
        (
            ["--radius", "8/255"],
            ("`--radius` needs a recipe that attacks, got standard. Give `--recipe pgd-linf`."),
        ),
        (
            ["--recipe", "trades", "--stop-at-accuracy", "0.5"],
            (
                "`--stop-at-accuracy` is no option of the recipe trades, which has --epochs, "
                "--radius, --steps, --beta. Leave it out."
            ),
        ),
        (
            ["--recipe", "pgd-linf", "--radius", "8"],
            ("`radius` must be at most 1 (pixels are in [0, 1]), got 8. Did you mean 8/255?"),
        ),
        (
            ["--recipe", "pgd-linf", "--radius", "abc"],
            "`--radius` must be a positive number or fraction, got 'abc'. Usual is 8/255.",
        ),
        (
            ["--recipe", "pgd-l2", "--radius", "0"],
            "`--radius` must be a positive number or fraction, got '0'. Usual is 8/255.",
        ),
    ],
)
def test_a_setting_of_training_outside_its_range_is_refused(
    pictures, tmp_path, fails, words, message
):
    assert fails("train", "--data", pictures, "--out", tmp_path / "m.st", *words) == message


def test_a_folder_in_the_models_place_is_refused_before_training(pictures, tmp_path, fails):
    assert fails("train", "--data", pictures, "--out", tmp_path, "--batch-size", 8) == (
        f"Expected a model file, or nothing yet, at {tmp_path}, got a folder. "
        f"Give a file such as {tmp_path / 'model.safetensors'}."
    )


def test_a_model_of_another_training_is_not_taken_for_this_one(model, pictures, fails):
    before = model.read_bytes()
    words = ["--data", pictures, "--out", model, "--epochs", 2, "--batch-size", 8, "--seed", 1]
    assert fails("train", *words) == (
        f"Expected the model of this training at {model}, got one with another recipe, another "
        "seed. Give another place, or delete it to train anew."
    )
    assert model.read_bytes() == before


@pytest.mark.parametrize("verb", ["evaluate", "attack"])
def test_a_model_that_is_not_there_is_missed(verb, pictures, tmp_path, fails):
    missing = tmp_path / "no.safetensors"
    message = fails(verb, missing, "--data", pictures, "--out", tmp_path / "out")
    assert message == (
        f"Expected a model file at {missing}, got nothing there. "
        "Train one with `cuelens train`, or check the path."
    )


@pytest.mark.parametrize("verb", ["evaluate", "attack", "explain"])
def test_a_garbage_model_file_is_named(verb, pictures, tmp_path, fails):
    garbage = tmp_path / "garbage.safetensors"
    garbage.write_bytes(b"\x00garbage" * 40)
    image = next((pictures / "test" / "down").iterdir())
    words = [image] if verb == "explain" else ["--data", pictures]
    message = fails(verb, garbage, *words, "--out", tmp_path / "out")
    assert message.startswith(
        f"Expected a whole safetensors file at {garbage}, got one that cannot be read ("
    )
    assert message.endswith("). Copy it again, or train it again.")


def test_two_models_of_one_name_are_refused(model, pictures, tmp_path, fails):
    twin = tmp_path / model.name
    shutil.copy(model, twin)
    message = fails("evaluate", model, twin, "--data", pictures, "--out", tmp_path / "out")
    assert message == (
        "Model files must have different names, got 'mine' twice. Rename one of them."
    )


@pytest.mark.parametrize("verb", ["evaluate", "attack"])
def test_a_model_of_other_classes_is_refused(verb, tiny_run, pictures, tmp_path, fails):
    other = tiny_run / "models" / "standard.safetensors"
    message = fails(verb, other, "--data", pictures, "--out", tmp_path / "out")
    assert message.startswith(f"`{other}` must know the classes of test (across, down), got ")
    assert message.endswith(
        ". Give the data that it was trained on, or its classes in their order, one a line, with "
        "`--classes FILE`."
    )


CONDITIONS = ", ".join(FAMILIES)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "saturate=8",
            f"`--conditions` must name {CONDITIONS}, got 'saturate'. Did you mean 'saturation'?",
        ),
        ("xyz", f"`--conditions` must name {CONDITIONS}, got 'xyz'."),
        (
            "saturation",
            "`saturation` must have a level, got none. Usual are 1, 4, 8, 16, 64, 1024.",
        ),
        ("greyscale=1", "`greyscale` must have no level, got 1. Leave it out."),
        *(
            (
                f"saturation={number}",
                (
                    '`--conditions` must have a number behind "=", got '
                    f"'saturation={number}'. Write it such as saturation=8."
                ),
            )
            for number in ("strong", "nan", "inf", "")
        ),
        (
            "saturation=0.5",
            (
                "`level` must be a finite number of at least 1 (1 lowers the contrast, 2 changes "
                "nothing, the paper goes up to 1024), got 0.5."
            ),
        ),
        (
            "shuffle=1",
            "`patches` must be at least 2 (an image is cut into patches x patches), got 1.",
        ),
        ("shuffle=2.5", "`shuffle` must have a whole number as its level, got 2.5."),
        (
            "shuffle=inf",
            (
                '`--conditions` must have a number behind "=", got '
                "'shuffle=inf'. Write it such as saturation=8."
            ),
        ),
    ],
)
@pytest.mark.parametrize("verb", ["evaluate", "explain"])
def test_a_condition_that_is_none_is_named(verb, text, message, model, pictures, tmp_path, fails):
    image = next((pictures / "test" / "down").iterdir())
    words = [image] if verb == "explain" else ["--data", pictures]
    out = tmp_path / "out"
    assert fails(verb, model, *words, "--conditions", text, "--out", out) == message
    assert not out.exists()


@pytest.mark.parametrize("radius", ["abc", "8/0", "0", "-8/255", "nan", f"1{'0' * 400}"])
def test_a_radius_that_is_no_number_is_refused(radius, model, pictures, tmp_path, fails):
    words = ["--data", pictures, "--radius", radius, "--out", tmp_path / "out"]
    assert fails("attack", model, *words) == (
        f"`--radius` must be a positive number or fraction, got {radius!r}. Usual is 8/255."
    )


def test_a_radius_of_8_is_a_radius_in_255ths(model, pictures, tmp_path, fails):
    words = ["--data", pictures, "--radius", "8", "--out", tmp_path / "out"]
    assert fails("attack", model, *words) == (
        "`radius` must be at most 1 (pixels are in [0, 1]), got 8. Did you mean 8/255?"
    )


def test_an_image_that_cannot_be_read_is_named(model, tmp_path, fails):
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    message = fails("explain", model, broken, "--out", tmp_path / "out")
    assert message == (
        f"`{broken}` must be an image that can be read, but it is no image of a known format. "
        "Give another file."
    )


def test_an_image_is_needed(model, tmp_path, fails):
    assert fails("explain", model, "--out", tmp_path / "out") == (
        "Expected at least one image besides the models, got none. Name a file."
    )


def test_a_study_file_that_is_not_there_is_missed(tmp_path, fails):
    assert fails("study", "run", tmp_path / "no.yaml", "--out", tmp_path / "run") == (
        f"Expected a study file at {tmp_path / 'no.yaml'}, got nothing there. "
        "Studies that come with cuelens are in the folder `studies`."
    )


def test_an_unknown_field_of_a_study_is_named_with_the_nearest(tmp_path, tiny_file, fails):
    text = tiny_file.read_text(encoding="utf-8").replace("epochs: 1, batch", "epoch: 1, batch")
    tiny_file.write_text(text, encoding="utf-8")
    assert fails("study", "run", tiny_file, "--out", tmp_path / "run") == (
        f"{tiny_file} is not a valid study:\n"
        "  `models.standard.recipe.epoch` is unknown; expected one of alternating, augmentation, "
        "batch_size, cutoff, epochs, fgsm, free, from_file, gaussian, low_pass, momentum, "
        "objective, pgd_l2, pgd_linf, probe, repaint, replays, schedule, stadv, standard, "
        "stop_at_accuracy, stylised, trades, underfit, weight_decay. Did you mean `epochs`?"
    )


def test_the_folder_of_another_study_is_refused(tiny_copy, tiny_file, fails):
    text = tiny_file.read_text(encoding="utf-8").replace("images: 20", "images: 21")
    tiny_file.write_text(text, encoding="utf-8")
    assert fails("study", "run", tiny_file, "--out", tiny_copy) == (
        f"Expected {tiny_copy} to be empty or to hold the study 'tiny' with these settings, got "
        "one that differs in `attacks`. Models, conditions and their levels, attacks and salience "
        "methods may be added to it; nothing that is there may be changed but the title. Give "
        "another `--out` folder."
    )


def test_a_folder_that_is_no_run_has_no_report(tmp_path, fails):
    assert fails("report", tmp_path) == (
        f"Expected a run folder at {tmp_path} (with study.json in it), got none. "
        "Give the `--out` folder of `cuelens study run`."
    )


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 256 KiB, mounted for the test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted by root only")
    yield folder
    subprocess.run([shutil.which("umount"), "--lazy", str(folder)], check=True)


def test_a_full_disk_is_named_and_nothing_is_lost(small_disk, pictures, fails):
    words = ["--data", pictures, "--epochs", 1, "--batch-size", 8]
    out = small_disk / "mine.safetensors"
    message = fails("train", *words, "--out", out)
    checkpoint = small_disk / "mine.safetensors.training" / "checkpoint.safetensors"
    assert message.startswith(f"Writing `{checkpoint}` needs ")
    assert message.endswith(
        " bytes free. Free some space and run the same command again: nothing already written is "
        "lost, and it goes on where it was."
    )
    assert not out.exists()
    assert not list(small_disk.rglob("*.partial"))


def test_records_that_find_no_room_are_named(model, pictures, tmp_path, fails, monkeypatch):
    def full(path, content):
        raise StorageError(f"Writing `{path}` needs {len(content):,} bytes, got a full disk.")

    monkeypatch.setattr("cuelens.evaluation.records.write_atomically", full)
    out = tmp_path / "out"
    words = ["--data", pictures, "--conditions", "", "--out", out]
    message = fails("evaluate", model, *words)
    assert message.startswith(f"Writing `{out / 'records' / 'predictions'}/")
    monkeypatch.setattr("cuelens.evaluation.records.write_atomically", write_atomically)


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(130)])
def test_ctrl_c_says_that_the_same_command_goes_on(cuelens, monkeypatch, stop):
    def interrupted(**_settings):
        raise stop

    monkeypatch.setattr(app, "app", interrupted)
    done = cuelens("demo")
    assert (done.code, done.out) == (130, "")
    assert done.err == "Stopped. The same command goes on where it was.\n"


def test_ctrl_c_in_a_verb_says_that_the_same_command_goes_on(cuelens, tmp_path, monkeypatch):
    def interrupted(_path):
        raise KeyboardInterrupt

    monkeypatch.setattr("cuelens.report.report_of", interrupted)
    done = cuelens("report", tmp_path)
    assert (done.code, done.out) == (130, "")
    assert done.err == "Stopped. The same command goes on where it was.\n"


@pytest.mark.parametrize(
    "words",
    [
        ["train", "--data", "x"],
        ["train", "--data", "x", "--out", "y", "--recipe", "pgd"],
        ["attack", "m", "--data", "x", "--steps", "0"],
        ["nonsense"],
    ],
)
def test_a_command_that_cannot_be_understood_is_told_how_to_get_help(cuelens, words):
    done = cuelens(*words)
    assert (done.code, done.out) == (2, "")
    assert "Usage: cuelens" in done.err
    assert "--help" in done.err
    assert "Traceback" not in done.err


def test_a_network_that_does_not_come_with_cuelens_is_answered_with_those_that_do(fails, tmp_path):
    for verb in ("evaluate", "attack"):
        message = fails(verb, "cuelens://cifar10/pgd-linf-8/99", "--data", tmp_path)
        assert message.startswith(
            "Expected a network that comes with cuelens, cuelens://STUDY/RECIPE/SEED, got "
            "cuelens://cifar10/pgd-linf-8/99. There are cuelens://cifar10/"
        )
