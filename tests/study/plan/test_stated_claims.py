"""Claims that a study file states: the paper's, or a list of one's own."""

import json

import pytest
from jsonschema import Draft202012Validator

from cuelens import study
from cuelens.errors import ConfigError, RunFolderError
from cuelens.study.plan.claims import Claim
from cuelens.study.plan.plan import plan_of
from cuelens.study.plan.stated_claims import PAPER_CLAIMS
from cuelens.study.run_folder.run_folder import claim_folder

OWN = {
    "name": "mine",
    "statement": "Mine keeps more at high saturation.",
    "family": "saturation",
    "levels": [64, 1024],
    "direction": "greater",
    "margin": "1/20",
    "rival": "",
}


def message_of(content):
    with pytest.raises(ConfigError) as caught:
        plan_of(content, where="study.yaml")
    return str(caught.value)


def test_the_papers_claims_are_the_protocols_table():
    table = [
        (claim.name, claim.quantity, claim.family, claim.levels, claim.against, claim.direction)
        for claim in PAPER_CLAIMS
    ]
    assert table == [
        ("stylised", "retention-area", "stylised", (), "self-styled", "greater"),
        ("saturation", "retention-area", "saturation", (8, 16, 64, 1024), "", "greater"),
        ("patch-shuffle", "retention-area", "shuffle", (2, 4), "", "smaller"),
        ("salience-contours", "salience-measure", "clean", (), "", "greater"),
        ("salience-sparsity", "salience-measure", "clean", (), "", "greater"),
    ]
    assert [claim.measure for claim in PAPER_CLAIMS[3:]] == ["contour_share", "sparsity"]
    for claim in PAPER_CLAIMS:
        assert (claim.margin, claim.compare) == (0.02, ("adversarial", "standard"))
        assert (claim.control, claim.rival) == ("underfit", "control")
        assert (claim.explained, claim.unexplained) == (0.8, 0.5)


@pytest.mark.parametrize("stated", [{}, {"claims": "paper"}])
def test_the_papers_claims_are_those_of_a_study_that_states_none(tiny_content, stated):
    plan = plan_of(tiny_content | stated, where="study.yaml")
    assert plan.claims == PAPER_CLAIMS


def test_a_study_states_claims_of_its_own(tiny_content):
    plan = plan_of(tiny_content | {"claims": [OWN]}, where="study.yaml")
    assert plan.claims == (
        Claim(
            name="mine",
            statement="Mine keeps more at high saturation.",
            family="saturation",
            levels=(64.0, 1024.0),
            direction="greater",
            margin=0.05,
            rival="",
        ),
    )


def test_stated_claims_survive_being_written_as_json(tiny_content):
    plan = plan_of(tiny_content | {"claims": [OWN]}, where="study.yaml")
    written = json.dumps(plan.study.model_dump(mode="json", exclude_unset=True))
    assert plan_of(json.loads(written), where="study.json") == plan


def test_the_json_schema_knows_claims(tiny_content):
    schema = Draft202012Validator(study.study_schema())
    assert schema.is_valid(tiny_content | {"claims": [OWN]})
    assert not schema.is_valid(tiny_content | {"claims": "papers"})
    assert not schema.is_valid(tiny_content | {"claims": [OWN | {"direction": "up"}]})


def test_claims_that_change_after_the_run_began_are_refused(tiny_content, tmp_path):
    claim_folder(tmp_path, plan_of(tiny_content | {"claims": [OWN]}, where="study.yaml"))
    weaker = plan_of(tiny_content | {"claims": [OWN | {"margin": 0}]}, where="study.yaml")
    with pytest.raises(RunFolderError, match="one that differs in `claims`"):
        claim_folder(tmp_path, weaker)


def test_several_models_may_play_a_role(tiny_content):
    tiny_content["models"]["standard-1"] = {"seed": 1}
    tiny_content["roles"] = {"standard": ["standard", "standard-1"], "control": "standard-1"}
    plan = plan_of(tiny_content, where="study.yaml")
    assert plan.players("standard") == ("standard", "standard-1")
    assert plan.players("adversarial") == ("adversarial",)
    assert plan.players("control") == ("standard-1",)
    assert plan.players("underfit") == plan.players("nobody") == ()


@pytest.mark.parametrize(
    ("claims", "sentence"),
    [
        (
            "papers",
            (
                "study.yaml is not a valid study:\n"
                "  `claims`: Input should be 'paper' or 'none', got 'papers'."
            ),
        ),
        (
            [OWN | {"famly": "x"}],
            ("study.yaml is not a valid study:\n  `claims.0.famly` is unknown; expected one of "
            "against, compare, control, direction, explained, family, levels, margin, measure, "
            "method, name, quantity, rival, statement, unexplained. Did you mean `family`?"),
        ),
        (
            [OWN, OWN],
            ("study.yaml: `claims.1`: Every claim must have a name of its own, got 'mine' twice. "
            "Rename one."),
        ),
        (
            [OWN | {"margin": 2}],
            ("study.yaml: `claims.0`: `margin` of the claim 'mine' must be at least 0 and below 1, "
            "got 2. Did you mean 0.02?"),
        ),
        (
            [OWN | {"levels": [64, 128]}],
            ("study.yaml: `claims.0`: `family`, `levels` and `against` must name conditions of "
            "this study, some of clean, saturation=8, saturation=16, saturation=64, "
            "saturation=1024, shuffle=2, shuffle=4, got 'saturation=128'. Add it to `conditions`."),
        ),
        (
            [OWN | {"against": "contrast"}],
            ("study.yaml: `claims.0`: `family`, `levels` and `against` must name conditions of "
            "this study, some of clean, saturation=8, saturation=16, saturation=64, "
            "saturation=1024, shuffle=2, shuffle=4, got 'contrast=64'. Add it to `conditions`."),
        ),
        (
            [OWN | {"compare": ["adversarial", "robust"]}],
            ("study.yaml: `claims.0`: `compare`, `control` and `rival` must be roles, some of "
            "standard, adversarial, underfit, control, got 'robust'. Name roles here and give them "
            "models in `roles`."),
        ),
        (
            [
                {
                    "name": "maps", "statement": "", "quantity": "salience-measure",
                    "family": "clean", "measure": "sparsity", "method": "smoothgrad",
                    "direction": "greater",
                }
            ],
            ("study.yaml: `claims.0`: `method` must be one of this study's `salience.methods` "
            "(gradient), got 'smoothgrad'. Add it there."),
        ),
        (
            [OWN | {"explained": 0.4}],
            ("study.yaml: `claims.0`: `unexplained` of the claim 'mine' must be at least 0 and "
            "below `explained`, which is at most 1, got 0.5 and 0.4. Usual are 0.5 and 0.8."),
        ),
    ],
    ids=lambda value: None,
)  # fmt: skip
def test_a_claim_that_no_record_could_decide_is_refused(tiny_content, claims, sentence):
    assert message_of(tiny_content | {"claims": claims}) == sentence
