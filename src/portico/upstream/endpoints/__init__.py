"""Endpoints as they are configured: ClusterLoadAssignment messages into assignments, and back."""
