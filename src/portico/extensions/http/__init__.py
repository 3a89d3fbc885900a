"""What HTTP connection managers ask before and beside their filters."""
