"""Where finished streams are written to: files, the standard streams."""
