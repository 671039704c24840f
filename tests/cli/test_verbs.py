"""Each verb does its part of the job; the last line on standard output is where it is."""

import itertools
import json
import re
import shutil

import numpy as np
import polars as pl
import pytest
import yaml
from PIL import Image
from tests.cli.conftest import stripes

from cuelens.cli.train import RecipeName
from cuelens.evaluation import RecordStore
from cuelens.report import ToldVerdicts
from cuelens.sources import load_model
from cuelens.study import EvaluatedFiles
from cuelens.study.outcomes.cue_profiles import cue_profile
from cuelens.study.plan.recipe_form import RECIPES

VERBS = (
    "demo", "study run", "study status", "study schema", "train", "evaluate", "attack", "explain",
    "explore", "probe", "score", "build", "compare", "report", "export", "import", "study power",
    "records", "gate", "selfcheck", "trace", "audit", "inspect",
)  # fmt: skip


def last_line(done):
    return done.out.rstrip("\n").rsplit("\n", maxsplit=1)[-1]


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_each_verb_has_an_example(cuelens, verb):
    done = cuelens(*verb.split(), "--help")
    assert done.code == 0
    words = " ".join(done.out.split())
    assert f"Example: cuelens {verb}" in words
    assert not done.err


def test_the_help_names_every_verb(cuelens):
    done = cuelens("--help")
    assert done.code == 0
    for verb in VERBS:
        assert re.search(rf"\b{verb.split()[0]}\b", done.out)


def test_train_writes_a_model_file_and_prints_its_path_last(trained, pictures):
    path, done = trained
    assert done.code == 0, done.err
    assert done.out.splitlines()[-2:] == [
        f"validation accuracy {load_model(path)[1].training['validation_accuracy']:.3f}",
        str(path.resolve()),
    ]
    assert "train mine: 5/5" in done.err
    classifier, card = load_model(path)
    assert classifier.class_names == ("across", "down")
    assert card.name == "mine"
    assert card.training_seed == 0
    assert "Standard" not in card.recipe or "MinMax" not in card.recipe


def test_train_again_trains_nothing(trained, pictures, cuelens):
    path, first = trained
    before = path.stat().st_mtime_ns
    done = cuelens("train", "--data", pictures, "--out", path, "--epochs", 1, "--batch-size", 8)
    assert (done.code, done.out, done.err) == (0, first.out, "")
    assert path.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("recipe", "radius"), [("pgd-linf", "4/255"), ("pgd-l2", "0.25"), ("pgd-linf", None)]
)
def test_train_takes_the_recipe_and_the_radius(pictures, tmp_path, cuelens, recipe, radius):
    path = tmp_path / "robust.safetensors"
    words = ["--recipe", recipe, "--epochs", 1, "--batch-size", 20, "--seed", 3]
    if radius:
        words += ["--radius", radius]
    done = cuelens("train", "--data", pictures, "--out", path, *words)
    assert done.code == 0, done.err
    _, card = load_model(path)
    ball = "Linf" if recipe == "pgd-linf" else "L2"
    size = {"4/255": 4 / 255, "0.25": 0.25, None: 8 / 255}[radius]
    assert f"ball={ball}(radius={size!r})" in card.recipe
    assert card.training_seed == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["alternating", "--radius", "4/255", "--steps", 1], "Alternating(attack=PGD(ball=Linf"),
        (["fgsm"], "probe=OverfittingProbe("),
        (["trades", "--beta", 3, "--steps", 1], "beta=3.0"),
        (["free", "--replays", 2], "replays=2"),
        (["stadv", "--radius", 0.25, "--steps", 1], "ball=Displacement(radius=0.25)"),
        (["gaussian", "--deviation", 0.2], "Noisy(deviation=0.2)"),
        (["low-pass", "--cutoff", 3], "cutoff=3.0"),
        (["underfit", "--stop-at-accuracy", 0.5], "stop_at_accuracy=0.5"),
    ],
    ids=lambda words: words[0] if isinstance(words, list) else "",
)
def test_train_knows_every_recipe_and_its_options(pictures, tmp_path, cuelens, words, told):
    path = tmp_path / "mine.safetensors"
    words = ["--recipe", *words, "--epochs", 1, "--batch-size", 20, "--half"]
    done = cuelens("train", "--data", pictures, "--out", path, *words)
    assert done.code == 0, done.err
    classifier, card = load_model(path)
    assert told in card.recipe
    assert classifier.specification.low_pass == (3.0 if "low-pass" in words else None)
    assert path.stat().st_size < 700_000
    beside = {entry.name for entry in tmp_path.iterdir() if entry.is_file()}
    names = ("mine", "mine-last")
    assert beside == {f"{name}.{kind}" for name in names for kind in ("md", "safetensors")}


