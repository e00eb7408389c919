"""Recalls: completed jobs that have to be seen to again, with why, by whom, and how that ended."""
