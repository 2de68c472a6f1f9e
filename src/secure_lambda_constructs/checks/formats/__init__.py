"""The outcome of a check as text for people, as JSON for programs, and as SARIF."""
