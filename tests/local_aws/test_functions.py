"""Functions run under AWS's runtime interface emulator, as Lambda would run them."""

import base64
import json
import subprocess
import time
from typing import Any

import pytest

from local_aws import LocalAws

from .conftest import MakeFunction
from .support import make_zip, refused, unique, wait_for

pytestmark = pytest.mark.local_aws


def _code(body: str) -> bytes:
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    head = "import json, os, sys, time\ndef handler(event, context):\n"
    return make_zip(("index.py", head + lines))


def _invoke(aws: LocalAws, made: dict[str, Any], event: object = None) -> tuple[Any, str | None]:
    answer = aws.client("lambda").invoke(
        FunctionName=made["FunctionName"], Payload=json.dumps(event)
    )
    return json.load(answer["Payload"]), answer.get("FunctionError")


def test_function_sees_lambdas_environment(aws: LocalAws, make_function: MakeFunction) -> None:
    made = make_function(
        _code("return dict(os.environ)"), Environment={"Variables": {"OWN": "value"}}
    )
    found, error = _invoke(aws, made)
    assert error is None
    assert found["OWN"] == "value"
    assert found["AWS_LAMBDA_FUNCTION_NAME"] == made["FunctionName"]
    assert found["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "128"
    assert found["AWS_REGION"] == "us-east-1"
    assert found["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.13"
    assert found["AWS_ENDPOINT_URL"] == aws.endpoint_url
    assert found["_HANDLER"] == "index.handler"
    assert found["AWS_SESSION_TOKEN"]
    assert not [name for name in found if name.startswith(("LOCALSTACK_", "LOCAL_AWS_"))]


def test_function_calls_the_stand_in_and_finds_no_foreign_packages(
    aws: LocalAws, make_function: MakeFunction
) -> None:
    body = """
import importlib.util
import boto3
return [boto3.client("sts").get_caller_identity()["Arn"], importlib.util.find_spec("localstack")]
"""
    (arn, localstack), error = _invoke(aws, make_function(_code(body)))[0], None
    assert error is None
    assert arn.startswith("arn:aws:sts::000000000000:assumed-role/role")
    assert localstack is None


def test_event_and_context_arrive(aws: LocalAws, make_function: MakeFunction) -> None:
    body = "return [event, context.function_name, context.get_remaining_time_in_millis()]"
    made = make_function(_code(body), Timeout=7)
    (event, name, left), _ = _invoke(aws, made, {"text": "ü"})
    assert event == {"text": "ü"}
    assert name == made["FunctionName"]
    assert 5_000 < left <= 7_000


def test_exception_is_a_function_error(aws: LocalAws, make_function: MakeFunction) -> None:
    found, error = _invoke(aws, make_function(_code('raise ValueError("boom")')))
    assert error == "Unhandled"
    assert (found["errorType"], found["errorMessage"]) == ("ValueError", "boom")


def test_answer_that_looks_like_an_error_is_none(
    aws: LocalAws, make_function: MakeFunction
) -> None:
    body = 'return {"errorType": "mine", "errorMessage": "mine", "requestId": "mine"}'
    assert _invoke(aws, make_function(_code(body)))[1] is None


def test_module_that_does_not_load_is_a_function_error(
    aws: LocalAws, make_function: MakeFunction
) -> None:
    found, error = _invoke(aws, make_function(make_zip(("index.py", "import missing_module"))))
    assert error == "Unhandled"
    assert found["errorType"] == "Runtime.ImportModuleError"


def test_timeout_ends_the_function_and_the_next_call_works(
    aws: LocalAws, make_function: MakeFunction
) -> None:
    made = make_function(_code('time.sleep(event["seconds"])\nreturn "done"'), Timeout=1)
    started = time.monotonic()
    found, error = _invoke(aws, made, {"seconds": 30})
    assert time.monotonic() - started < 10
    assert error == "Unhandled"
    assert "Task timed out after 1.00 seconds" in found["errorMessage"]
    assert _invoke(aws, made, {"seconds": 0}) == ("done", None)


def test_process_that_exits_is_an_error(aws: LocalAws, make_function: MakeFunction) -> None:
    found, error = _invoke(aws, make_function(_code("os._exit(3)")))
    assert error == "Unhandled"
    assert found["errorType"] == "Runtime.ExitError"


def test_warm_function_keeps_its_process(aws: LocalAws, make_function: MakeFunction) -> None:
    made = make_function(_code("return os.getpid()"))
    assert _invoke(aws, made) == _invoke(aws, made)


def test_new_code_and_configuration_answer_after_an_update(
    aws: LocalAws, make_function: MakeFunction
) -> None:
    made, client = make_function(_code("return 1")), aws.client("lambda")
    assert _invoke(aws, made)[0] == 1
    name = {"FunctionName": made["FunctionName"]}
    client.update_function_code(**name, ZipFile=_code('return os.environ.get("X", "none")'))
    client.get_waiter("function_updated_v2").wait(**name)
    assert _invoke(aws, made)[0] == "none"
    client.update_function_configuration(**name, Environment={"Variables": {"X": "set"}})
    client.get_waiter("function_updated_v2").wait(**name)
    assert _invoke(aws, made)[0] == "set"


def test_lines_go_to_the_named_log_group_only(aws: LocalAws, make_function: MakeFunction) -> None:
    logs, group = aws.client("logs"), unique("/own/group/")
    logs.create_log_group(logGroupName=group)
    body = 'print("to stdout")\nprint("to stderr", file=sys.stderr)\nreturn 1'
    made = make_function(_code(body), LoggingConfig={"LogGroup": group})
    tail = aws.client("lambda").invoke(FunctionName=made["FunctionName"], LogType="Tail")
    assert "to stdout" in base64.b64decode(tail["LogResult"]).decode()

    def messages() -> str:
        found = logs.filter_log_events(logGroupName=group)["events"]
        return "".join(event["message"] for event in found)

    wait_for(lambda: "REPORT RequestId" in messages())
    assert "to stdout" in messages()
    assert "to stderr" in messages()
    default = f"/aws/lambda/{made['FunctionName']}"
    assert logs.describe_log_groups(logGroupNamePrefix=default)["logGroups"] == []


def test_later_layer_lies_over_the_earlier_one(aws: LocalAws, make_function: MakeFunction) -> None:
    client, layers = aws.client("lambda"), []
    for value in ("1", "2"):
        archive = make_zip(("python/shared.py", f"VALUE = {value}"))
        made = client.publish_layer_version(LayerName=unique("layer"), Content={"ZipFile": archive})
        layers.append(made["LayerVersionArn"])
    function = make_function(_code("import shared\nreturn shared.VALUE"), Layers=layers)
    assert _invoke(aws, function) == (2, None)


def test_other_runtimes_can_be_created_and_not_invoked(
    aws: LocalAws, make_function: MakeFunction
) -> None:
    made = make_function(make_zip(("index.js", "")), Runtime="nodejs22.x")
    with refused("ServiceException"):
        aws.client("lambda", config=_no_retries()).invoke(FunctionName=made["FunctionName"])


def test_a_reserved_concurrency_of_zero_stops_a_function(
    aws: LocalAws, make_function: MakeFunction
) -> None:
    made, client = make_function(_code("return 1")), aws.client("lambda", config=_no_retries())
    name = {"FunctionName": made["FunctionName"]}
    assert _invoke(aws, made) == (1, None)
    client.put_function_concurrency(**name, ReservedConcurrentExecutions=0)
    with refused("TooManyRequestsException"):
        client.invoke(**name)
    client.delete_function_concurrency(**name)
    assert _invoke(aws, made) == (1, None)


def test_a_function_reads_the_secret_of_now(aws: LocalAws, make_function: MakeFunction) -> None:
    secrets, name = aws.client("secretsmanager"), unique("secret")
    secrets.create_secret(Name=name, SecretString="first")
    body = """
import boto3
client = boto3.client("secretsmanager")
return client.get_secret_value(SecretId=event)["SecretString"]
"""
    # The variable that leads there may also be the function's own.
    own = {"Variables": {"AWS_ENDPOINT_URL": aws.endpoint_url}}
    made = make_function(_code(body), Environment=own)
    assert _invoke(aws, made, name) == ("first", None)
    secrets.put_secret_value(SecretId=name, SecretString="second")
    assert _invoke(aws, made, name) == ("second", None)
    secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)


def test_deleted_function_leaves_no_process(aws: LocalAws, make_function: MakeFunction) -> None:
    made = make_function(_code("return os.getpid()"))
    pid = _invoke(aws, made)[0]
    name = made["FunctionName"]
    client = aws.client("lambda")
    client.update_function_code(FunctionName=name, ZipFile=_code("return 0"))
    wait_for(lambda: not _is_running(pid))


def _is_running(pid: int) -> bool:
    found = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.returncode == 0 and not found.stdout.startswith("Z")


def _no_retries() -> Any:
    from botocore.config import Config

    return Config(retries={"max_attempts": 0})
