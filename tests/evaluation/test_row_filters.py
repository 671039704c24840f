"""Comparisons as people type them: what they choose, and what is said of those that are wrong."""

import polars as pl
import pytest

from cuelens.errors import ConfigError
from cuelens.evaluation.row_filters import row_filter

SCHEMA = pl.Schema(
    {
        "model": pl.String(),
        "condition": pl.String(),
        "level": pl.Float64(),
        "draw": pl.Int64(),
        "tie": pl.Boolean(),
        "probabilities": pl.List(pl.Float32()),
    }
)
ROWS = pl.DataFrame(
    {
        "model": ["a", "a", "b", "b"],
        "condition": ["clean", "saturation=8", "saturation=8", "x == 'y'"],
        "level": [None, 8.0, 8.0, 0.5],
        "draw": [0, 1, 2, 3],
        "tie": [True, False, None, False],
    }
)


@pytest.mark.parametrize(
    ("text", "draws"),
    [
        ("model == a", [0, 1]),
        ("model != a", [2, 3]),
        ("condition == saturation=8", [1, 2]),
        ("condition=='saturation=8'", [1, 2]),
        ("condition == x == 'y'", [3]),
        ("level == 8", [1, 2]),
        ("level == 1/2", [3]),
        ("level < 8", [3]),
        ("level >= 0.5", [1, 2, 3]),
        ("level == null", [0]),
        ("level != null", [1, 2, 3]),
        ("draw <= 1", [0, 1]),
        ("draw > 1", [2, 3]),
        (" tie == true ", [0]),
        ("tie == False", [1, 3]),
        ("tie == null", [2]),
        ("model == __import__('os')", []),
    ],
)
def test_a_comparison_chooses_the_rows_that_it_says(text, draws):
    chosen = ROWS.filter(row_filter(text, SCHEMA, option="--where").expression())
    assert chosen["draw"].to_list() == draws


EXAMPLE = "Write it such as 'condition == saturation=8', 'level >= 8' or 'tie == true'."


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "model",
            (
                "`--where` must be COLUMN OPERATOR VALUE with one of ==, !=, <=, >=, <, >, got "
                f"'model'. {EXAMPLE}"
            ),
        ),
        (
            "modle == a",
            (
                "`--where` must name one of the columns model, condition, level, draw, tie, got "
                "'modle' in 'modle == a'. Did you mean 'model'?"
            ),
        ),
        (
            "probabilities == 1",
            (
                "`--where` must name one of the columns model, condition, level, draw, tie, got "
                "'probabilities' in 'probabilities == 1'."
            ),
        ),
        (
            "tie == 1",
            f"`--where` must compare with true or false, or null, got '1' in 'tie == 1'. {EXAMPLE}",
        ),
        (
            "draw == 1.5",
            (
                "`--where` must compare with a whole number, or null, got '1.5' in 'draw == 1.5'. "
                f"{EXAMPLE}"
            ),
        ),
        (
            "level > high",
            (
                "`--where` must compare with a number, or null, got 'high' in 'level > high'. "
                f"{EXAMPLE}"
            ),
        ),
        (
            "model < b",
            (
                "`--where` must compare text by == or !=, got 'model < b'. Only numbers are larger "
                "or smaller."
            ),
        ),
        (
            "tie >= true",
            (
                "`--where` must compare true and false by == or !=, got 'tie >= true'. Only "
                "numbers are larger or smaller."
            ),
        ),
        (
            "level < null",
            (
                "`--where` must compare null by == or !=, got 'level < null'. Only numbers are "
                "larger or smaller."
            ),
        ),
    ],
)
def test_what_is_no_comparison_is_refused_with_what_would_be(text, message):
    with pytest.raises(ConfigError) as error:
        row_filter(text, SCHEMA, option="--where")
    assert str(error.value) == message
