"""What takes data out of a queue or a stream by itself, and carries it on."""

from collections.abc import Iterator

from ...model.values import strings
from ...model.world import Resource
from ..case import Case
from ..reasons import Reason, told
from .reach import relays

__all__ = ["carried_on"]

# What a pipe may lead to and stay inside.
_KEEPING = ("AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::SQS::Queue")

# The destinations of a delivery stream that are buckets.
_TO_BUCKETS = ("ExtendedS3DestinationConfiguration", "S3DestinationConfiguration")


def carried_on(case: Case, source: Resource) -> Iterator[Reason]:
    """Yield what carries on what is put into a queue or a stream, to where it may leave.

    A function outside that it is handed to is judged as a relay.

    Args:
        case: The app under judgement.
        source: The queue, the stream or the delivery stream.
    """
    for pipe in case.world.of("AWS::Pipes::Pipe"):
        if pipe.get("Source") == source.arn:
            for target in (pipe.get("Target"), pipe.get("Enrichment")):
                if target is not None and not _stays_inside(case, target):
                    text = "carries what is put into a queue or a stream of the app to elsewhere"
                    yield Reason(pipe, text, told(target))
    for stream in case.world.of("AWS::KinesisFirehose::DeliveryStream"):
        read = stream.get("KinesisStreamSourceConfiguration", "KinesisStreamARN")
        if source.path == stream.path or read == source.arn:
            for name in stream.properties:
                if name.endswith("DestinationConfiguration") and not _is_bucket(case, stream, name):
                    text = "delivers what is put into it to what is no bucket of these stacks"
                    yield Reason(stream, text, _told_target(stream, name))


def _stays_inside(case: Case, target: object) -> bool:
    if case.world.find(target, *_KEEPING) is not None:
        return True
    judged = [*case.isolated, *relays(case)]
    return any(isinstance(target, str) and target == function.arn for function in judged)


def _is_bucket(case: Case, stream: Resource, name: str) -> bool:
    if name not in _TO_BUCKETS:
        return False
    return case.world.find(stream.get(name, "BucketARN"), "AWS::S3::Bucket") is not None


def _told_target(stream: Resource, name: str) -> str:
    urls = [text for text in strings(stream.get(name)) if text.startswith("https://")]
    return urls[0] if urls else name.removesuffix("Configuration")
