"""Filters of one request and its response."""
