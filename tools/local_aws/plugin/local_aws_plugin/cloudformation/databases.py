"""``AWS::RDS::DBCluster``, ``::DBInstance`` and ``::DBSubnetGroup``."""

from __future__ import annotations

from typing import Any, ClassVar

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes

__all__ = [
    "ClusterProvider",
    "InstanceProvider",
    "SubnetGroupProvider",
    "change_rds_tags",
    "rds_arguments",
]


class SubnetGroupProvider(OurProvider):
    """The subnets of a database."""

    TYPE = "AWS::RDS::DBSubnetGroup"
    SUPPORTED = frozenset({"DBSubnetGroupDescription", "DBSubnetGroupName", "SubnetIds", "Tags"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        name = (wanted.get("DBSubnetGroupName") or self._name(request, 255)).lower()
        wanted = wanted | {"DBSubnetGroupName": name}
        request.aws_client_factory.rds.create_db_subnet_group(**wanted)
        return wanted

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        rds, name = request.aws_client_factory.rds, before["DBSubnetGroupName"]
        wanted = wanted | {"DBSubnetGroupName": name}
        changed = rds.modify_db_subnet_group(**rds_arguments(rds, "ModifyDBSubnetGroup", wanted))
        change_rds_tags(rds, changed["DBSubnetGroup"]["DBSubnetGroupArn"], before, wanted)
        return wanted

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.rds.delete_db_subnet_group(
            DBSubnetGroupName=before["DBSubnetGroupName"]
        )


class _DatabaseProvider(OurProvider):
    """What a cluster and an instance have in common."""

    KIND: ClassVar[str]
    IDENTIFIER: ClassVar[str]
    # What the API calls otherwise.
    RENAMED: ClassVar[dict[str, str]] = {}

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        rds = request.aws_client_factory.rds
        # An identifier begins with a letter and has 63 characters at most, in small letters.
        name = (wanted.get(self.IDENTIFIER) or self._name(request, 60).lstrip("-")).lower()
        wanted = wanted | {self.IDENTIFIER: name}
        given = self._renamed(wanted)
        created = getattr(rds, f"create_db_{self.KIND.lower()}")(
            **rds_arguments(rds, f"CreateDB{self.KIND}", given)
        )
        return wanted | self._described(created[f"DB{self.KIND}"])

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        rds = request.aws_client_factory.rds
        wanted = wanted | {self.IDENTIFIER: before[self.IDENTIFIER]}
        changed = {
            key: wanted[key] for key in self.SUPPORTED & wanted.keys()
            if wanted[key] != before.get(key)
        }  # fmt: skip
        if "DeletionProtection" in before.keys() - wanted.keys():
            changed["DeletionProtection"] = False
        given = self._renamed(changed)
        given.pop("Tags", None)
        arguments = rds_arguments(rds, f"ModifyDB{self.KIND}", given)
        lost = given.keys() - arguments.keys()
        if lost:
            raise RuntimeError(
                f"the local AWS stand-in cannot change {', '.join(sorted(lost))} of {self.TYPE}"
            )
        identity = {self.IDENTIFIER: before[self.IDENTIFIER]}
        if arguments:
            getattr(rds, f"modify_db_{self.KIND.lower()}")(
                **arguments, **identity, ApplyImmediately=True
            )
        change_rds_tags(rds, before[f"DB{self.KIND}Arn"], before, wanted)
        (found,) = getattr(rds, f"describe_db_{self.KIND.lower()}s")(**identity)[f"DB{self.KIND}s"]
        return wanted | self._described(found)

    def _renamed(self, given: Model) -> Model:
        given = {self.RENAMED.get(key, key): value for key, value in given.items()}
        secret = given.pop("MasterUserSecret", None)
        if secret and secret.get("KmsKeyId"):
            given["MasterUserSecretKmsKeyId"] = secret["KmsKeyId"]
        return given

    def _described(self, described: Model) -> Model:
        model = {f"DB{self.KIND}Arn": described[f"DB{self.KIND}Arn"]}
        secret = described.get("MasterUserSecret")
        if secret:
            model["MasterUserSecret"] = {
                key: secret[key] for key in ("SecretArn", "KmsKeyId") if key in secret
            }
        return model


class ClusterProvider(_DatabaseProvider):
    """A cluster of Aurora."""

    TYPE = "AWS::RDS::DBCluster"
    KIND = "Cluster"
    IDENTIFIER = "DBClusterIdentifier"
    SUPPORTED = frozenset(
        {
            "BackupRetentionPeriod",
            "CopyTagsToSnapshot",
            "DBClusterIdentifier",
            "DBClusterParameterGroupName",
            "DBSubnetGroupName",
            "DatabaseName",
            "DeletionProtection",
            "EnableCloudwatchLogsExports",
            "EnableIAMDatabaseAuthentication",
            "Engine",
            "EngineMode",
            "EngineVersion",
            "KmsKeyId",
            "ManageMasterUserPassword",
            "MasterUserAuthenticationType",
            "MasterUserPassword",
            "MasterUserSecret",
            "MasterUsername",
            "NetworkType",
            "Port",
            "PreferredBackupWindow",
            "PreferredMaintenanceWindow",
            "ServerlessV2ScalingConfiguration",
            "StorageEncrypted",
            "StorageType",
            "Tags",
            "VpcSecurityGroupIds",
        }
    )

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.rds.delete_db_cluster(
            DBClusterIdentifier=before["DBClusterIdentifier"], SkipFinalSnapshot=True
        )

    def _described(self, described: Model) -> Model:
        return super()._described(described) | {
            "DBClusterResourceId": described["DbClusterResourceId"],
            "Endpoint": {"Address": described["Endpoint"], "Port": str(described["Port"])},
            "ReadEndpoint": {"Address": described["ReaderEndpoint"]},
        }


class InstanceProvider(_DatabaseProvider):
    """An instance, of a cluster or by itself."""

    TYPE = "AWS::RDS::DBInstance"
    KIND = "Instance"
    IDENTIFIER = "DBInstanceIdentifier"
    RENAMED: ClassVar[dict[str, str]] = {"VPCSecurityGroups": "VpcSecurityGroupIds"}
    SUPPORTED = frozenset(
        {
            "AllocatedStorage",
            "AutoMinorVersionUpgrade",
            "AvailabilityZone",
            "BackupRetentionPeriod",
            "CopyTagsToSnapshot",
            "DBClusterIdentifier",
            "DBInstanceClass",
            "DBInstanceIdentifier",
            "DBName",
            "DBSubnetGroupName",
            "DeletionProtection",
            "EnableIAMDatabaseAuthentication",
            "Engine",
            "EngineVersion",
            "ManageMasterUserPassword",
            "MasterUserAuthenticationType",
            "MasterUserPassword",
            "MasterUserSecret",
            "MasterUsername",
            "MultiAZ",
            "Port",
            "PromotionTier",
            "PubliclyAccessible",
            "StorageEncrypted",
            "StorageType",
            "Tags",
            "VPCSecurityGroups",
        }
    )

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.rds.delete_db_instance(
            DBInstanceIdentifier=before["DBInstanceIdentifier"], SkipFinalSnapshot=True
        )

    def _described(self, described: Model) -> Model:
        endpoint = described["Endpoint"]
        return super()._described(described) | {
            "DbiResourceId": described["DbiResourceId"],
            "Endpoint": {
                "Address": endpoint["Address"],
                "HostedZoneId": endpoint.get("HostedZoneId", ""),
                "Port": str(endpoint["Port"]),
            },
        }


def rds_arguments(rds: Any, operation: str, wanted: Model) -> Model:
    """What an operation takes of a model, in its types; templates give numbers as text too."""
    members = rds.meta.service_model.operation_model(operation).input_shape.members
    return {
        key: _typed(members[key], value)
        for key, value in wanted.items()
        if key in members and value is not None
    }


def change_rds_tags(rds: Any, arn: str, before: Model, wanted: Model) -> None:
    """Applies the difference between two resources' tags."""
    tag_changes(
        before,
        wanted,
        add=lambda tags: rds.add_tags_to_resource(
            ResourceName=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
        ),
        remove=lambda keys: rds.remove_tags_from_resource(ResourceName=arn, TagKeys=keys),
    )


def _typed(shape: Any, value: Any) -> Any:
    match shape.type_name:
        case "boolean":
            return str(value).lower() == "true"
        case "integer" | "long":
            return int(value)
        case "double" | "float":
            return float(value)
        case "structure":
            return {key: _typed(shape.members[key], each) for key, each in value.items()}
        case "list":
            return [_typed(shape.member, each) for each in value]
    return value
