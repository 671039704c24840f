"""Studies: read, run, compare, judge."""

from cuelens.study.attack_files import AttackedFiles, attack_files
from cuelens.study.certificate import Certificate, selfcheck
from cuelens.study.exports import Exported, export_folder, export_study, plan_at
from cuelens.study.gate import Gate, run_gate
from cuelens.study.gate_files import write_gate
from cuelens.study.grouping import Grouping
from cuelens.study.image_files import ImageFormat
from cuelens.study.imports import Imported, import_predictions
from cuelens.study.model_files import EvaluatedFiles, evaluate_files, train_file
from cuelens.study.plan import Plan, Study, demo_plan, read_study, study_schema
from cuelens.study.power import Assumptions, power_table
from cuelens.study.probe_files import probe_files
from cuelens.study.ranks import Rank, meet
from cuelens.study.run import run_study
from cuelens.study.run_records import RunRecords
from cuelens.study.scores import Scores, score_decisions
from cuelens.study.status import Status, study_status

__all__ = [
    "Assumptions",
    "AttackedFiles",
    "Certificate",
    "EvaluatedFiles",
    "Exported",
    "Gate",
    "Grouping",
    "ImageFormat",
    "Imported",
    "Plan",
    "Rank",
    "RunRecords",
    "Scores",
    "Status",
    "Study",
    "attack_files",
    "demo_plan",
    "evaluate_files",
    "export_folder",
    "export_study",
    "import_predictions",
    "meet",
    "plan_at",
    "power_table",
    "probe_files",
    "read_study",
    "run_gate",
    "run_study",
    "score_decisions",
    "selfcheck",
    "study_schema",
    "study_status",
    "train_file",
    "write_gate",
]
