"""Valid rows by the shortest way; a test states only what it is about."""
