"""The service control policy of an organization."""
