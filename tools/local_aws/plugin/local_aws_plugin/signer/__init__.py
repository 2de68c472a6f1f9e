"""AWS Signer for the Lambda platform: profiles, jobs, and signatures that anyone can check."""

__all__: list[str] = []
