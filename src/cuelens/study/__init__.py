"""Studies: read, run, compare, judge."""

from cuelens.study.attack_files import AttackedFiles, attack_files
from cuelens.study.grouping import Grouping
from cuelens.study.model_files import EvaluatedFiles, evaluate_files, train_file
from cuelens.study.plan import Plan, Study, demo_plan, read_study, study_schema
from cuelens.study.probe_files import probe_files
from cuelens.study.run import run_study
from cuelens.study.scores import Scores, score_decisions

__all__ = [
    "AttackedFiles",
    "EvaluatedFiles",
    "Grouping",
    "Plan",
    "Scores",
    "Study",
    "attack_files",
    "demo_plan",
    "evaluate_files",
    "probe_files",
    "read_study",
    "run_study",
    "score_decisions",
    "study_schema",
    "train_file",
]
