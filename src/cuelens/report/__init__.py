"""Reports: records drawn as one HTML page, with its figures and tables beside it.

It draws what has been computed; give it a `ReportData`, it writes a folder.
"""

from cuelens.report.attacked import attack_report
from cuelens.report.data import (
    DoseResponse,
    Effect,
    ModelRow,
    Outcome,
    Rate,
    ReportData,
    Verdict,
)
from cuelens.report.drawn_strips import strips_of
from cuelens.report.explained import Explained, explain_files
from cuelens.report.explained_tables import agreement_rows, measure_rows
from cuelens.report.of_run import report_of
from cuelens.report.of_study import report_study
from cuelens.report.page import write_report
from cuelens.report.saved_images import save_images
from cuelens.report.strip import MapPicture, Strip, StripCell
from cuelens.report.views import VIEWS, View, view_of
from cuelens.study.checks import Check

__all__ = [
    "VIEWS",
    "Check",
    "DoseResponse",
    "Effect",
    "Explained",
    "MapPicture",
    "ModelRow",
    "Outcome",
    "Rate",
    "ReportData",
    "Strip",
    "StripCell",
    "Verdict",
    "View",
    "agreement_rows",
    "attack_report",
    "explain_files",
    "measure_rows",
    "report_of",
    "report_study",
    "save_images",
    "strips_of",
    "view_of",
    "write_report",
]
