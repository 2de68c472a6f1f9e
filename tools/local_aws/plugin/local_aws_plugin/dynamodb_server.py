"""Runs DynamoDB Local on loopback; started as a process of its own.

    python -I dynamodb_server.py HOME JVM PORT

Its own command line has no option for the address and listens on all of them. So its server is
made here as its ``main`` makes it, through JPype, and told the address before it starts.
"""

from __future__ import annotations

import sys

import jpype  # type: ignore[import-not-found]

__all__ = ["main"]


def main(home: str, jvm: str, port: str) -> None:
    """Serves until it is killed.

    Args:
        home: Folder that holds ``DynamoDBLocal.jar``.
        jvm: The Java virtual machine's library.
        port: Port to listen on.
    """
    jpype.startJVM(
        jvm,
        "-Xmx256m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "--enable-native-access=ALL-UNNAMED",
        f"-Djava.library.path={home}/DynamoDBLocal_lib",
        classpath=[f"{home}/DynamoDBLocal.jar", f"{home}/DynamoDBLocal_lib/*"],
    )
    runner = jpype.JClass("com.amazonaws.services.dynamodbv2.local.main.ServerRunner")
    server = runner.createServerFromCommandLineArgs(["-inMemory", "-port", port])
    field = server.getClass().getDeclaredField("server")
    field.setAccessible(True)
    for connector in field.get(server).getConnectors():
        connector.setHost("127.0.0.1")
    server.start()
    server.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
