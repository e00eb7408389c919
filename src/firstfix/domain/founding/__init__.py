"""Founding an organisation: the roles and lookups it starts with, its first branch and people. Stands above all features."""
