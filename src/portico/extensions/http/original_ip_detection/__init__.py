"""Where a request came from, told by other proxies."""
