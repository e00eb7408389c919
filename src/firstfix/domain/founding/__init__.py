"""Founding an organisation: the roles and lookups it starts with, its branches and people. Above all features."""
