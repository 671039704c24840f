"""The explorer: a page on this machine where models and one picture are played with.

What happens to a picture and what models make of it stands in plain functions; gradio, which only
`page` and `serving` import, shows it.
"""

from cuelens.explore.answers import Answer, Look, answers_of, look_at
from cuelens.explore.attack_trail import AttackTrail, advance, begin
from cuelens.explore.controls import Controls
from cuelens.explore.pictures import Picture, pictures_in, rendered_pictures
from cuelens.explore.serving import Explored, explore_files, serve
from cuelens.explore.shipped import shipped_models
from cuelens.explore.strip_picture import strip_png
from cuelens.explore.subjects import Subjects, subjects_at
from cuelens.explore.uploads import read_upload

__all__ = [
    "Answer",
    "AttackTrail",
    "Controls",
    "Explored",
    "Look",
    "Picture",
    "Subjects",
    "advance",
    "answers_of",
    "begin",
    "explore_files",
    "look_at",
    "pictures_in",
    "read_upload",
    "rendered_pictures",
    "serve",
    "shipped_models",
    "strip_png",
    "subjects_at",
]
