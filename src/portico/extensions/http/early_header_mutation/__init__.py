"""Changes to requests before anything else looks at them."""
