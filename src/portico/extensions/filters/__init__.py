"""Filters by the layer they work on: the connection, or the HTTP stream."""
