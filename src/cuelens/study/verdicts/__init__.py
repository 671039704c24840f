"""Claims held against the records: for, against, undecided or not measured."""
