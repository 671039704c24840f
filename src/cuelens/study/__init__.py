"""Studies: read, run, compare, judge.

The names below are imported when first used: who asks where a study stands needs no oracles.
"""

from typing import TYPE_CHECKING

from cuelens.lazy_names import lazy_names

if TYPE_CHECKING:
    from cuelens.study.attacked_files import AttackedFiles, attack_files
    from cuelens.study.certificate import Certificate, selfcheck
    from cuelens.study.exports import Exported, export_folder, export_study, plan_at
    from cuelens.study.gate import Gate, run_gate
    from cuelens.study.gate_files import forget_gate, write_gate
    from cuelens.study.grouping import Grouping
    from cuelens.study.image_files import ImageFormat
    from cuelens.study.imports import Imported, import_predictions
    from cuelens.study.model_files import EvaluatedFiles, evaluate_files, train_file
    from cuelens.study.plan import Plan, Study, demo_plan, read_study, study_schema
    from cuelens.study.power import Assumptions, power_table
    from cuelens.study.probed_files import probe_files
    from cuelens.study.ranks import Rank, meet
    from cuelens.study.run import run_study
    from cuelens.study.run_comparison import RunComparison, compare_runs
    from cuelens.study.run_records import RunRecords
    from cuelens.study.scores import Scores, score_decisions
    from cuelens.study.status import Status, study_status
    from cuelens.study.trace import trace_run
    from cuelens.study.unplayed import unplayed_roles

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
    "RunComparison",
    "RunRecords",
    "Scores",
    "Status",
    "Study",
    "attack_files",
    "compare_runs",
    "demo_plan",
    "evaluate_files",
    "export_folder",
    "export_study",
    "forget_gate",
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
    "trace_run",
    "train_file",
    "unplayed_roles",
    "write_gate",
]

_HOME = {
    "Assumptions": "cuelens.study.power",
    "AttackedFiles": "cuelens.study.attacked_files",
    "Certificate": "cuelens.study.certificate",
    "EvaluatedFiles": "cuelens.study.model_files",
    "Exported": "cuelens.study.exports",
    "Gate": "cuelens.study.gate",
    "Grouping": "cuelens.study.grouping",
    "ImageFormat": "cuelens.study.image_files",
    "Imported": "cuelens.study.imports",
    "Plan": "cuelens.study.plan",
    "Rank": "cuelens.study.ranks",
    "RunComparison": "cuelens.study.run_comparison",
    "RunRecords": "cuelens.study.run_records",
    "Scores": "cuelens.study.scores",
    "Status": "cuelens.study.status",
    "Study": "cuelens.study.plan",
    "attack_files": "cuelens.study.attacked_files",
    "compare_runs": "cuelens.study.run_comparison",
    "demo_plan": "cuelens.study.plan",
    "evaluate_files": "cuelens.study.model_files",
    "export_folder": "cuelens.study.exports",
    "export_study": "cuelens.study.exports",
    "forget_gate": "cuelens.study.gate_files",
    "import_predictions": "cuelens.study.imports",
    "meet": "cuelens.study.ranks",
    "plan_at": "cuelens.study.exports",
    "power_table": "cuelens.study.power",
    "probe_files": "cuelens.study.probed_files",
    "read_study": "cuelens.study.plan",
    "run_gate": "cuelens.study.gate",
    "run_study": "cuelens.study.run",
    "score_decisions": "cuelens.study.scores",
    "selfcheck": "cuelens.study.certificate",
    "study_schema": "cuelens.study.plan",
    "study_status": "cuelens.study.status",
    "train_file": "cuelens.study.model_files",
    "unplayed_roles": "cuelens.study.unplayed",
    "write_gate": "cuelens.study.gate_files",
    "trace_run": "cuelens.study.trace",
}

__getattr__ = lazy_names(__name__, _HOME)
