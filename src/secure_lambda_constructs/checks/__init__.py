"""Proves of an app, ours or not, that each leak path is closed, or says what opened it."""
