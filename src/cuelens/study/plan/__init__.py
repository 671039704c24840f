"""What a study file may say, and the plan that is read from it."""
