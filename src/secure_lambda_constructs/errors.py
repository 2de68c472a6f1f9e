"""The exceptions this library raises.

`SecureLambdaError` is the base of all of them:

- `InvalidInputError`: a construct was given something it refuses; raised while the app
  synthesizes. Also a `ValueError`.
- `RevocationError`: a signature or a profile version could not be taken back; raised by
  `secure-lambda revoke`.
- `SigningError`: the code could not be signed; raised while an asset is published.

The message of each is one sentence: what is wrong, the value got, what to write instead.
"""

__all__ = ["InvalidInputError", "RevocationError", "SecureLambdaError", "SigningError"]


class SecureLambdaError(Exception):
    """Base of every exception this library raises on purpose.

    Example:
        ```python
        from secure_lambda_constructs import SecureLambdaError, SigningBaseline

        try:
            SigningBaseline(stack, "Signing", staging_bucket_prefix="Team_Signing")
        except SecureLambdaError as error:
            assert "lower case letters" in str(error)
        ```
    """


class InvalidInputError(SecureLambdaError, ValueError):
    """A construct was given something it refuses.

    Example:
        ```python
        from secure_lambda_constructs import InvalidInputError, SigningBaseline

        try:
            SigningBaseline(stack, "Signing", profile_name="team-signing")
        except InvalidInputError as error:
            assert "no hyphens" in str(error)
        ```
    """


class RevocationError(SecureLambdaError):
    """A signing job or a version of a signing profile could not be revoked.

    `secure-lambda revoke` catches it and writes the sentence to the standard error stream; only
    who calls the command's parts meets the exception.

    Example:
        ```python
        from secure_lambda_constructs import RevocationError
        from secure_lambda_constructs.signing.command.revocation import parse_profile_version

        try:
            parse_profile_version("SecureLambda")
        except RevocationError as error:
            assert "the ARN of a profile version expected" in str(error)
        ```
    """


class SigningError(SecureLambdaError):
    """An asset could not be signed, and nothing was published.

    The signing program catches it and writes the sentence to the standard error stream; only who
    calls the program's parts meets the exception.

    Example:
        ```python
        from pathlib import Path

        from secure_lambda_constructs import SigningError
        from secure_lambda_constructs.signing.command.assembly import find_asset

        try:
            find_asset("asset.1a2b", "elsewhere", working_directory=Path.cwd(), environment={})
        except SigningError as error:
            assert "asset.1a2b was not found" in str(error)
        ```
    """
