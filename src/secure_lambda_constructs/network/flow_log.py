"""Where the flow logs of a network may go.

They have the addresses that were refused too, and code chooses those: so they stay in the account.
https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-s3.html
"""

import re

from aws_cdk import CfnResource, Reference, Stack, Tokenization

from .app_tree import AppTree, Found, flat

__all__ = ["flow_log_reason"]

_LOG_GROUP = re.compile(r"arn:[^:]+:logs:[^:]*:(?P<account>[^:]+):.+")
_KEPT_IN = ("AWS::Logs::LogGroup", "AWS::S3::Bucket")


def flow_log_reason(found: Found, tree: AppTree) -> str | None:
    """Say why a flow log may not go where it goes.

    Args:
        found: The flow log.
        tree: What the app is made of.

    Returns:
        The reason, or `None` where it goes to a bucket of the app, or to a log group of the
        account.
    """
    if found.properties.get("deliverCrossAccountRole"):
        return _refusal("another account")
    destination = found.properties.get("logDestination")
    if destination is None:
        return None  # the name of a log group, which is one of the account
    own = tree.account(found.stack)
    text = flat(destination)
    match = _LOG_GROUP.fullmatch(text)
    if match is not None and match["account"] == flat(own):
        return None
    target = _target(found)
    # The ARN of a bucket tells no owner: that of one of the app is known all the same.
    if (
        target is not None
        and target.cfn_resource_type in _KEPT_IN
        and tree.account(Stack.of(target)) == own
    ):
        return None
    known = text or (target and target.node.path)
    return _refusal(known or "something that is known at deployment only")


def _refusal(where: str) -> str:
    """Why flow logs may not go somewhere."""
    return (
        f"sends flow logs of the network to {where}, and who reads them there is not known; write "
        "a log group or a bucket of the app: network.vpc.add_flow_log('FlowLog', destination="
        "ec2.FlowLogDestination.to_s3(bucket))"
    )


def _target(found: Found) -> CfnResource | None:
    """The resource that a flow log's destination begins with a reference to, if so."""
    node = found.node
    raw = node._cfn_properties.get("logDestination") if isinstance(node, CfnResource) else None
    text = str(raw)
    # What is in front of a reference can make it part of another one's name.
    token = Tokenization.reverse_string(text).first_token if text.startswith("${Token[") else None
    if token is None or not Reference.is_reference(token):
        return None
    target = token.target  # type: ignore[attr-defined]
    return target if isinstance(target, CfnResource) else None
