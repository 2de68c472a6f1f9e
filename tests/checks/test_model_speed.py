"""A large app: ten stacks with five hundred functions are looked at in a moment."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

# What it may take; where it was measured, it is a third of a second and 40 MiB.
_SECONDS = 1.5
_MEBIBYTES = 200

_PROGRAM = """
import resource, sys, time
from pathlib import Path
from secure_lambda_constructs.checks.model import load
from secure_lambda_constructs.checks.model.views import Function, security_group_rules

begin = time.process_time()
world = load([Path(sys.argv[1])])
for found in world.resources:
    found.properties, found.id, found.arn, found.construct_path
for found in world.of("AWS::Lambda::Function"):
    function = Function(world, found)
    assert function.documents and function.role and all(function.subnets)
    (group,) = function.security_groups
    assert len(security_group_rules(world, group, "Egress")) == 1
    config = found.get("CodeSigningConfigArn")
    assert world.find(config, "AWS::Lambda::CodeSigningConfig", near=found)
kibibytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(len(world.resources), time.process_time() - begin, kibibytes / 1024)
"""


def _resources(number: int) -> dict[str, Any]:
    """Return ten resources, one of them a function."""
    role, table, group = (f"{name}{number}" for name in ("Role", "Table", "Group"))
    function = {"Ref": f"Function{number}"}
    arn = {"Fn::GetAtt": [table, "Arn"]}
    index = {"Fn::Join": ["", [arn, "/index/*"]]}
    statement = {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": [arn, index]}
    document = {"Version": "2012-10-17", "Statement": [statement] * 4}
    group_id = {"Fn::GetAtt": [group, "GroupId"]}
    written: dict[str, tuple[str, dict[str, Any]]] = {
        table: ("AWS::DynamoDB::Table", {}),
        f"Log{number}": ("AWS::Logs::LogGroup", {}),
        group: ("AWS::EC2::SecurityGroup", {"VpcId": {"Ref": "Vpc"}}),
        f"Egress{number}": ("AWS::EC2::SecurityGroupEgress", {"GroupId": group_id}),
        role: ("AWS::IAM::Role", {}),
        f"Policy{number}": (
            "AWS::IAM::Policy",
            {"PolicyDocument": document, "Roles": [{"Ref": role}]},
        ),
        f"Function{number}": (
            "AWS::Lambda::Function",
            {
                "CodeSigningConfigArn": {"Fn::ImportValue": "config"},
                "Environment": {"Variables": {"TABLE": {"Fn::Sub": f"${{{table}}}"}}},
                "Role": {"Fn::GetAtt": [role, "Arn"]},
                "VpcConfig": {"SecurityGroupIds": [group_id], "SubnetIds": [{"Ref": "Subnet"}]},
            },
        ),
        f"Version{number}": ("AWS::Lambda::Version", {"FunctionName": function}),
        f"Alias{number}": ("AWS::Lambda::Alias", {"FunctionName": function, "Name": "live"}),
        f"Alarm{number}": ("AWS::CloudWatch::Alarm", {"Dimensions": [{"Value": function}]}),
    }
    return {name: {"Type": kind, "Properties": given} for name, (kind, given) in written.items()}


def test_five_hundred_functions_take_a_moment(tmp_path: Path) -> None:
    config = {"Type": "AWS::Lambda::CodeSigningConfig"}
    output = {"Value": {"Fn::GetAtt": ["Config", "CodeSigningConfigArn"]}}
    artifacts = {}
    for stack in range(10):
        resources: dict[str, Any] = {
            "Vpc": {"Type": "AWS::EC2::VPC"},
            "Subnet": {"Type": "AWS::EC2::Subnet", "Properties": {"VpcId": {"Ref": "Vpc"}}},
            **{name: r for number in range(50) for name, r in _resources(number).items()},
        }
        template: dict[str, Any] = {"Resources": resources}
        if stack == 9:
            resources["Config"] = config
            template["Outputs"] = {"Config": {**output, "Export": {"Name": "config"}}}
        (tmp_path / f"{stack}.json").write_text(json.dumps(template))
        artifacts[f"Stack{stack}"] = {
            "type": "aws:cloudformation:stack",
            "environment": "aws://444455556666/us-east-1",
            "properties": {"templateFile": f"{stack}.json"},
        }
    (tmp_path / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    printed = subprocess.check_output([sys.executable, "-c", _PROGRAM, str(tmp_path)], text=True)
    count, seconds, mebibytes = printed.split()
    assert int(count) == 5021
    assert float(seconds) <= _SECONDS
    assert float(mebibytes) <= _MEBIBYTES
