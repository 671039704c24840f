"""The images of a study, and those at any place that a person names."""
