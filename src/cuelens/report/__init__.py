"""Reports: records drawn as one HTML page, with its figures and tables beside it.

It draws what has been computed; give it a `ReportData`, it writes a folder.
"""

from cuelens.report.attacked import attack_report
from cuelens.report.data import (
    Check,
    DoseResponse,
    Effect,
    ModelRow,
    Outcome,
    Rate,
    ReportData,
    Strip,
    StripCell,
    Verdict,
)
from cuelens.report.explained import explain_files
from cuelens.report.of_run import report_of
from cuelens.report.page import write_report
from cuelens.report.saved_images import save_images
from cuelens.report.strips import strips_of

__all__ = [
    "Check",
    "DoseResponse",
    "Effect",
    "ModelRow",
    "Outcome",
    "Rate",
    "ReportData",
    "Strip",
    "StripCell",
    "Verdict",
    "attack_report",
    "explain_files",
    "report_of",
    "save_images",
    "strips_of",
    "write_report",
]
