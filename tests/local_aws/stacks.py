"""Deploys templates as the CDK CLI does, by change sets, and checks what became of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from local_aws import LocalAws

from .support import unique, wait_for

__all__ = ["TRUST", "Stack", "check", "policy_document", "resource"]

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@dataclass
class Stack:
    """A stack of this test."""

    aws: LocalAws
    name: str = field(default_factory=lambda: unique("stack"))
    exists: bool = False

    def __post_init__(self) -> None:
        self.cloudformation = self.aws.client("cloudformation")

    def deploy(self, resources: dict[str, Any], **more: Any) -> str:
        """Creates or updates the stack; returns its status when that is done."""
        changes = self.cloudformation.create_change_set(
            StackName=self.name,
            ChangeSetName=unique("change"),
            ChangeSetType="UPDATE" if self.exists else "CREATE",
            TemplateBody=json.dumps({"Resources": resources} | more),
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        self.exists = True
        change_set = {"ChangeSetName": changes["Id"]}
        wait_for(lambda: self._change_set(change_set)["Status"] not in _RUNNING)
        if self._change_set(change_set)["Status"] == "FAILED":
            return "NO_CHANGE"
        self.cloudformation.execute_change_set(**change_set)
        wait_for(lambda: not self.status().endswith("_IN_PROGRESS"), 60)
        return self.status()

    def delete(self) -> str:
        """Deletes the stack; returns its status when that is done."""
        self.cloudformation.delete_stack(StackName=self.name)
        wait_for(lambda: not self.status().endswith("_IN_PROGRESS"), 60)
        return self.status()

    def status(self) -> str:
        """The stack's status."""
        try:
            found = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return "DELETE_COMPLETE"
            raise
        return str(found["StackStatus"])

    def ids(self) -> dict[str, str]:
        """The physical ids of its resources."""
        found = self.cloudformation.describe_stack_resources(StackName=self.name)
        return {
            each["LogicalResourceId"]: each["PhysicalResourceId"]
            for each in found["StackResources"]
        }

    def outputs(self) -> dict[str, str]:
        """Its outputs."""
        found = self.cloudformation.describe_stacks(StackName=self.name)["Stacks"][0]
        return {each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", [])}

    def reasons(self) -> str:
        """Why something failed, from the events."""
        events = self.cloudformation.describe_stack_events(StackName=self.name)["StackEvents"]
        return "\n".join(each.get("ResourceStatusReason", "") for each in events)

    def _change_set(self, change_set: dict[str, str]) -> dict[str, Any]:
        return dict(self.cloudformation.describe_change_set(**change_set))


_RUNNING = ("CREATE_PENDING", "CREATE_IN_PROGRESS")


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """A resource of a template."""
    return {"Type": kind, "Properties": properties}


def policy_document(action: str) -> dict[str, Any]:
    """A policy that allows one action."""
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def check(
    aws: LocalAws,
    first: dict[str, Any],
    second: dict[str, Any],
    read: Callable[[dict[str, str]], Any],
    expected: tuple[Any, Any],
) -> Stack:
    """Deploys both, there and back, reads after each, and deletes; returns the deleted stack."""
    stack = Stack(aws)
    assert stack.deploy(first) == "CREATE_COMPLETE", stack.reasons()
    before = stack.ids()
    assert read(before) == expected[0]
    assert stack.deploy(first) == "NO_CHANGE"
    assert stack.deploy(second) == "UPDATE_COMPLETE", stack.reasons()
    # In place: a replacement would hide an update that does nothing.
    assert stack.ids() == before
    assert read(before) == expected[1]
    assert stack.deploy(first) == "UPDATE_COMPLETE", stack.reasons()
    assert read(before) == expected[0]
    assert stack.delete() == "DELETE_COMPLETE", stack.reasons()
    return stack
