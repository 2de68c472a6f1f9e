"""The stand-in as tests and the demo use it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from .process import LocalAwsError, Process

__all__ = ["Fault", "JobOutcome", "LocalAws"]

JobOutcome = Literal["succeed", "fail", "endless", "foreign_content", "changed_content", "unsigned"]
"""How a signing job ends. ``fail``: status Failed. ``endless``: in progress for good.
``foreign_content``: the signed object has an entry more than the source. ``changed_content``: one
entry differs from the source. ``unsigned``: the object is the source, without a signature."""

Fault = Literal[
    "throttle",
    "server_error",
    "expired_token",
    "access_denied",
    "clock_skew",
    "truncate_body",
    "slow",
]
"""What happens to a call. The first five: an error as the service words it. ``truncate_body``: the
answer promises its whole length and ends half-way. ``slow``: the answer comes late."""

_ACCOUNT = "000000000000"
_REGION = "us-east-1"


class LocalAws:
    """A running stand-in; use :meth:`start`.

    Example:
        >>> with LocalAws.start(Path("state")) as aws:  # doctest: +SKIP
        ...     aws.add_fault(service="signer", operation="StartSigningJob", kind="throttle")
        ...     aws.calls("signer", "StartSigningJob")
        []
    """

    account = _ACCOUNT
    """The account of :meth:`environment` and, unless another is named, :meth:`client`."""

    region = _REGION
    """The region of :meth:`environment` and, unless another is named, :meth:`client`."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    def start(cls, state_directory: Path, *, log_file: Path | None = None) -> LocalAws:
        """Starts a stand-in on a free port of the loopback address and waits until it is ready.

        Several can run side by side, each with its own state directory.

        Args:
            state_directory: Holds everything that it writes; made if it is not there.
            log_file: Receives its output; ``local-aws.log`` in the state directory by default.

        Raises:
            LocalAwsError: It is not installed (``make setup-local-aws``), or did not start.
        """
        return cls(Process(state_directory, log_file))

    def stop(self) -> None:
        """Stops it and every process that it started; harmless when it has ended."""
        self._process.stop()

    def __enter__(self) -> LocalAws:
        """Returns the running stand-in."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops it."""
        self.stop()

    @property
    def endpoint_url(self) -> str:
        """The address of every service, e.g. ``http://127.0.0.1:40123``."""
        return self._process.url

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_running()

    @property
    def log_file(self) -> Path:
        """The file that receives its output."""
        return self._process.log_file

    def environment(self, *, account: str = _ACCOUNT, region: str = _REGION) -> dict[str, str]:
        """The variables that make AWS's tools and SDKs use the stand-in.

        Nothing of this process's own environment is in it. A caller's ``AWS_PROFILE`` should be
        removed: some tools prefer it to keys.

        Args:
            account: Account of the caller.
            region: Region that is used where none is named.
        """
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": account,
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": "/nonexistent/aws-config",
            "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/aws-credentials",
            "AWS_EC2_METADATA_DISABLED": "true",
            "CDK_DEFAULT_ACCOUNT": account,
            "CDK_DEFAULT_REGION": region,
            "CI": "true",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def client(
        self, service: str, *, account: str = _ACCOUNT, region: str = _REGION, **options: Any
    ) -> Any:
        """A boto3 client on the stand-in.

        Args:
            service: Service name as in boto3.
            account: Account of the caller: the stand-in takes a key of twelve digits for it.
            region: Region of the client.
            **options: Passed on to boto3.
        """
        # Here, not above: whoever only installs the stand-in has no boto3 yet.
        import boto3
        import botocore.session
        from botocore.config import Config

        # No profile, no configuration file, no proxy of this machine.
        nowhere = "/nonexistent/aws"
        core = botocore.session.Session(
            session_vars={
                "profile": (None, None, None, None),
                "config_file": (None, None, nowhere, None),
                "credentials_file": (None, None, nowhere, None),
            }
        )
        session = boto3.session.Session(
            aws_access_key_id=account,
            aws_secret_access_key="test",
            region_name=region,
            botocore_session=core,
        )
        config = Config(proxies={}).merge(options.pop("config", Config()))
        return session.client(service, endpoint_url=self.endpoint_url, config=config, **options)

    def set_signer(self, *, latency_seconds: float) -> None:
        """Sets how long signing jobs that start from now on stay in progress (at first: 0)."""
        self._send("POST", "signer", {"latency_seconds": latency_seconds})

    def set_job_outcome(self, outcome: JobOutcome, times: int | None = None) -> None:
        """Sets how signing jobs that start from now on end.

        Args:
            outcome: See :data:`JobOutcome`.
            times: Number of jobs, after which they succeed again; all jobs by default.
        """
        self._send("POST", "outcome", {"outcome": outcome, "times": times})

    def add_fault(
        self,
        *,
        service: str,
        operation: str | None = None,
        kind: Fault,
        times: int | None = 1,
        skip: int = 0,
        seconds: float = 1.0,
        per_second: float | None = None,
    ) -> None:
        """Makes calls from outside fail; the stand-in's own calls among its services do not.

        Args:
            service: Service name as in boto3.
            operation: Operation in AWS's spelling, e.g. ``GetObject``; every operation by default.
            kind: See :data:`Fault`.
            times: Number of calls; None for all.
            skip: Number of calls that pass first.
            seconds: Delay of a ``slow`` call.
            per_second: Calls that pass in each second; the fault is for those above, so that
                ``kind="throttle", times=None, per_second=10`` is a quota of ten a second. None
                lets none pass.

        Raises:
            LocalAwsError: There is no such kind, or a number is none.
        """
        self._send(
            "POST",
            "faults",
            {
                "service": service,
                "operation": operation,
                "kind": kind,
                "times": times,
                "skip": skip,
                "seconds": seconds,
                "per_second": per_second,
            },
        )

    def clear_faults(self) -> None:
        """Removes all faults; signing jobs succeed at once again."""
        self._send("DELETE", "faults")

    def set_internet(self, hosts: Mapping[str, tuple[str, int]]) -> None:
        """Sets what functions outside a VPC find in the internet; at first there is nothing.

        A name has an address that looks public. Connections to that address and port 443 go to the
        given address and port of this machine. Functions in a VPC find none of the names, whatever
        its route tables say.

        Args:
            hosts: Address on the loopback interface and port, by name. They replace those that were
                set before, also for functions that run already.

        Raises:
            LocalAwsError: An address is not of the loopback interface, or a port is none.
        """
        self._send("POST", "internet", {"hosts": dict(hosts)})

    def calls(
        self, service: str | None = None, operation: str | None = None
    ) -> list[dict[str, Any]]:
        """The calls from outside since the start or the last :meth:`reset_calls`, oldest first.

        Args:
            service: Only this service.
            operation: Only this operation.

        Returns:
            For each call ``service``, ``operation``, ``status`` (HTTP), ``error`` (code or None),
            ``account`` of the caller, and ``time``, when it was answered, as ``time.time()``
            tells it.
        """
        return [
            call
            for call in self._send("GET", "calls")
            if service in (None, call["service"]) and operation in (None, call["operation"])
        ]

    def reset_calls(self) -> None:
        """Forgets the calls."""
        self._send("DELETE", "calls")

    def _send(self, method: str, what: str, body: dict[str, Any] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{self.endpoint_url}/_local_aws/{what}",
            data=json.dumps(body or {}).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise LocalAwsError(json.load(error)["error"]) from error
        except urllib.error.URLError as error:
            raise LocalAwsError(
                f"the local AWS stand-in does not answer: {error.reason}"
            ) from error
