"""Models on images under conditions: predictions, attacks and salience, kept as records.

Whatever is computed goes into a `RecordStore` in parts; a part that exists is never computed
again, and a job that was stopped goes on where it was. Nothing here summarises.
"""

from cuelens.evaluation.attacked_images import AttackCondition
from cuelens.evaluation.choices import Chosen, choose_rows
from cuelens.evaluation.chunks import require_masks, try_conditions
from cuelens.evaluation.conditions import Condition
from cuelens.evaluation.control_distances import measure_controls
from cuelens.evaluation.decodable import decodable_cues
from cuelens.evaluation.families import CONTROLS, FAMILIES, condition_of
from cuelens.evaluation.family import Family
from cuelens.evaluation.forward import logits_of
from cuelens.evaluation.jobs import Evaluated, Progress
from cuelens.evaluation.keys import identity_of, key_of
from cuelens.evaluation.map_agreement import measure_agreement
from cuelens.evaluation.map_cases import CaseMeasure, MapCase
from cuelens.evaluation.map_measures import ImageMeasure, MapMeasure, MapMeasures, MaskMeasure
from cuelens.evaluation.map_randomisation import WeightRandomisation
from cuelens.evaluation.map_removal import PixelRemoval
from cuelens.evaluation.map_scales import SCALE_MEASURES
from cuelens.evaluation.map_stability import ConditionStability, NoiseStability
from cuelens.evaluation.predictions import evaluate, evaluate_models
from cuelens.evaluation.probes import probe_model
from cuelens.evaluation.records import Damage, RecordStore
from cuelens.evaluation.reference_maps import REFERENCE_MAPS
from cuelens.evaluation.robustness import attack_dataset
from cuelens.evaluation.salience_records import measure_salience
from cuelens.evaluation.strip_making import make_strips
from cuelens.evaluation.strip_measures import agreement_of_strips, measure_strips
from cuelens.evaluation.strip_problems import strip_problems
from cuelens.evaluation.strips import Strips, read_strips
from cuelens.evaluation.tables import SCHEMA_VERSION, SCHEMAS
from cuelens.evaluation.target import Target

__all__ = [
    "CONTROLS",
    "FAMILIES",
    "REFERENCE_MAPS",
    "SCALE_MEASURES",
    "SCHEMAS",
    "SCHEMA_VERSION",
    "AttackCondition",
    "CaseMeasure",
    "Chosen",
    "Condition",
    "ConditionStability",
    "Damage",
    "Evaluated",
    "Family",
    "ImageMeasure",
    "MapCase",
    "MapMeasure",
    "MapMeasures",
    "MaskMeasure",
    "NoiseStability",
    "PixelRemoval",
    "Progress",
    "RecordStore",
    "Strips",
    "Target",
    "WeightRandomisation",
    "agreement_of_strips",
    "attack_dataset",
    "choose_rows",
    "condition_of",
    "decodable_cues",
    "evaluate",
    "evaluate_models",
    "identity_of",
    "key_of",
    "logits_of",
    "make_strips",
    "measure_agreement",
    "measure_controls",
    "measure_salience",
    "measure_strips",
    "probe_model",
    "read_strips",
    "require_masks",
    "strip_problems",
    "try_conditions",
]
