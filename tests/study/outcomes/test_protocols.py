"""Shape bias and reciprocal ranks of planted models: where they agree, nothing is said."""

import numpy as np
import polars as pl
import pytest
from tests.study.planted import CLASSES, planted_conflict

from cuelens.study.outcomes.answers import answers_of, summarise_answers
from cuelens.study.outcomes.protocols import protocol_disagreement, where_protocols_disagree


def ranked(rates, *, sources=0, n=1000):
    """Return records where the class of a cue ranks first where it is the answer, else fourth.

    `rates` has the share of shape and of texture answers of each model.
    """
    records = planted_conflict(rates, n=n, sources=sources)
    return records.with_columns(
        pl.when(pl.col(cue) == pl.col("prediction")).then(1).otherwise(4).alias(f"{cue}_rank")
        for cue in ("shape", "texture")
    )


def test_protocols_that_agree_are_passed_over():
    assert where_protocols_disagree(ranked({"a": (0.2, 0.6), "b": (0.6, 0.2)})) == ()
    assert where_protocols_disagree(ranked({"a": (0.3, 0.5), "b": (0.3, 0.5)})) == ()
    # Texture falls and shape stays: the larger bias is less texture, which both say.
    assert where_protocols_disagree(ranked({"a": (0.3, 0.5), "b": (0.3, 0.1)})) == ()


@pytest.mark.parametrize("sources", [0, 20])
def test_a_larger_bias_with_less_of_both_cues_is_said(sources):
    records = ranked({"standard": (0.4, 0.55), "robust": (0.2, 0.05)}, sources=sources)
    (sentence,) = where_protocols_disagree(records)
    table = {row["model"]: row for row in summarise_answers(records).iter_rows(named=True)}
    bias = table["robust"]["bias"] - table["standard"]["bias"]
    assert sentence.startswith(
        "Protocols disagree on conflict: robust has a larger shape bias than standard "
        f"({bias:+.3f} ["
    )
    falls = [
        table["robust"][f"{cue}_reciprocal_rank"] - table["standard"][f"{cue}_reciprocal_rank"]
        for cue in ("shape", "texture")
    ]
    assert f"the mean reciprocal rank of the shape's class falls ({falls[0]:+.3f} [" in sentence
    assert f"that of the texture's falls ({falls[1]:+.3f} [" in sentence
    assert sentence.endswith("it uses less of both cues, and of texture still less than of shape.")
    one, two = answers_of(records)
    assert protocol_disagreement(one, two) == protocol_disagreement(two, one) == sentence


def test_a_larger_bias_with_more_of_both_cues_is_said():
    (sentence,) = where_protocols_disagree(ranked({"a": (0.1, 0.2), "b": (0.5, 0.35)}))
    assert sentence.endswith("it uses more of both cues, so it does not rely on texture any less.")


def test_ranks_below_the_answer_can_tell_otherwise():
    records = ranked({"a": (0.3, 0.4), "b": (0.4, 0.3)})
    # b's texture is its second choice where it is not its first, and its shape its last.
    for cue, rank in (("shape", CLASSES), ("texture", 2)):
        missed = (pl.col("model") == "b") & (pl.col(f"{cue}_rank") > 1)
        moved = pl.when(missed).then(rank).otherwise(f"{cue}_rank")
        records = records.with_columns(moved.alias(f"{cue}_rank"))
    (sentence,) = where_protocols_disagree(records)
    assert "shape's class does not clearly change (" in sentence
    assert sentence.endswith("it uses texture more, not less.")


def test_a_full_sentence():
    records = ranked({"standard": (0.4, 0.55), "robust": (0.2, 0.05)}, n=400)
    (sentence,) = where_protocols_disagree(records.with_columns(condition=pl.lit("blur=2")))
    assert "Protocols disagree on conflict, blur=2: robust" in sentence


def test_without_ranks_or_on_other_images_nothing_can_be_said():
    records = ranked({"standard": (0.4, 0.55), "robust": (0.2, 0.05)})
    unranked = records.with_columns(shape_rank=pl.lit(None, dtype=pl.Int64))
    assert where_protocols_disagree(unranked) == ()
    row = summarise_answers(unranked).row(0, named=True)
    assert (row["shape_reciprocal_rank"], row["shape_rank_low"]) == (None, None)
    assert row["texture_reciprocal_rank"] is not None
    fewer = records.filter((pl.col("model") == "robust") | (pl.col("image") > "conflict/00009"))
    assert where_protocols_disagree(fewer) == ()
    silent = ranked({"a": (0.0, 0.0), "b": (0.3, 0.3)})
    assert where_protocols_disagree(silent) == ()


def test_reciprocal_ranks_have_intervals_by_image_or_by_crossed_sources():
    rates = {"standard": (0.3, 0.5)}
    plain = summarise_answers(ranked(rates, n=400)).row(0, named=True)
    shared = summarise_answers(ranked(rates, n=400, sources=10)).row(0, named=True)
    records = ranked(rates, n=400).filter(pl.col("shape") != pl.col("texture"))
    for cue in ("shape", "texture"):
        values = 1 / records[f"{cue}_rank"].to_numpy()
        assert plain[f"{cue}_reciprocal_rank"] == pytest.approx(values.mean())
        half = 1.966 * values.std(ddof=1) / np.sqrt(len(values))
        assert plain[f"{cue}_rank_high"] - values.mean() == pytest.approx(half, rel=1e-3)
        assert shared[f"{cue}_rank_low"] < values.mean() < shared[f"{cue}_rank_high"]
