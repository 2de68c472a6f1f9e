"""Signed functions in a closed network, and their roles."""
