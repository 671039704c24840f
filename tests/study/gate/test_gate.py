"""A gate on planted runs: what surely got worse fails, what may have does not, and what differs."""

from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest
from tests.study.planted import Planted, planted_conflict, planted_predictions
from tests.study.planted_attacks import part as attacked

from cuelens.errors import ConfigError, RecordError
from cuelens.evaluation import RecordStore
from cuelens.ratios import difference_of_ratios
from cuelens.statistics import paired_difference, wilson
from cuelens.study import run_gate, write_gate
from cuelens.study.gate.gate_files import junit_of, markdown_of

CONDITIONS = (("saturation", 8.0), ("contrast", 8.0))


def run_of(folder, networks, *, n=2000, bias=None, robust=None, seed=0):
    """Write the records of a run: predictions under conditions, a conflict set, an attack."""
    store = RecordStore(folder / "records")
    store.write("predictions", "test", planted_predictions(networks, CONDITIONS, n=n, seed=seed))
    if bias is not None:
        rates = dict.fromkeys(networks, (bias, 0.9 - bias))
        store.write("predictions", "conflict", planted_conflict(rates, n=900, seed=seed))
    if robust is not None:
        generator = np.random.Generator(np.random.Philox(key=7))
        fooled = (generator.random(500) >= robust).tolist()
        rows = attacked("pgd-20", clean_right=[True] * 500, fooled=fooled, steps=[20] * 500)
        store.write("attacks", "pgd", rows)
    return folder


def network(kept=0.6, clean=0.8):
    return Planted(clean=clean, kept={"saturation": kept, "contrast": 0.7})


@pytest.fixture
def old(tmp_path):
    return run_of(tmp_path / "old", {"standard": network()}, bias=0.5, robust=0.6)


@pytest.fixture
def worse(tmp_path):
    return run_of(tmp_path / "worse", {"standard": network(kept=0.4)}, bias=0.3, robust=0.3)


def only(gate):
    (ruling,) = gate.rulings
    return ruling


RULES = {
    "retention[saturation=8]": "retention[saturation=8] >= baseline - 0.05",
    "accuracy[saturation=8]": "accuracy[saturation=8] >= baseline - 0.05",
    "robust_accuracy[pgd-20]": "robust_accuracy[pgd-20] >= baseline - 0.05",
    "shape_bias": "shape_bias >= baseline - 0.05",
    "cue_reliance[saturation]": "cue_reliance[saturation] <= baseline + 0.05",
}


@pytest.mark.parametrize("name", RULES)
def test_a_drop_that_the_images_support_fails(old, worse, name):
    ruling = only(run_gate(worse, [RULES[name]], baseline=old))
    assert ruling.rule.name == name
    assert ruling.outcome == "fails"
    assert ruling.sentence.endswith("by Holm): fails.")


@pytest.mark.parametrize("name", RULES)
def test_what_got_better_holds(old, worse, name):
    assert only(run_gate(old, [RULES[name]], baseline=worse)).outcome == "holds"


@pytest.mark.parametrize("name", RULES)
def test_a_run_against_itself_never_fails(old, name):
    strict = RULES[name].split(" - ")[0].split(" + ")[0]
    gate = run_gate(old, [strict], baseline=old)
    assert only(gate).estimate.value == 0
    assert only(gate).outcome == "undecided"
    assert gate.passed
    assert only(run_gate(old, [RULES[name]], baseline=old)).outcome == "holds"


def test_a_drop_that_few_images_show_is_undecided(tmp_path):
    old = run_of(tmp_path / "few", {"standard": network()}, n=40)
    new = run_of(tmp_path / "fewer", {"standard": network(kept=0.5)}, n=40)
    gate = run_gate(new, ["retention[saturation=8] >= baseline"], baseline=old)
    ruling = only(gate)
    assert ruling.estimate.low < 0 < ruling.estimate.high
    assert ruling.outcome == "undecided"
    assert ruling.sentence.endswith(
        "reaches to both sides of 0: undecided, more images would tell."
    )
    assert gate.summary == "Gate passed: 0 hold, 0 fail, 1 undecided, of 1."


def test_the_intervals_are_those_of_the_protocol(old, worse):
    def right(folder, condition):
        rows = RecordStore(folder / "records").read("predictions", ["test"])
        rows = rows.filter(condition=condition).sort("image")
        return (rows["prediction"] == rows["label"]).to_numpy().astype(float)

    gate = run_gate(
        worse,
        ["accuracy[saturation=8] >= baseline", RULES["retention[saturation=8]"]],
        baseline=old,
    )
    shares, kept = (one.estimate for one in gate.rulings)
    new, before = right(worse, "saturation=8"), right(old, "saturation=8")
    counts = int((new > before).sum()), int((before > new).sum())
    assert shares == paired_difference(*counts, 2000)
    clean, clean_before = right(worse, "clean"), right(old, "clean")
    wanted = difference_of_ratios(clean * new, clean, clean_before * before, clean_before)
    assert kept == wanted.estimate


