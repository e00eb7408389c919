"""Jobs that a person keeps at hand, each for themselves."""
