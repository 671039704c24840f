"""Models and images as a command line names them, without a study file."""
