"""Rules as people type them, and where a text that is none goes wrong."""

import pytest

from cuelens.errors import ConfigError
from cuelens.study.gate.gate_rules import read_rule

END = (
    "\nRules are such as shape_bias >= baseline - 0.05, "
    "retention[saturation=8] >= baseline - 2/100, accuracy >= 0.8."
)


@pytest.mark.parametrize(
    ("text", "quantity", "argument", "sign", "against_baseline", "offset"),
    [
        ("shape_bias >= baseline - 0.05", "shape_bias", None, 1, True, -0.05),
        ("shape_bias<=baseline+1/20", "shape_bias", None, -1, True, 0.05),
        ("accuracy >= baseline", "accuracy", None, 1, True, 0.0),
        ("accuracy >= 0.8", "accuracy", None, 1, False, 0.8),
        ("accuracy[shuffle=4] >= 1 / 2", "accuracy", "shuffle=4", 1, False, 0.5),
        (" retention[saturation=8]>=baseline-2/100 ", "retention", "saturation=8", 1, True, -0.02),
        ("robust_accuracy[pgd-20] <= 0", "robust_accuracy", "pgd-20", -1, False, 0.0),
        (
            "robust_accuracy[strong after fab-t] >= baseline",
            "robust_accuracy", "strong after fab-t", 1, True, 0.0,
        ),
        ("cue_reliance[shuffle] >= -0.1", "cue_reliance", "shuffle", 1, False, -0.1),
    ],
)  # fmt: skip
def test_a_rule_says_what_is_held_against_what(
    text, quantity, argument, sign, against_baseline, offset
):
    rule = read_rule(text)
    assert (rule.quantity, rule.argument, rule.sign) == (quantity, argument, sign)
    assert (rule.against_baseline, rule.offset) == (against_baseline, pytest.approx(offset))
    assert rule.text == text.strip()


@pytest.mark.parametrize(
    ("text", "wanted", "got", "place"),
    [
        ("", "the name of a quantity", "the end", 0),
        ("0.8 <= accuracy", "the name of a quantity", "0.8 <= accuracy", 0),
        (
            "shapebias >= 0",
            (
                "one of accuracy, retention, robust_accuracy, shape_bias, cue_reliance, perhaps "
                "shape_bias"
            ),
            "shapebias >= 0",
            0,
        ),
        ("shape_bias > 0", ">= or <=", "> 0", 11),
        ("shape_bias[clean] >= 0", ">= or <=", "[clean] >= 0", 10),
        ("retention >= 0", "[CONDITION]", ">= 0", 10),
        ("retention[] >= 0", "the name of a condition", "] >= 0", 10),
        ("accuracy >= baselines", "a number, or `baseline`", "baselines", 12),
        ("accuracy >= baseline * 2", "+ or - and a number, or the end", "* 2", 21),
        ("accuracy >= baseline - x", "a number", "x", 23),
        ("accuracy >= 0.8 and more", "the end", "and more", 16),
        ("accuracy >= 1/0", "a number, not a division by 0", "1/0", 12),
        ("accuracy >= 80", "a share, at most 1", "80", 12),
        ("accuracy >= baseline - 5", "a share, at most 1", "5", 23),
        ("accuracy >= __import__('os')", "a number, or `baseline`", "__import__('os')", 12),
    ],
)
def test_a_text_that_is_no_rule_is_refused_where_it_goes_wrong(text, wanted, got, place):
    with pytest.raises(ConfigError) as error:
        read_rule(text)
    assert str(error.value) == (
        f"`--rule` must have {wanted} here, got {got!r}:\n  {text}\n  {' ' * place}^{END}"
    )
