"""Organisations and their branches: settings, feature switches, numbering."""
