"""What a relay may do: routes, what callers can fill in, credentials, and what comes back."""