def test_the_recipes_of_train_are_those_of_study_files():
    assert {name.name for name in RecipeName} == set(RECIPES)
    assert all(name.value == name.name.replace("_", "-") for name in RecipeName)


def test_evaluate_prints_accuracy_and_retention_and_where_the_records_are(
    model, pictures, tmp_path, cuelens
):
    words = ["--data", pictures, "--out", tmp_path / "out"]
    conditions = "clean,saturation=8,shuffle=4,greyscale,saturation=8"
    done = cuelens("evaluate", model, "--conditions", conditions, *words)
    assert done.code == 0, done.err
    assert last_line(done) == str((tmp_path / "out").resolve())
    records = RecordStore(tmp_path / "out" / "records").read("predictions")
    names = ["clean", "saturation=8", "shuffle=4", "greyscale"]
    assert records["condition"].unique(maintain_order=True).sort().to_list() == sorted(names)
    for name in names:
        own = records.filter(condition=name)
        accuracy = own.select((pl.col("prediction") == pl.col("label")).mean()).item()
        row = rf"mine\s+│\s+{re.escape(name)}\s+│\s+20\s+│\s+{accuracy:.3f} \["
        assert re.search(row, done.out), done.out
    assert "evaluate: 80/80" in done.err


def test_evaluate_prints_the_cue_profile_where_controls_were_run(
    model, pictures, tmp_path, cuelens
):
    words = ["evaluate", model, "--data", pictures, "--out", tmp_path / "out", "--conditions"]
    plain = cuelens(*words, "saturation=8,shuffle=2")
    assert "Cue reliance" not in plain.out
    assert "cue-without-control" not in plain.err
    done = cuelens(*words, "saturation=2,saturation=8,saturation=64,contrast=8,contrast=64,hue=60")
    assert done.code == 0, done.err
    start = done.out.index("Cue reliance")
    records = RecordStore(tmp_path / "out" / "records").read("predictions")
    row = cue_profile(records).row(by_predicate=pl.col("family") == "saturation", named=True)
    number = re.escape(f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]")
    found = rf"mine\s+│\s+texture\s+│\s+saturation=8,64\s+│\s+{row['n']}\s+│\s+{number}"
    assert re.search(found, done.out[start:]), done.out
    assert "hue" not in done.out[start:].replace("hue=60", "")
    assert "Warning: cue-without-control: What a model loses under these conditions" in done.err
    assert "unmatched-control" not in done.err
    assert f"Warning: few-images: A value rests on {row['n']} images" in done.err
    assert last_line(done) == str((tmp_path / "out").resolve())


def test_evaluate_tells_of_a_model_that_may_only_guess(model, pictures, tmp_path, cuelens):
    words = ["evaluate", model, "--data", pictures, "--out", tmp_path / "out", "--json"]
    done = cuelens(*words, "--conditions", "saturation=8", "--limit", 2)
    assert done.code == 0, done.err
    assert "Warning: near-chance: mine is right for" in done.err
    assert "its retention says nothing of cues." in done.err


@pytest.mark.parametrize("verb", [["demo"], ["study", "run", "studies/first.yaml"]])
def test_a_file_in_the_place_of_a_runs_folder_is_refused(verb, tmp_path, cuelens):
    (tmp_path / "note.txt").write_text("mine")
    done = cuelens(*verb, "--out", tmp_path / "note.txt")
    assert done.code == 2
    assert "must be a place that can be written, got: File exists." in done.err
    assert (tmp_path / "note.txt").read_text() == "mine"


