"""The exceptions this library raises.

`SecureLambdaError` is the base of all of them:

- `InvalidInputError`: a construct was given something it refuses; raised while the app
  synthesizes. Also a `ValueError`.
- `SigningError`: the code could not be signed; raised while an asset is published.

The message of each is one sentence: what is wrong, the value got, what to write instead.
"""

__all__ = ["InvalidInputError", "SecureLambdaError", "SigningError"]


class SecureLambdaError(Exception):
    """Base of every exception this library raises on purpose."""


class InvalidInputError(SecureLambdaError, ValueError):
    """A construct was given something it refuses."""


class SigningError(SecureLambdaError):
    """An asset could not be signed, and nothing was published."""