def test_a_rule_against_a_number_needs_no_baseline(old):
    rate = only(run_gate(old, ["accuracy >= 0.8"])).estimate
    wanted = wilson(round(rate.value * 2000), 2000)
    assert (rate.low, rate.high) == pytest.approx((wanted.low, wanted.high))
    assert 0.76 < rate.low < 0.8 < rate.high < 0.84
    rules = ["accuracy >= 0.76", "accuracy >= 0.8", "accuracy >= 0.9", "accuracy <= 0.76"]
    gate = run_gate(old, rules)
    assert [one.outcome for one in gate.rulings] == ["holds", "undecided", "fails", "fails"]
    assert not gate.passed
    assert gate.rulings[2].baseline_value is None
    assert " 0.9 (p " in gate.rulings[2].sentence
    for quantity in ("shape_bias", "robust_accuracy[pgd-20]", "cue_reliance[saturation]"):
        assert only(run_gate(old, [f"{quantity} <= 1"])).outcome == "holds"


def test_many_rules_are_one_family(old):
    """A rule that fails alone, its interval just beyond the margin, is undecided among many."""
    high = only(run_gate(old, ["accuracy >= 0.8"])).estimate.high
    bare = f"accuracy >= {high + 0.0005:.6f}"
    assert only(run_gate(old, [bare])).outcome == "fails"
    crowd = [f"accuracy >= {0.5 + place / 1000}" for place in range(20)]
    last = run_gate(old, [*crowd, bare]).rulings[-1]
    assert last.outcome == "undecided"
    assert last.p_holm > last.p
    assert "after Holm's correction over the rules: undecided." in last.sentence


def test_a_gate_that_never_should_fail_seldom_does(tmp_path):
    """The same truth in both runs, 60 times: about 2.5 % of the gates may fail at no margin."""
    generator = np.random.Generator(np.random.Philox(key=3))
    from cuelens.study.gate.gate import _ruling
    from cuelens.study.gate.gate_quantities import Subject
    from cuelens.study.gate.gate_rules import read_rule

    rule, failed = read_rule("accuracy >= baseline"), 0
    for seed in generator.integers(0, 10_000, 60).tolist():
        both = planted_predictions({"a": network(), "b": network()}, (), n=300, seed=seed)
        one, two = (
            Subject.all_of(
                both.filter(model=name),
                RecordStore(tmp_path).read("attacks"),
                where=name,
                dataset=None,
            )[name]
            for name in ("a", "b")
        )
        failed += _ruling(rule, one, two).estimate.high < 0
    assert failed <= 5


def test_other_images_are_refused_and_a_number_is_not(tmp_path, old):
    other = run_of(tmp_path / "other", {"standard": network()}, n=1000)
    with pytest.raises(RecordError) as error:
        run_gate(other, ["accuracy >= baseline"], baseline=old)
    assert str(error.value) == (
        "The rule 'accuracy >= baseline' must compare the same images, got others: "
        f"{other} has 1,000 images of standard and {old} 2,000 of standard, of the same data set. "
        "Evaluate both on one data set, or hold accuracy against a number."
    )
    assert run_gate(other, ["accuracy >= 0.5"], baseline=old).passed


@pytest.mark.parametrize("rule", [RULES["robust_accuracy[pgd-20]"], RULES["shape_bias"]])
def test_attacks_and_answers_of_other_images_are_refused_too(tmp_path, old, rule):
    other = run_of(tmp_path / "other", {"standard": network()}, bias=0.5, robust=0.5)
    for path in (*other.glob("records/attacks/*"), other / "records/predictions/conflict.parquet"):
        store = RecordStore(other / "records")
        rows = pl.read_parquet(path).with_columns(data=pl.lit("other"))
        store.write(path.parent.name, path.stem, rows)
    with pytest.raises(
        RecordError, match=r"must compare the same images, got others: .* of changed"
    ):
        run_gate(other, [rule], baseline=old)


def test_models_are_paired_by_name_or_as_told(tmp_path, old):
    both = {"standard": network(), "wide": network(kept=0.2)}
    new = run_of(tmp_path / "new", both)
    rule = "retention[saturation=8] >= baseline - 0.1"
    assert [one.model for one in run_gate(new, [rule], baseline=old).rulings] == ["standard"]
    told = only(run_gate(new, [rule], baseline=old, models=["wide=standard"]))
    assert (told.model, told.baseline_model, told.outcome) == ("wide", "standard", "fails")
    assert [one.model for one in run_gate(new, ["accuracy >= 0"]).rulings] == ["standard", "wide"]
    with pytest.raises(ConfigError) as error:
        run_gate(new, [rule], baseline=old, models=["wide=standart"])
    assert str(error.value) == (
        f"`--model` must name models of {old}, standard, got 'standart' in 'wide=standart'. "
        "Did you mean 'standard'?"
    )
    other = run_of(tmp_path / "renamed", {"mine": network()})
    with pytest.raises(ConfigError) as error:
        run_gate(other, [rule], baseline=old)
    assert str(error.value) == (
        f"`--model` must say which models to compare, NEW=OLD, since {other} holds mine and {old} "
        "standard."
    )


