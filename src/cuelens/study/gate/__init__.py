"""Rules that a run is held to, alone or against another run."""
