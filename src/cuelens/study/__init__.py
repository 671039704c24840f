"""Studies: read, run, compare, judge.

The names below are imported when first used: who asks where a study stands needs no oracles.
"""

from typing import TYPE_CHECKING

from cuelens.lazy_names import lazy_names

if TYPE_CHECKING:
    from cuelens.study.adhoc.attacked_files import AttackedFiles, attack_files
    from cuelens.study.adhoc.model_files import EvaluatedFiles, evaluate_files, train_file
    from cuelens.study.adhoc.probed_files import probe_files
    from cuelens.study.certificate import Certificate, selfcheck
    from cuelens.study.exchange.exports import Exported, export_folder, export_study, plan_at
    from cuelens.study.exchange.image_files import ImageFormat
    from cuelens.study.exchange.imports import Imported, import_predictions
    from cuelens.study.exchange.scores import Scores, score_decisions
    from cuelens.study.gate.gate import Gate, run_gate
    from cuelens.study.gate.gate_files import forget_gate, write_gate
    from cuelens.study.gate.run_comparison import RunComparison, compare_runs
    from cuelens.study.images.grouping import Grouping
    from cuelens.study.plan.plan import Plan, Study, demo_plan, read_study, study_schema
    from cuelens.study.power import Assumptions, power_table
    from cuelens.study.run.ranks import Rank, meet
    from cuelens.study.run.run import run_study
    from cuelens.study.run.status import Status, study_status
    from cuelens.study.run_folder.run_records import RunRecords
    from cuelens.study.trace import trace_run
    from cuelens.study.verdicts.unplayed import unplayed_roles

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
    "AttackedFiles": "cuelens.study.adhoc.attacked_files",
    "Certificate": "cuelens.study.certificate",
    "EvaluatedFiles": "cuelens.study.adhoc.model_files",
    "Exported": "cuelens.study.exchange.exports",
    "Gate": "cuelens.study.gate.gate",
    "Grouping": "cuelens.study.images.grouping",
    "ImageFormat": "cuelens.study.exchange.image_files",
    "Imported": "cuelens.study.exchange.imports",
    "Plan": "cuelens.study.plan.plan",
    "Rank": "cuelens.study.run.ranks",
    "RunComparison": "cuelens.study.gate.run_comparison",
    "RunRecords": "cuelens.study.run_folder.run_records",
    "Scores": "cuelens.study.exchange.scores",
    "Status": "cuelens.study.run.status",
    "Study": "cuelens.study.plan.plan",
    "attack_files": "cuelens.study.adhoc.attacked_files",
    "compare_runs": "cuelens.study.gate.run_comparison",
    "demo_plan": "cuelens.study.plan.plan",
    "evaluate_files": "cuelens.study.adhoc.model_files",
    "export_folder": "cuelens.study.exchange.exports",
    "export_study": "cuelens.study.exchange.exports",
    "forget_gate": "cuelens.study.gate.gate_files",
    "import_predictions": "cuelens.study.exchange.imports",
    "meet": "cuelens.study.run.ranks",
    "plan_at": "cuelens.study.exchange.exports",
    "power_table": "cuelens.study.power",
    "probe_files": "cuelens.study.adhoc.probed_files",
    "read_study": "cuelens.study.plan.plan",
    "run_gate": "cuelens.study.gate.gate",
    "run_study": "cuelens.study.run.run",
    "score_decisions": "cuelens.study.exchange.scores",
    "selfcheck": "cuelens.study.certificate",
    "study_schema": "cuelens.study.plan.plan",
    "study_status": "cuelens.study.run.status",
    "train_file": "cuelens.study.adhoc.model_files",
    "unplayed_roles": "cuelens.study.verdicts.unplayed",
    "write_gate": "cuelens.study.gate.gate_files",
    "trace_run": "cuelens.study.trace",
}

__getattr__ = lazy_names(__name__, _HOME)