def test_evaluate_again_computes_nothing_and_prints_the_same(model, pictures, tmp_path, cuelens):
    words = ["evaluate", model, "--data", pictures, "--out", tmp_path / "out", "--limit", 7]
    first = cuelens(*words, "--conditions", "shuffle=2")
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.parquet")}
    assert cuelens(*words, "--conditions", "shuffle=2").out == first.out
    assert files == {path: path.stat().st_mtime_ns for path in files}
    records = RecordStore(tmp_path / "out" / "records").read("predictions")
    assert set(records["dataset"]) == {"test-7"}
    assert records["image"].n_unique() == 7


def test_evaluate_takes_the_papers_conditions_unless_told_otherwise(
    model, pictures, tmp_path, cuelens, monkeypatch
):
    asked = []

    def evaluate_files(_paths, conditions, **_settings):
        asked.extend(condition.name for condition in conditions)
        nothing = pl.DataFrame(schema={"model": pl.String, "condition": pl.String})
        return EvaluatedFiles(summary=nothing, profile=nothing, checks=(), answers=nothing)

    monkeypatch.setattr("cuelens.study.evaluate_files", evaluate_files)
    done = cuelens("evaluate", model, "--data", pictures, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    levels = (1, 4, 8, 16, 64, 1024)
    saturations = [f"saturation={level}" for level in levels]
    assert asked == ["clean", *saturations, "shuffle=2", "shuffle=4", "shuffle=8"]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("words", "rows"),
    [
        (
            [],
            [
                "quick-linf-8/255: clean",
                "pgd-20 alone",
                "apgd-ce alone",
                "worst case",
                "; radius in units of the pixel range (Linf)",
            ],
        ),
        (["--ball", "l2"], ["quick-l2-0.5: clean", "worst case", "the pixel range (L2)"]),
        (["--ball", "flow"], ["stadv-1: clean", "stadv-1 ", "radius in pixels of displacement"]),
        (["--ball", "flow", "--radius", "0.5"], ["stadv-0.5: clean", "stadv-0.5 "]),
        (["--exact"], ["quick-linf-8/255: worst case"]),
    ],
)
def test_attack_prints_one_table_and_the_path_of_its_page(
    model, pictures, tmp_path, cuelens, words, rows
):
    out = tmp_path / "out"
    settings = ["--limit", 12, "--out", out]
    done = cuelens("attack", model, "--data", pictures, *settings, *words)
    assert done.code == 0, done.err
    assert last_line(done) == str((out / "attack.html").resolve())
    assert (out / "attack.html").is_file()
    assert all(row in done.out for row in rows)
    records = RecordStore(out / "records").read("attacks")
    records = records.filter(~pl.col("dataset").str.contains("a few"))
    assert set(records.group_by("condition").len()["len"]) == {12}
    worst = records.filter(pl.col("condition") == pl.col("condition").sort_by(
        pl.col("condition").str.len_chars()).first())  # fmt: skip
    survived = worst.select((~pl.col("fooled")).mean()).item()
    row = [line for line in done.out.splitlines() if " mine " in line][-1]
    assert " 12 " in row
    assert f"{survived:.3f} [" in row
    assert "Warning: few-images" not in done.err


@pytest.mark.no_cover
def test_attack_over_several_radii_draws_the_curve(model, pictures, tmp_path, cuelens):
    out = tmp_path / "out"
    radii = "1/255,4/255"
    words = ["--limit", 10, "--out", out, "--radii", radii]
    done = cuelens("attack", model, "--data", pictures, *words)
    assert done.code == 0, done.err
    assert all(f"quick-linf-{radius}: worst case" in done.out for radius in radii.split(","))
    assert list((out / "figures").glob("robust-accuracy-by-radius*.svg"))


