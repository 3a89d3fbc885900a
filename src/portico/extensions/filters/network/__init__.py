"""Filters of a connection's bytes."""
