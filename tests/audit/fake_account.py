"""An account whose services answer with what a test says."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from secure_lambda_constructs.checks.audit.calls import Account

__all__ = ["NUMBER", "REGION", "account_with", "refused"]

NUMBER, REGION = "111122223333", "eu-west-1"


def refused(code: str) -> ClientError:
    """Return what botocore raises where AWS refuses."""
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Any")


class _Session:
    def __init__(self, answers: Mapping[str, Any]) -> None:
        self._answers = answers

    def get_config_variable(self, name: str) -> None:
        return None

    def create_client(self, service: str, **options: Any) -> "_Session":
        return self

    def can_paginate(self, method: str) -> bool:
        return False

    def __getattr__(self, method: str) -> Any:
        def call(**parameters: Any) -> Any:
            answer = self._answers[method]
            if callable(answer):
                answer = answer(**parameters)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def account_with(**answers: Any) -> Account:
    """Return an account whose operations, by the names of botocore's methods, answer so.

    An answer may be an exception, which is raised, or a function of the parameters.
    """
    return Account(_Session(answers), NUMBER, "aws", REGION)
