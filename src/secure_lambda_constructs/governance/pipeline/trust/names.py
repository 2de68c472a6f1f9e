"""Names in Git as they may stand in a condition: each one itself, never a pattern.

What is refused here is what would mean more than it says in a policy: `*` and `?` are wildcards
there, and `$` begins a variable.
"""

import re

from ....errors import InvalidInputError
from ....signing.naming import check_literal

__all__ = ["check_audience", "check_id", "check_name", "check_ref", "ref_of"]

# What Git allows, less what IAM would read, and less what is not ASCII:
# https://git-scm.com/docs/git-check-ref-format
_REF = r"(?![/.-])(?!.*(?://|\.\.|/\.|@\{))[A-Za-z0-9._/@+=#,-]{1,240}(?<![/.])"
_TAG_PATTERN = r"(?![/.-])(?!.*(?://|\.\.))[A-Za-z0-9._/+-]{1,100}\*"
_AUDIENCE = r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,254}"


def check_name(what: str, value: str, pattern: str, wanted: str) -> None:
    """Refuse a name that is none, and above all one that stands for several.

    Args:
        what: What the value is, for the message.
        value: The name.
        pattern: What names look like.
        wanted: The same in words.

    Raises:
        InvalidInputError: It does not look so.

    Example:
        ```python
        from secure_lambda_constructs.governance.pipeline.trust.names import check_name

        check_name("owner", "octo-org", "[a-z-]+", "the name of a user or an organization")
        ```
    """
    check_literal(what, value)
    if "*" in value or "?" in value:
        raise InvalidInputError(
            f"{what} must be {wanted}, got {value!r}: a wildcard would let in what others may "
            "make, so write the one name"
        )
    if re.fullmatch(pattern, value, re.ASCII) is None:
        raise InvalidInputError(f"{what} must be {wanted}, got {value!r}")


def check_id(what: str, value: object, where: str) -> str:
    """Refuse what is no id, and return it as tokens spell it.

    Args:
        what: What the value is, for the message.
        value: The id, a number or its digits.
        where: Where it is found.

    Returns:
        Its digits.

    Raises:
        InvalidInputError: It is no positive whole number.

    Example:
        ```python
        from secure_lambda_constructs.governance.pipeline.trust.names import check_id

        assert check_id("project_id", 20, "the project's page") == "20"
        ```
    """
    digits = str(value)
    if isinstance(value, bool) or re.fullmatch(r"[1-9][0-9]{0,18}", digits, re.ASCII) is None:
        raise InvalidInputError(f"{what} must be a positive whole number, got {value!r}: {where}")
    return digits


def check_audience(value: str) -> None:
    """Refuse an audience that is none.

    Args:
        value: What `aud` of a token must be.

    Raises:
        InvalidInputError: It has other characters than a name or an address has.

    Example:
        ```python
        from secure_lambda_constructs.governance.pipeline.trust.names import check_audience

        check_audience("sts.amazonaws.com")
        ```
    """
    wanted = "what the job asks for as the token's audience, such as 'sts.amazonaws.com'"
    check_name("audience", value, _AUDIENCE, wanted)


def check_ref(what: str, value: str) -> None:
    """Refuse what is no name of a branch or tag.

    Args:
        what: What the value is, for the message.
        value: The name, without `refs/heads/` or `refs/tags/`.

    Raises:
        InvalidInputError: It is none.

    Example:
        ```python
        from secure_lambda_constructs.governance.pipeline.trust.names import check_ref

        check_ref("branch", "main")
        ```
    """
    check_name(what, value, _REF, f"the name of one {what} in ASCII letters, such as 'main'")
    if value.startswith("refs/"):
        raise InvalidInputError(
            f"{what} must be the name alone, got {value!r}: write it without 'refs/heads/' or "
            "'refs/tags/'"
        )


def ref_of(branch: str | None, tag: str | None, tag_pattern: str | None) -> tuple[str, str, bool]:
    """Return the one ref that was named.

    Args:
        branch: Name of a branch.
        tag: Name of a tag.
        tag_pattern: Beginning of the names of tags, with a `*` at the end.

    Returns:
        Its kind, `branch` or `tag`, its name, and whether that is a pattern.

    Raises:
        InvalidInputError: None or several were named, or the name is none.

    Example:
        ```python
        from secure_lambda_constructs.governance.pipeline.trust.names import ref_of

        assert ref_of("main", None, None) == ("branch", "main", False)
        ```
    """
    given = {"branch": branch, "tag": tag, "tag_pattern": tag_pattern}
    named = {what: value for what, value in given.items() if value is not None}
    if len(named) != 1:
        raise InvalidInputError(
            "one of branch, tag and tag_pattern must say what the pipeline runs for, got "
            f"{' and '.join(named) or 'none'}: a job of any other ref, such as that of a pull "
            "request, gets nothing, so write for example branch='main'"
        )
    [(what, name)] = named.items()
    if what != "tag_pattern":
        check_ref(what, name)
        return what, name, False
    check_literal(what, name)
    if re.fullmatch(_TAG_PATTERN, name, re.ASCII) is None or name.startswith("refs/"):
        raise InvalidInputError(
            "tag_pattern must be the beginning of the names of tags with one * at the end, such "
            f"as 'v*', got {name!r}"
        )
    return "tag", name, True
