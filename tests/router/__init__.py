"""Tests of portico.router, and what they share: see tables.py."""
