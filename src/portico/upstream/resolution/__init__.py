"""Names to addresses: what a cluster's configuration says about DNS."""
