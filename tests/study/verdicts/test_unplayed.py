"""What a study is told of roles that nobody plays, before it computes."""

import logging

import pytest

from cuelens.study import run_study
from cuelens.study.plan.plan import plan_of
from cuelens.study.run import run
from cuelens.study.verdicts.unplayed import unplayed_roles

END = (
    "Name a model for each role in `roles` before the study runs, since a run's claims and roles "
    "are never changed{}; or write `claims: none` for a study that only describes."
)


def plan_with(content, *models, **roles):
    content["models"] = {name: {} for name in models}
    content["roles"] = roles
    return plan_of(content, where="study.yaml")


def test_a_study_with_all_roles_is_told_nothing(tiny_content):
    plan = plan_with(tiny_content, "standard", "adversarial", "under", underfit="under")
    assert unplayed_roles(plan) == ()
    tiny_content["claims"] = "none"
    assert unplayed_roles(plan_with(tiny_content, "standard")) == ()


def test_no_underfit_network_means_never_for(tiny_content):
    plan = plan_with(tiny_content, "standard", "hardened", adversarial="hardened")
    hint = (
        "; an underfit one is a standard network with `as_accurate_as: hardened` beside its recipe"
    )
    (sentence,) = unplayed_roles(plan)
    assert sentence == (
        "No model of this study has the role `underfit`, so the claims stylised, saturation, "
        "patch-shuffle, salience-contours and salience-sparsity can come out against, but never "
        f"for. {END.format(hint)}"
    )


def test_nobody_to_hold_against_another_means_not_measured(tiny_content):
    claim = {"name": "one", "statement": "", "family": "saturation", "levels": [8]}
    claim |= {"direction": "greater", "control": "control"}
    tiny_content["claims"] = [claim]
    plan = plan_with(tiny_content, "only", standard="only")
    (sentence,) = unplayed_roles(plan)
    assert sentence == (
        "No model of this study has the roles `adversarial` and `control`, so the claim one will "
        f"not be measured. {END.format('')}"
    )
    plan = plan_with(tiny_content, "only", adversarial="only")
    (sentence,) = unplayed_roles(plan)
    assert "roles `standard` and `control`, so the claim one will not be measured." in sentence


def test_it_is_said_before_anything_is_computed(tiny_content, tmp_path, monkeypatch, caplog):
    class StopError(Exception):
        pass

    def stop(*_arguments, **_settings):
        raise StopError

    monkeypatch.setattr(run, "train_models", stop)
    plan = plan_of(tiny_content, where="study.yaml")
    with caplog.at_level(logging.WARNING, logger="cuelens"), pytest.raises(StopError):
        run_study(plan, data_folder=None, out=tmp_path / "run")
    assert caplog.messages == list(unplayed_roles(plan))
