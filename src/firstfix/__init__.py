"""Firstfix: self-hosted job management for property maintenance and field service."""

__version__ = "0.1.0"