def test_attack_saves_originals_attacked_images_and_differences(model, pictures, tmp_path, cuelens):
    out = tmp_path / "out"
    words = ["--limit", 8, "--out", out, "--save-images"]
    done = cuelens("attack", model, "--data", pictures, *words)
    assert done.code == 0, done.err
    listed = pl.read_csv(out / "images" / "mine" / "quick-linf-8_255" / "images.csv")
    right = RecordStore(out / "records").read("attacks").filter("clean_right")["image"].unique()
    assert sorted(listed["image"]) == sorted(right)
    folder = out / "images" / "mine" / "quick-linf-8_255"
    row = listed.row(0, named=True)
    pictures = {
        kind: np.asarray(Image.open(folder / row[kind])).astype(float) / 255
        for kind in ("original", "attacked", "difference")
    }
    change = pictures["attacked"] - pictures["original"]
    assert 0 < abs(change).max() <= 8 / 255 + 2 / 255
    magnified = (pictures["difference"] - 0.5) / row["difference_magnified"]
    assert abs(magnified - change).max() < 1.5 / 255
    assert len(list(folder.glob("*.png"))) == 3 * len(listed)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--radius", "8"],
            "`radius` must be at most 1 (pixels are in [0, 1]), got 8. Did you mean 8/255?",
        ),
        (
            ["--radius", "none"],
            "`--radius` must be a positive number or fraction, got 'none'. Usual is 8/255.",
        ),
        (
            ["--radii", "1/255,1/255"],
            "`--radii` must be different, got 1/255,1/255. Name each radius once.",
        ),
        (
            ["--radii", "1/255,,2/255"],
            "`--radii` must be a positive number or fraction, got ''. Usual is 8/255.",
        ),
        (
            ["--radii", "1/255,2/255", "--radius", "8/255"],
            (
                "`--radii` must be given without `--radius`, got 1/255,2/255 and 8/255. "
                "Name every radius in `--radii`."
            ),
        ),
        (
            ["--ball", "flow", "--suite", "strong", "--radius", "1"],
            (
                "`--suite strong` needs `--ball linf` or `--ball l2`, got flow. Of flows there is "
                "stAdv alone: leave `--suite` out."
            ),
        ),
    ],
)
def test_attack_refuses_bad_settings(model, pictures, tmp_path, cuelens, words, message):
    done = cuelens("attack", model, "--data", pictures, "--out", tmp_path / "out", *words)
    assert done.code == 2
    assert done.err == f"Error: {message}\n"
    assert not (tmp_path / "out").exists()


def test_explain_prints_the_measures_the_strips_and_the_page(model, pictures, tmp_path, cuelens):
    image = next((pictures / "test" / "down").iterdir())
    out = tmp_path / "strips"
    words = ["--out", out, "--conditions", "shuffle=2", "--methods", "gradient,smoothgrad"]
    done = cuelens("explain", model, image, *words, "--samples", 2)
    assert done.code == 0, done.err
    *_, figure, page = done.out.splitlines()
    assert figure == str((out / "figures" / f"strip-1-{image.stem}.png").resolve())
    assert page == str((out / "explain.html").resolve())
    table = pl.read_csv(out / "tables" / "measures.csv")
    for method, condition in itertools.product(("gradient", "smoothgrad"), ("clean", "shuffle=2")):
        own = table.filter(method=method, condition=condition, measure="sparsity")
        row = rf"mine\s+│\s+{method}\s+│\s+{condition}\s+│\s+1\s+│\s+{own['value'][0]:.3f}"
        assert re.search(row, done.out), done.out


@pytest.mark.no_cover
def test_explain_takes_target_score_scale_sign_attack_and_size(model, pictures, tmp_path, cuelens):
    folder, out = pictures / "test" / "down", tmp_path / "out"
    words = ["--target", "true", "--score", "logit", "--scale", "shared", "--signed"]
    words += ["--attack", "pgd", "--radius", "4/255", "--size", 24, "--conditions", ""]
    done = cuelens("explain", model, folder, *words, "--samples", 2, "--out", out)
    assert done.code == 0, done.err
    assert len(list((out / "figures").glob("*.png"))) == 10
    page = (out / "explain.html").read_text(encoding="utf-8")
    for part in (
        "The maps explain the true class.", "SmoothGrad(samples=2, noise=0.1, score=Score.LOGIT)",
        "pgd-linf-4/255", "24 x 24 pixels", 'id="show-signed-shared" checked',
    ):  # fmt: skip
        assert part.replace("'", "&#39;") in page, part
    assert "map of down" in page
    assert "map of across" not in page


