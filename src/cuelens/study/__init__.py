"""Studies: read, run, compare, judge."""

from cuelens.study.plan import Plan, Study, demo_plan, read_study, study_schema
from cuelens.study.run import run_study

__all__ = ["Plan", "Study", "demo_plan", "read_study", "run_study", "study_schema"]
