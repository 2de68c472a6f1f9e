"""Signer's errors, with the codes and status that its API reference gives."""

from __future__ import annotations

from localstack.aws.api import CommonServiceException

__all__ = ["access_denied", "conflict", "invalid", "not_found"]


def invalid(message: str) -> CommonServiceException:
    """The request cannot be accepted as it is."""
    return CommonServiceException("ValidationException", message, 400, sender_fault=True)


def not_found(message: str, *, code: str = "ResourceNotFoundException") -> CommonServiceException:
    """What the request names is not there."""
    return CommonServiceException(code, message, 404, sender_fault=True)


def access_denied(message: str) -> CommonServiceException:
    """Another account's profile that does not permit this."""
    return CommonServiceException("AccessDeniedException", message, 403, sender_fault=True)


def conflict(message: str) -> CommonServiceException:
    """The permissions changed, or have such a statement."""
    return CommonServiceException("ConflictException", message, 409, sender_fault=True)