@pytest.mark.parametrize("target", ["across", "down"])
def test_explain_takes_the_name_of_a_class(target, model, pictures, tmp_path, cuelens):
    image = next((pictures / "test" / "down").iterdir())
    words = ["--target", target, "--samples", 2, "--conditions", "", "--out", tmp_path / "out"]
    done = cuelens("explain", model, image, *words)
    assert done.code == 0, done.err
    page = (tmp_path / "out" / "explain.html").read_text(encoding="utf-8")
    assert f"The maps explain the class {target}." in page


@pytest.mark.no_cover
def test_explain_warns_of_files_that_it_left_out(model, own_pictures, tmp_path, cuelens):
    folder = own_pictures / "test" / "down"
    (folder / "broken.png").write_bytes(b"no image")
    words = ["--samples", 1, "--conditions", "", "--out", tmp_path / "out"]
    done = cuelens("explain", model, folder, *words)
    assert done.code == 0, done.err
    assert (
        f"Warning: `{folder / 'broken.png'}` was left out: it is no image of a known format."
        in done.err
    )


@pytest.mark.no_cover
def test_explain_ends_with_1_where_a_file_that_was_named_cannot_be_read(
    model, own_pictures, tmp_path, cuelens
):
    good, *_ = sorted((own_pictures / "test" / "down").iterdir())
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no image")
    words = ["--methods", "gradient", "--conditions", "", "--out", tmp_path / "out"]
    done = cuelens("explain", model, bad, good, *words)
    assert done.code == 1, done.err
    assert f"Warning: `{bad}` was left out: it is no image of a known format." in done.err
    assert done.out.splitlines()[-1] == str((tmp_path / "out" / "explain.html").resolve())
    done = cuelens("explain", model, bad, *words)
    assert done.code == 2


@pytest.mark.no_cover
def test_study_run_and_report_print_the_verdicts_and_the_path_of_the_page(
    tiny_copy, tiny_file, cuelens
):
    done = cuelens("study", "run", tiny_file, "--out", tiny_copy)
    assert done.code == 0, done.err
    page = tiny_copy / "report.html"
    lines = done.out.splitlines()
    claim = lines.index("Adversarial training makes salience sparser.")
    assert lines[claim + 1].startswith("  Against: in gradient maps the sparsity of salience")
    assert lines[claim + 2].startswith("  Doubted by single-seed, few-images")
    assert lines[-3] == "Rival explanation not tested: no model has the role control."  # once
    assert "of 4 measured claims hold" in lines[-2]
    assert lines[-1] == str(page.resolve())
    assert page.is_file()
    assert done.err == "Nothing was left to do.\n"
    (tiny_copy / "finished.json").unlink()
    gone_on = cuelens("study", "run", tiny_file, "--out", tiny_copy)
    assert gone_on.out == done.out
    assert "\n34 of 34 pieces of work are there already.\npredict: " in gone_on.err
    assert "predict: 560/560" in gone_on.err
    page.unlink()
    again = cuelens("report", tiny_copy, "--json")
    assert (again.code, again.err) == (0, "")
    assert page.is_file()
    document = json.loads(again.out)
    assert document["lines"] == lines[-2:]
    (table,) = document["tables"]
    told = {row["claim"]: row for row in table["rows"]}
    assert told[lines[claim]]["sentence"] == lines[claim + 1].strip()
    assert told[lines[claim]]["outcome"] == "against"


def test_a_study_of_ones_own_pictures_runs_from_end_to_end(own_pictures, tmp_path, cuelens):
    study = tmp_path / "mine.yaml"
    content = {
        "name": "mine",
        "data": {"ImageFolder": {"size": 32}},
        "models": {"only": {"recipe": {"epochs": 1, "batch_size": 20}}},
        "conditions": {"shuffle": {"PatchShuffle": {"patches": 2}}},
    }
    study.write_text(yaml.safe_dump(content), encoding="utf-8")
    (own_pictures / "test" / "down" / "torn.png").write_bytes(b"")
    out = tmp_path / "run"
    done = cuelens("study", "run", study, "--data", own_pictures, "--out", out)
    assert done.code == 0, done.err
    assert done.out.splitlines()[-2:] == [
        "May only guess, even on clean images: only. No claim was measured.",
        str((out / "report.html").resolve()),
    ]
    torn = own_pictures / "test" / "down" / "torn.png"
    assert f"Warning: `{torn}` was left out: the file is empty." in done.err.splitlines()


