"""``AWS::SecretsManager::Secret`` and ``::SecretTargetAttachment``."""

from __future__ import annotations

import json
from typing import Any

from localstack.services.cloudformation.resource_provider import ResourceRequest

from .base import Model, OurProvider, tag_changes

__all__ = ["SecretProvider", "SecretTargetAttachmentProvider"]


class SecretProvider(OurProvider):
    """A secret, given or made up."""

    TYPE = "AWS::SecretsManager::Secret"
    SUPPORTED = frozenset(
        {"Description", "GenerateSecretString", "KmsKeyId", "Name", "SecretString", "Tags"}
    )

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        client = request.aws_client_factory.secretsmanager
        name = wanted.get("Name") or self._name(request, 200)
        text = _value(client, wanted)
        arn = client.create_secret(
            Name=name,
            Tags=wanted.get("Tags") or [],
            **_settings(wanted),
            **({"SecretString": text} if text is not None else {}),
        )["ARN"]
        return wanted | {"Name": name, "Id": arn}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        client, arn = request.aws_client_factory.secretsmanager, before["Id"]
        if _settings(wanted) != _settings(before):
            default = {"Description": "", "KmsKeyId": "alias/aws/secretsmanager"}
            client.update_secret(SecretId=arn, **(default | _settings(wanted)))
        sources = ("GenerateSecretString", "SecretString")
        if any(wanted.get(key) != before.get(key) for key in sources):
            text = _value(client, wanted)
            if text is not None:
                client.put_secret_value(SecretId=arn, SecretString=text)
        tag_changes(
            before,
            wanted,
            add=lambda tags: client.tag_resource(
                SecretId=arn, Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
            ),
            remove=lambda keys: client.untag_resource(SecretId=arn, TagKeys=keys),
        )
        return wanted | {"Name": before["Name"], "Id": arn}

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        request.aws_client_factory.secretsmanager.delete_secret(
            SecretId=before["Id"], ForceDeleteWithoutRecovery=True
        )


class SecretTargetAttachmentProvider(OurProvider):
    """Writes where a database is into its secret; what refers to it gets the secret."""

    TYPE = "AWS::SecretsManager::SecretTargetAttachment"
    SUPPORTED = frozenset({"SecretId", "TargetId", "TargetType"})

    def _make(self, request: ResourceRequest, wanted: Model) -> Model:
        self._write(request, wanted, _connection(request.aws_client_factory.rds, wanted))
        return wanted | {"Id": wanted["SecretId"]}

    def _change(self, request: ResourceRequest, before: Model, wanted: Model) -> Model:
        return self._make(request, wanted)

    def _remove(self, request: ResourceRequest, before: Model) -> None:
        self._write(request, before, {})

    @staticmethod
    def _write(request: ResourceRequest, model: Model, connection: Model) -> None:
        client = request.aws_client_factory.secretsmanager
        text = client.get_secret_value(SecretId=model["SecretId"])["SecretString"]
        kept = {key: value for key, value in json.loads(text).items() if key not in _CONNECTION}
        client.put_secret_value(
            SecretId=model["SecretId"], SecretString=json.dumps(kept | connection)
        )


# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_secret_json_structure.html
_CONNECTION = ("dbClusterIdentifier", "dbInstanceIdentifier", "dbname", "engine", "host", "port")


def _connection(rds: Any, model: Model) -> Model:
    kind, target = model["TargetType"], model["TargetId"]
    match kind:
        case "AWS::RDS::DBCluster":
            found = rds.describe_db_clusters(DBClusterIdentifier=target)["DBClusters"][0]
            host, port, name = found["Endpoint"], found["Port"], found.get("DatabaseName")
            identity = {"dbClusterIdentifier": target}
        case "AWS::RDS::DBInstance":
            found = rds.describe_db_instances(DBInstanceIdentifier=target)["DBInstances"][0]
            host, port = found["Endpoint"]["Address"], found["Endpoint"]["Port"]
            name, identity = found.get("DBName"), {"dbInstanceIdentifier": target}
        case _:
            raise RuntimeError(f"the local AWS stand-in attaches no secret to {kind}")
    engine = found["Engine"].removeprefix("aurora-").replace("postgresql", "postgres")
    named = {"dbname": name} if name else {}
    return {"engine": engine, "host": host, "port": int(port), **named, **identity}


def _settings(model: Model) -> Model:
    return {key: model[key] for key in ("Description", "KmsKeyId") if model.get(key)}


def _value(client: Any, wanted: Model) -> str | None:
    if "SecretString" in wanted:
        return str(wanted["SecretString"])
    if "GenerateSecretString" not in wanted:
        return None
    given = dict(wanted["GenerateSecretString"])
    template, key = given.pop("SecretStringTemplate", None), given.pop("GenerateStringKey", None)
    options = {
        name: int(value) if name == "PasswordLength" else value for name, value in given.items()
    }
    switches = {
        name: str(value).lower() == "true"
        for name, value in options.items()
        if name not in ("ExcludeCharacters", "PasswordLength")
    }
    password = client.get_random_password(**(options | switches))["RandomPassword"]
    return str(password) if template is None else json.dumps(json.loads(template) | {key: password})
