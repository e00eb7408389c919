"""Jobs that follow from others: which is the remedial of which."""