def test_study_schema_prints_json(cuelens):
    done = cuelens("study", "schema")
    assert done.code == 0
    assert yaml.safe_load(done.out)["title"] == "Study"


@pytest.mark.no_cover
def test_the_demo_is_the_study_that_comes_with_the_package(
    tiny_copy, tiny_content, cuelens, monkeypatch
):
    from cuelens.study.plan.plan import plan_of

    asked = []

    def tiny_plan(*, small=False):
        asked.append(small)
        return plan_of(tiny_content, where="the tiny study")

    monkeypatch.setattr("cuelens.study.demo_plan", tiny_plan)
    told = ToldVerdicts(headline="Of no claims", verdicts=())
    monkeypatch.setattr("cuelens.report.report_of", lambda folder, **_: folder / "report.html")
    monkeypatch.setattr("cuelens.report.read_verdicts", lambda _folder: told)
    done = cuelens("demo", "--out", tiny_copy, "--size", "small")
    assert done.code == 0, done.err
    assert done.out == f"Of no claims.\n{(tiny_copy / 'report.html').resolve()}\n"
    assert asked == [True]
    pictures = sorted((tiny_copy / "pictures").glob("*.png"))
    shown = set(plan_of(tiny_content, where="").data.open(None, seed=0).test.labels.tolist())
    assert len(pictures) == len(shown)


def test_a_killed_training_goes_on_where_it_was(trained, pictures, tmp_path, cuelens):
    path, _ = trained
    (tmp_path / "mine.safetensors.training").mkdir()
    checkpoint = "checkpoint.safetensors"
    left = path.with_name(f"{path.name}.training") / checkpoint
    shutil.copy(left, tmp_path / "mine.safetensors.training" / checkpoint)
    out = tmp_path / "mine.safetensors"
    done = cuelens("train", "--data", pictures, "--out", out, "--epochs", 1, "--batch-size", 8)
    assert done.code == 0, done.err
    assert "train mine" not in done.err  # nothing was left to do
    assert load_model(out)[0].fingerprint() == load_model(path)[0].fingerprint()


def test_score_prints_shape_bias_and_pairs_of_decisions_from_elsewhere(tmp_path, cuelens):
    decisions = tmp_path / "decisions.csv"
    decisions.write_text(
        "model,image,shape,texture,prediction\n"
        "mine,a.png,cat,dog,cat\nmine,b.png,dog,cat,cat\nmine,c.png,cat,dog,cat\n"
        "other,a.png,cat,dog,dog\nother,b.png,dog,cat,cat\nother,c.png,cat,dog,na\n"
    )
    done = cuelens("score", decisions, "--pool", "both=*")
    assert done.code == 0, done.err
    assert "0.6667" in done.out
    assert "0.667 [0.208, 0.939]" in done.out
    assert "1 of 6 answers are none of the classes (such as na)" in done.out
    assert "kappa" in done.out
    assert re.search(r"both +│ decisions +│ +3 │ +6 │", done.out), done.out
    wrong = cuelens("score", decisions, "--pool", "both")
    assert (wrong.code, wrong.err) == (
        2,
        "Error: `--pool` must be NAME=PATTERN, got 'both'. Such as humans=subject-*.\n",
    )


