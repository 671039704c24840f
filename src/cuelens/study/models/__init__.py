"""The networks of a study: trained, copied, or opened where they are there already."""
