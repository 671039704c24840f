"""What the records of answers and maps come to: a number and its interval for each model."""
