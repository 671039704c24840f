"""The folder of a run: what it holds, what may be added, and what of it is not whole."""
