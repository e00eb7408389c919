"""Filling a database with two believable organisations, as the database's owner; owns no tables of its own."""
