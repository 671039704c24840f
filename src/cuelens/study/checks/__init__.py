"""Named checks: each is a sentence beside the numbers that it doubts."""
