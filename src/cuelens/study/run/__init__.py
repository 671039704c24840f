"""Do what is left of a study, and say where it stands."""
