"""Commands of format strings that a format has to ask for by name."""