def test_what_the_records_do_not_hold_is_named(old, tmp_path):
    with pytest.raises(RecordError) as error:
        run_gate(old, ["retention[saturation=9] >= 0.5"])
    assert str(error.value) == (
        f"The records of standard in {old} must have the condition 'saturation=9', got clean, "
        "saturation=8, contrast=8. Did you mean 'saturation=8'?"
    )
    with pytest.raises(RecordError, match=r"must have the attack 'pgd', got pgd-20. Did you mean"):
        run_gate(old, ["robust_accuracy[pgd] >= 0.5"])
    bare = run_of(tmp_path / "bare", {"standard": network()})
    with pytest.raises(
        RecordError, match="must have one data set whose shapes and textures differ"
    ):
        run_gate(bare, ["shape_bias >= 0.5"])
    with pytest.raises(RecordError, match=r"data set 'tets', got conflict, test\. Did"):
        run_gate(old, ["accuracy >= 0.5"], dataset="tets")
    with pytest.raises(ConfigError, match="`--baseline` must be given for the rule 'accuracy >= b"):
        run_gate(old, ["accuracy >= baseline"])
    with pytest.raises(ConfigError, match="`--rule` must be given at least once"):
        run_gate(old, [])


def test_records_of_attacks_alone_are_enough_for_their_rules(tmp_path):
    folder = tmp_path / "attack"
    rows = attacked("pgd-20", clean_right=[True] * 50, fooled=[True] * 50, steps=[1] * 50)
    RecordStore(folder / "records").write("attacks", "pgd", rows)
    assert only(run_gate(folder, ["robust_accuracy[pgd-20] >= 0.2"])).outcome == "fails"
    with pytest.raises(RecordError, match="must have one data set under most conditions"):
        run_gate(folder, ["accuracy >= 0.5"])


def test_images_that_were_attacked_once_more_to_be_shown_count_once(old):
    before = only(run_gate(old, ["robust_accuracy[pgd-20] >= 0.5"])).estimate
    rows = attacked("pgd-20", clean_right=[True] * 6, fooled=[True] * 6, steps=[1] * 6)
    shown = rows.with_columns(dataset=pl.lit("test, a few fooled"), data=pl.lit("few"))
    RecordStore(old / "records").write("attacks", "few", shown)
    assert only(run_gate(old, ["robust_accuracy[pgd-20] >= 0.5"])).estimate == before


def test_damaged_records_decide_nothing(old):
    path = old / "records" / "predictions" / "test.parquet"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(RecordError) as error:
        run_gate(old, ["accuracy >= 0.5"])
    assert str(error.value).startswith(f"`{path}` must be a whole part of the records, got a torn")
    assert str(error.value).endswith("Run the command that made it again.")


def test_the_files_say_what_was_ruled(old, worse, tmp_path):
    rules = [RULES["shape_bias"], "accuracy >= 0.8", "accuracy <= 1"]
    gate = run_gate(worse, rules, baseline=old)
    write_gate(gate, junit=tmp_path / "ci" / "gate.xml", markdown=tmp_path / "gate.md")
    suite = ElementTree.parse(tmp_path / "ci" / "gate.xml").getroot()  # noqa: S314 # our own
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped", "errors")} == {
        "tests": "3",
        "failures": "1",
        "skipped": "1",
        "errors": "0",
    }
    kinds = [[kind.tag for kind in case] for case in suite]
    assert kinds == [["failure"], ["skipped"], ["system-out"]]
    assert suite[0].get("name") == "shape_bias >= baseline - 0.05"
    assert suite[0][0].get("message") == gate.rulings[0].sentence
    text = (tmp_path / "gate.md").read_text(encoding="utf-8")
    assert text == markdown_of(gate)
    assert text.splitlines()[0] == "## cuelens gate: `worse` against `old`"
    assert "Gate failed: 1 hold, 1 fail, 1 undecided, of 3." in text
    assert "| `shape_bias >= baseline - 0.05` | standard |" in text
    assert text.count("**fails**") == 1
    escaped = (one.sentence.replace("_", "\\_") for one in gate.rulings)
    assert text.splitlines()[-3:] == [f"- {sentence}" for sentence in escaped]
    assert junit_of(gate).startswith('<?xml version="1.0" encoding="utf-8"?>\n<testsuite ')
