"""What an audit says first."""

import polars as pl

from cuelens.report.audit_words import relied_on

PROFILE = pl.DataFrame(
    {
        "model": ["a", "a", "a", "b", "c"],
        "cue": ["texture", "shape", "colour", "shape", "texture"],
        "family": ["saturation", "shuffle", "greyscale", "shuffle", "stylised"],
        "value": [0.1, 0.4, 0.9, 0.2, None],
        "low": [0.05, 0.3, -0.1, -0.01, None],
        "high": [0.15, 0.5, 1.2, 0.41, None],
        "n": [200, 1200, 200, 200, 200],
    }
)


def test_the_largest_reliance_above_chance_is_named():
    assert relied_on(PROFILE, ["a"]) == (
        "a relies most on shape (shuffle: 40.0 points [30.0, 50.0], n = 1,200)"
    )


def test_a_model_without_any_is_said_so():
    assert relied_on(PROFILE, ["b"]) == (
        "b: no reliance on a cue can be told from 0 (on shape it may be up to 41.0 points, n = 200)"
    )


def test_what_was_not_measured_is_not_called_none():
    assert relied_on(PROFILE, ["c", "d"]) == (
        "No cue reliance was measured: no condition has its control"
    )
    assert relied_on(PROFILE, ["b", "c"]) == (
        "b: no reliance on a cue can be told from 0 (on shape it may be up to 41.0 points, "
        "n = 200); c has no measured cue: no condition has its control"
    )


def test_many_models_are_counted():
    assert relied_on(PROFILE, ["a", "b", "c", "d", "e"]).endswith("; 2 more below")
