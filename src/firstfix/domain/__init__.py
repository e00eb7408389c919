"""The rules. Knows no HTTP and no vendor's SDK; every way in calls what stands here."""
