"""Files of answers that were given elsewhere: what they give, and what each mistake is told."""

import numpy as np
import polars as pl
import pytest

from cuelens.errors import DataError, MissingDataError
from cuelens.study.exchange.answer_files import examples, read_answers

NAMES = ("cat", "dog", "1")


def written(folder, text, name="answers.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def message_of(path):
    with pytest.raises(DataError) as caught:
        read_answers(path, NAMES)
    return str(caught.value)


def test_names_come_before_indices_and_nothing_is_no_answer(tmp_path):
    path = written(
        tmp_path, "id,condition,prediction\na,clean,dog\nb,clean, 0\nc,clean,1\nd,clean,\n"
    )
    found = read_answers(path, NAMES)
    assert found.prediction.tolist() == [1, 0, 2, -1]
    assert found.keys.to_dict(as_series=False) == {
        "id": ["a", "b", "c", "d"], "condition": ["clean"] * 4,
    }  # fmt: skip
    assert (found.logits, found.given) == (None, "predictions")


def test_the_files_name_is_the_condition_where_there_is_no_column(tmp_path):
    path = written(tmp_path, "id,prediction\na,cat\n", name="saturation=8.csv")
    assert read_answers(path, NAMES).keys["condition"].to_list() == ["saturation=8"]
    dotted = written(tmp_path, "id,prediction\na,cat\n", name="contrast=0.5.csv")
    assert read_answers(dotted, NAMES).keys["condition"].to_list() == ["contrast=0.5"]


def test_probabilities_become_logarithms_whatever_the_order_of_the_columns(tmp_path):
    path = written(
        tmp_path,
        "probability_1,id,probability_dog,probability_cat,condition\n0,a,.25,.75,clean\n",
    )
    found = read_answers(path, NAMES)
    assert found.given == "probabilities"
    assert found.prediction.tolist() == [0]
    assert np.exp(found.logits).tolist() == [[0.75, 0.25, 0.0]]


def test_logits_may_be_named_by_index_and_need_not_be_numbers(tmp_path):
    path = written(
        tmp_path, "id,condition,logit_0,logit_1,logit_2\na,clean,-1,3,2\nb,clean,nan,1,2\n"
    )
    found = read_answers(path, NAMES)
    assert found.prediction.tolist() == [1, -1]
    assert found.logits[0].tolist() == [-1.0, 3.0, 2.0]


@pytest.mark.parametrize("column", ["logits", "probabilities"])
def test_parquet_files_may_hold_lists(tmp_path, column):
    table = pl.DataFrame(
        {"id": ["a", "b"], "condition": ["clean"] * 2, column: [[0.0, 1.0, 0.0], [0.5, 0.25, 0.25]]}
    )
    table.write_parquet(tmp_path / "answers.parquet")
    found = read_answers(tmp_path / "answers.parquet", NAMES)
    assert found.given == column
    assert found.prediction.tolist() == [1, 0]


def test_a_prediction_may_stand_beside_its_numbers_and_settles_ties(tmp_path):
    head = "id,condition,prediction,probability_cat,probability_dog,probability_1\n"
    tied = written(tmp_path, head + "a,clean,dog,.5,.5,0\n")
    assert read_answers(tied, NAMES).prediction.tolist() == [1]
    wrong = written(tmp_path, head + "a,clean,dog,.5,.5,0\nb,clean,cat,.1,.9,0\n", name="wrong.csv")
    assert message_of(wrong) == (
        f"`{wrong}`: `prediction` must be the class with the largest number beside it, got 1 of 2 "
        "rows with another: 'b'. Leave the column out, or correct it."
    )


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(MissingDataError) as caught:
        read_answers(tmp_path / "none.csv", NAMES)
    assert str(caught.value) == (
        f"Expected a file of predictions at `{tmp_path / 'none.csv'}`, got nothing there. Give a "
        "CSV or Parquet file."
    )


WRONG = [
    (
        "name,prediction\na,cat\n",
        (
            "must have a column `id`, got name, prediction. Take the ids of the manifest that "
            "`cuelens export` wrote."
        ),
    ),
    (
        "id,condition,prediction\n",
        "must hold at least one answer, got only column names. Give another file.",
    ),
    (
        "id,condition,answer\na,clean,cat\n",
        (
            "must have a column `prediction`, or `probability_CLASS` or `logit_CLASS` for every "
            "class ('cat', 'dog', '1'), got id, condition, answer. Add one."
        ),
    ),
    (
        "id,condition,logit_cat,logit_dog,logit_cow\na,clean,1,2,3\n",
        (
            "must have one column `logit_CLASS` for each of 3 classes, got 3: missing 'logit_1', "
            "unknown 'logit_cow'. Name them after the classes, or by index."
        ),
    ),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=range(len(WRONG)))
def test_a_file_without_what_is_needed_is_told_so(tmp_path, text, sentence):
    path = written(tmp_path, text)
    assert message_of(path) == f"`{path}` {sentence}"


STRANGE = [
    (
        "id,condition,prediction\na,clean,cow\nb,clean,7\nc,clean,cow\nd,clean,cat\n",
        (
            "`prediction` must be a class name ('cat', 'dog', '1'), an index from 0 to 2, or empty "
            "where there was no answer, got 3 others of 4: 'cow', '7'. Correct them."
        ),
    ),
    (
        "id,condition,probability_0,probability_1,probability_2\na,clean,.5,.5,.5\nb,clean,1,0,0\n",
        (
            "probabilities must lie in [0, 1] and sum to 1 in every row, to 0.001, got 1 of 2 rows "
            "that do not, the first of 'a' with the sum 1.5. Call them `logit_CLASS` if they are "
            "logits."
        ),
    ),
    (
        "id,condition,logit_0,logit_1,logit_2\na,clean,1,many,3\n",
        "`logit_1` must hold a number in every row, got 1 others of 1: 'many'. Correct them.",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), STRANGE, ids=range(len(STRANGE)))
def test_values_that_are_none_are_counted_with_examples(tmp_path, text, sentence):
    path = written(tmp_path, text)
    assert message_of(path) == f"`{path}`: {sentence}"


def test_lists_of_another_length_are_counted(tmp_path):
    path = tmp_path / "answers.parquet"
    table = {"id": ["a", "b"], "condition": ["clean"] * 2, "logits": [[0.0, 1.0, 2.0], [1.0]]}
    pl.DataFrame(table).write_parquet(path)
    assert message_of(path) == (
        f"`{path}`: `logits` must be a list of 3 numbers a row, got another length in 1 of 2 rows, "
        "such as 1. Give one number for each class of the run."
    )


def test_what_is_no_table_is_refused(tmp_path):
    path = tmp_path / "answers.parquet"
    path.write_bytes(b"nothing")
    assert message_of(path).startswith(
        f"`{path}` must be a CSV file in UTF-8 with column names in its first line, or end in "
    )


def test_examples_are_few():
    assert examples(["a"]) == "'a'"
    assert examples(list("abcde")) == "'a', 'b', 'c' and 2 more"
