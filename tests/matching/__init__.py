"""Tests of portico.matching."""
