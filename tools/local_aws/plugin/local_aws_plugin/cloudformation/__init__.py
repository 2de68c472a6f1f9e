"""CloudFormation: AWS's rollback and deletion policies, and the resource types that are missing."""

__all__: list[str] = []
