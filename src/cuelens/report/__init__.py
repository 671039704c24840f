"""Reports: records drawn as one HTML page, with its figures and tables beside it.

It draws what has been computed; give it a `ReportData`, it writes a folder.
"""

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
    "explain_files",
    "report_of",
    "strips_of",
    "write_report",
]
