"""One page on an app: what can reach what, what is open, who can change it, what it costs."""
