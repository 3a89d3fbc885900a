"""Samplers, one file each: a running worker in, its cost per function out. bench.profile chooses and prints."""
