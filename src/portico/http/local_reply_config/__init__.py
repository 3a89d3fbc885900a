"""HttpConnectionManager.local_reply_config, into the rules of `http.local_reply`."""
