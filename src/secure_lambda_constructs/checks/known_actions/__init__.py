"""The IAM actions that AWS documents, with the ARN patterns of the resources they work on.

The facts are those of AWS's service authorization reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html), in a file
that `tools/known_actions.py` makes.
"""

from .lookup import KnownActions

__all__ = ["KnownActions"]
