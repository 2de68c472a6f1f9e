"""RDS: moto's control plane, and PostgreSQL behind the endpoints where this machine has it."""

__all__: list[str] = []
