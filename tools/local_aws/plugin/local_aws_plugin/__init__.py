"""What LocalStack 4.9.2 lacks to stand in for AWS in this repository.

Loaded into LocalStack's process through its own entry points (``pyproject.toml`` lists them); no
file of LocalStack is edited. What it does not check is listed in ``tools/local_aws/__init__.py``.
"""

__all__: list[str] = []