def conflict_images(folder, names=("across", "down")):
    """Write images whose stripes run as their texture says, whatever their shape is called."""
    for key in range(16):
        shape, texture = names[key % 2], names[key // 2 % 2]
        place = folder / shape
        place.mkdir(parents=True, exist_ok=True)
        stripes(key // 2 % 2, 500 + key).save(place / f"{shape}{key % 5}-{texture}{key % 3}.png")
    return folder


def test_evaluate_prints_the_shape_bias_on_cue_conflict_images(model, tmp_path, cuelens):
    folder = conflict_images(tmp_path / "conflict")
    words = ["--data", folder, "--conditions", "greyscale", "--out", tmp_path / "out"]
    done = cuelens("evaluate", model, *words)
    assert done.code == 0, done.err
    assert "Shape bias with 95 % intervals" in done.out
    assert re.search(r"mine +│ conflict, greyscale +│", done.out)
    records = RecordStore(tmp_path / "out" / "records").read("predictions")
    assert records["shape_source"].str.starts_with("across").any()
    assert not records["texture_source"].has_nulls()
    assert records["colour"].null_count() == len(records)


def test_evaluate_groups_classes_as_it_is_told(model, tmp_path, cuelens):
    folder = conflict_images(tmp_path / "conflict", names=("flat", "tall"))
    groups = tmp_path / "groups.yaml"
    groups.write_text("flat: [across]\ntall: [down]\n")
    words = ["--data", folder, "--conditions", "", "--out", tmp_path / "out"]
    plain = cuelens("evaluate", model, *words)
    assert (plain.code, plain.err) == (
        2,
        (
            f"Error: mine must know the classes of the shapes in `{folder}`, got none called "
            "flat, tall among its 2. Give `--groups imagenet-16`, or `--groups FILE` with the "
            "classes that make each of them.\n"
        ),
    )
    done = cuelens("evaluate", model, *words, "--groups", groups, "--aggregation", "sum")
    assert done.code == 0, done.err
    assert "mine (groups, sum)" in done.out
    other = cuelens("evaluate", model, *words, "--groups", "imagenet")
    assert (other.code, other.err) == (
        2,
        (
            "Error: `--groups` must be imagenet-16 or a file, got 'imagenet'. Write each group "
            "with a list of its classes, such as `dog: [151-268]`.\n"
        ),
    )


def test_evaluate_groups_images_of_the_models_own_classes(model, pictures, tmp_path, cuelens):
    groups = tmp_path / "turned.yaml"
    groups.write_text("tall: [down]\nflat: [across]\n")
    words = ["--data", pictures, "--conditions", "", "--out", tmp_path / "out"]
    plain = cuelens("evaluate", model, *words)
    done = cuelens("evaluate", model, *words, "--groups", groups)
    assert done.code == 0, done.err
    rates = [re.search(r"clean +│ +(20 +│ .*?)│", one.out)[1] for one in (plain, done)]
    assert rates[0] == rates[1]
    assert "mine (turned, mean)" in done.out


def test_evaluate_needs_no_training_images(model, pictures, tmp_path, cuelens):
    shutil.copytree(pictures / "test", tmp_path / "data" / "test")
    words = ["--data", tmp_path / "data", "--conditions", "", "--out", tmp_path / "out"]
    done = cuelens("evaluate", model, *words)
    assert done.code == 0, done.err


def test_probe_prints_what_each_layer_knows(model, tmp_path, cuelens):
    done = cuelens("probe", model, "--images", 100, "--layers", "conv,stages.2")
    assert done.code == 0, done.err
    for layer in ("images", "conv", "stages.2"):
        assert re.search(rf"mine +│ {layer} +│ +50 │ +0\.\d+ \[", done.out), done.out
    assert "Chance, the share of the most frequent label:" in done.out
    few = cuelens("probe", model, "--images", 99)
    assert (few.code, few.err) == (2, "Error: `--images` must be at least 100, got 99.\n")
    twice = cuelens("probe", model, model)
    assert (twice.code, twice.err) == (
        2,
        "Error: Model files must have different names, got 'mine' twice. Rename one of them.\n",
    )


def test_a_network_that_comes_with_cuelens_is_evaluated_by_its_name(cuelens, tmp_path):
    """Its classes are not those of the images, which is told by its address."""
    done = cuelens(
        "evaluate", "cuelens://cifar10/pgd-linf-8/0", "--data", "rendered", "--limit", "4",
        "--out", tmp_path,
    )  # fmt: skip
    assert done.code == 2
    assert "`cuelens://cifar10/pgd-linf-8/0` must know the classes of" in done.err


def test_trace_prints_each_checkpoint_and_names_its_page_last(cuelens, tiny_copy):
    done = cuelens("trace", tiny_copy, "--models", "adversarial", "--limit", "10")
    assert done.code == 0, done.err
    (row,) = (line for line in done.out.splitlines() if "adversarial" in line)
    assert "best" in row
    page = tiny_copy / "trace" / "trace.html"
    assert last_line(done) == str(page.resolve())
    assert f"{tiny_copy.name}: the cues that adversarial relied on" in page.read_text("utf-8")
    assert (tiny_copy / "trace" / "tables" / "trace.csv").is_file()
