"""Reports: records drawn as one HTML page, with its figures and tables beside it.

It draws what has been computed; give it a `ReportData`, it writes a folder. The names below are
imported when first used: charts cost a second to import, and most runs that are finished draw none.
"""

from typing import TYPE_CHECKING

from cuelens.lazy_names import lazy_names

if TYPE_CHECKING:
    from cuelens.report.attacked import attack_report
    from cuelens.report.audited import Audited, audit_files
    from cuelens.report.compared import compare_report, headline_of, networks_of
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
    from cuelens.report.told_verdicts import ToldVerdict, ToldVerdicts, read_verdicts
    from cuelens.report.traced import write_trace
    from cuelens.report.views import VIEWS, View, view_of
    from cuelens.study.checks.checks import Check

__all__ = [
    "VIEWS",
    "Audited",
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
    "ToldVerdict",
    "ToldVerdicts",
    "Verdict",
    "View",
    "agreement_rows",
    "attack_report",
    "audit_files",
    "compare_report",
    "explain_files",
    "headline_of",
    "measure_rows",
    "networks_of",
    "read_verdicts",
    "report_of",
    "report_study",
    "save_images",
    "strips_of",
    "view_of",
    "write_report",
    "write_trace",
]

_HOME = {
    "Audited": "cuelens.report.audited",
    "Check": "cuelens.study.checks.checks",
    "DoseResponse": "cuelens.report.data",
    "Effect": "cuelens.report.data",
    "Explained": "cuelens.report.explained",
    "MapPicture": "cuelens.report.strip",
    "ModelRow": "cuelens.report.data",
    "Outcome": "cuelens.report.data",
    "Rate": "cuelens.report.data",
    "ReportData": "cuelens.report.data",
    "Strip": "cuelens.report.strip",
    "StripCell": "cuelens.report.strip",
    "ToldVerdict": "cuelens.report.told_verdicts",
    "ToldVerdicts": "cuelens.report.told_verdicts",
    "VIEWS": "cuelens.report.views",
    "Verdict": "cuelens.report.data",
    "View": "cuelens.report.views",
    "agreement_rows": "cuelens.report.explained_tables",
    "attack_report": "cuelens.report.attacked",
    "audit_files": "cuelens.report.audited",
    "compare_report": "cuelens.report.compared",
    "explain_files": "cuelens.report.explained",
    "headline_of": "cuelens.report.compared",
    "measure_rows": "cuelens.report.explained_tables",
    "networks_of": "cuelens.report.compared",
    "read_verdicts": "cuelens.report.told_verdicts",
    "report_of": "cuelens.report.of_run",
    "report_study": "cuelens.report.of_study",
    "save_images": "cuelens.report.saved_images",
    "strips_of": "cuelens.report.drawn_strips",
    "view_of": "cuelens.report.views",
    "write_report": "cuelens.report.page",
    "write_trace": "cuelens.report.traced",
}

__getattr__ = lazy_names(__name__, _HOME)
