"""One file per proxy: how to configure it, start it and ask for its version."""
