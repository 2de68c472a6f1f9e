"""Who may change what: the policies, the pipeline's role, and the alarm on what slips through."""
