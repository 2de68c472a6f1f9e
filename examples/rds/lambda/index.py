"""Two functions on one database: `handler` reads a user, `prepare` makes the table it reads."""

import os
import ssl
from typing import Any

import boto3
import pg8000.native

HOST = os.environ["DATABASE_HOST"]
PORT = int(os.environ["DATABASE_PORT"])
NAME = os.environ["DATABASE_NAME"]
USER = os.environ["DATABASE_USER"]

# The proxy's certificate is one of Amazon Trust Services, which the runtime trusts. Whoever has
# none for this very name is not spoken to.
TLS = ssl.create_default_context()

rds = boto3.client("rds")


def connect() -> pg8000.native.Connection:
    """Open a connection with a token of IAM in place of a password.

    The token is signed here with the keys of the function's role: nothing is asked over the
    network. It is good for fifteen minutes, and for this user, host and port only.
    """
    token = rds.generate_db_auth_token(DBHostname=HOST, Port=PORT, DBUsername=USER)
    return pg8000.native.Connection(
        USER, host=HOST, port=PORT, database=NAME, password=token, ssl_context=TLS, timeout=10
    )


def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Return the row of `event["user_id"]`, or say that there is none."""
    user_id = event["user_id"]
    # A connection for each call: keeping and sharing them is what the proxy is for.
    with connect() as database:
        rows = database.run("SELECT name FROM users WHERE user_id = :user_id", user_id=user_id)
    if not rows:
        return {"found": False, "user_id": user_id}
    return {"found": True, "user": {"user_id": user_id, "name": rows[0][0]}}


def prepare(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Make the table, a row, and the user of `handler`, which reads this table and nothing else."""
    reader = os.environ["READER"]
    statements = (
        "CREATE TABLE IF NOT EXISTS users (user_id text PRIMARY KEY, name text NOT NULL)",
        "INSERT INTO users VALUES ('u-1', 'Aiko Tanaka') ON CONFLICT DO NOTHING",
        f"DO $$ BEGIN CREATE ROLE {reader} LOGIN; "
        "EXCEPTION WHEN duplicate_object THEN NULL; END $$",
        # Whoever has this role logs in with a token of IAM, and with nothing else.
        f"GRANT rds_iam TO {reader}",
        f"GRANT SELECT ON users TO {reader}",
    )
    with connect() as database:
        for statement in statements:
            database.run(statement)
    return {"prepared": True}
