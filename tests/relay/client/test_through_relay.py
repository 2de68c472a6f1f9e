"""From a caller's library to a host and back: client, Invoke API, the relay itself, real TLS."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import parse_qs

import httpx
import pytest
import requests
import stripe

from secure_lambda_constructs.relay.client import (
    RelayAdapter,
    RelayClient,
    RelayPoolManager,
    RelayRefusedError,
    RelayTimeoutError,
    RelayTlsError,
    RelayTransport,
)
from secure_lambda_constructs.relay.handler.relay import Relay
from secure_lambda_constructs.relay.handler.routes import (
    Body,
    Configuration,
    Credential,
    CredentialSource,
    Parameter,
    ResponseRules,
    Route,
)
from secure_lambda_constructs.relay.handler.secret_values import SecretValues

from ..servers import Answer, HttpServer, Seen, connections_to
from .conftest import ARN, LambdaApi

_KEY = "sk_live_known_to_the_relay_only"
_HOST = "api.stripe.com"
_CREDENTIAL = Credential("bearer", CredentialSource("secrets_manager", "STRIPE_KEY"))
_RESPONSE = ResponseRules(
    max_bytes=65_536, headers=("content-type", "request-id"), content_types=("application/json",)
)


def routes(**changes: float | bool) -> tuple[Route, ...]:
    """What a shop may do at its payment provider."""
    return (
        Route(
            name="charge",
            method="POST",
            host=_HOST,
            path="/v1/charges",
            headers={"idempotency-key": Parameter("text"), "stripe-version": Parameter("text")},
            body=Body(
                "form",
                max_bytes=2048,
                fields={
                    "amount": Parameter("integer", minimum=1, maximum=10_000),
                    "currency": Parameter("one_of", values=("eur",)),
                    "source": Parameter("pattern", pattern="tok_[a-z]{1,20}"),
                },
            ),
            credential=_CREDENTIAL,
            response=_RESPONSE,
            **changes,  # type: ignore[arg-type]  # of their own types
        ),
        Route(
            name="charge_status",
            method="GET",
            host=_HOST,
            path="/v1/charges/{charge}",
            path_parameters={"charge": Parameter("pattern", pattern="ch_[A-Za-z0-9]{1,32}")},
            query_parameters={"expand[0]": Parameter("one_of", values=("customer",))},
            credential=_CREDENTIAL,
            response=_RESPONSE,
            idempotent=True,
            **changes,  # type: ignore[arg-type]  # of their own types
        ),
    )


Serve = Callable[..., HttpServer]


@pytest.fixture
def serve(api: LambdaApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Starts a host, and the relay in front of it behind the Invoke API."""
    monkeypatch.setenv("EGRESS_RELAY_HOSTS", f"{_HOST}={ARN}")
    with ExitStack() as open_things:

        def start(
            answer: Callable[[Seen], Answer] | Answer, name: str = _HOST, **changes: float | bool
        ) -> HttpServer:
            server = open_things.enter_context(HttpServer(name, answer=answer))
            connections = connections_to(server)
            open_things.callback(connections.close)
            relay = Relay(
                Configuration(routes(**changes)),
                connections=connections,
                secrets=SecretValues(
                    read=lambda service, name: _KEY, environment={"STRIPE_KEY": "key"}
                ),
                write=lambda line: None,
            )
            api.handle = lambda event: relay.handle(event, None)
            return server

        yield start


def charge(seen: Seen) -> Answer:
    """What the host says to a charge."""
    headers = (
        ("content-type", "application/json"),
        ("request-id", "req_1"),
        ("set-cookie", "a=1"),
        ("x-internal", "hidden"),
    )
    return Answer(200, headers, b'{"id": "ch_1", "object": "charge", "status": "succeeded"}')


@pytest.fixture
def shop() -> Iterator[stripe.StripeClient]:
    """Stripe's own SDK as it comes, but for the session's adapter."""
    with requests.Session() as session:
        session.mount("https://", RelayAdapter())
        yield stripe.StripeClient(
            "sk_placeholder", http_client=stripe.RequestsClient(session=session)
        )


def test_stripe_charges_through_the_relay(
    api: LambdaApi, serve: Serve, shop: stripe.StripeClient
) -> None:
    host = serve(charge)
    made = shop.v1.charges.create({"amount": 500, "currency": "eur", "source": "tok_visa"})
    assert (made.id, made.status) == ("ch_1", "succeeded")
    again = shop.v1.charges.retrieve("ch_1", {"expand": ["customer"]})
    assert again.id == "ch_1"
    post, get = host.seen
    assert (post.method, post.target, post.server_name) == ("POST", "/v1/charges", _HOST)
    assert parse_qs(post.body.decode()) == {
        "amount": ["500"],
        "currency": ["eur"],
        "source": ["tok_visa"],
    }
    assert post.header("authorization") == f"Bearer {_KEY}"
    assert post.header("idempotency-key")
    assert post.header("user-agent") == "secure-lambda-relay/1"
    assert post.header("x-stripe-client-user-agent") is None
    assert (get.method, get.target) == ("GET", "/v1/charges/ch_1?expand%5B0%5D=customer")
    assert len(api.events) == 2
    response = made.last_response
    assert response is not None
    assert response.headers == {"content-type": "application/json", "request-id": "req_1"}


def test_stripe_tells_of_declined_cards(serve: Serve, shop: stripe.StripeClient) -> None:
    serve(
        Answer(
            402,
            body=b'{"error": {"type": "card_error", "code": "card_declined", "message": "no"}}',
        )
    )
    with pytest.raises(stripe.CardError) as caught:
        shop.v1.charges.create({"amount": 500, "currency": "eur", "source": "tok_visa"})
    assert caught.value.code == "card_declined"


def test_refusals_reach_stripe_users_at_once(
    api: LambdaApi, serve: Serve, shop: stripe.StripeClient
) -> None:
    host = serve(charge)
    with pytest.raises(stripe.APIConnectionError, match=r"body_invalid, route charge") as caught:
        shop.v1.charges.create({"amount": 50_000, "currency": "eur", "source": "tok_visa"})
    assert isinstance(caught.value.__cause__, RelayRefusedError)
    with pytest.raises(stripe.APIConnectionError, match="destination_not_allowed"):
        shop.v1.balance.retrieve()
    assert len(api.events) == 2
    assert host.seen == []


def test_the_same_by_the_other_libraries(api: LambdaApi, serve: Serve) -> None:
    host = serve(charge)
    url = f"https://{_HOST}/v1/charges"
    form = {"amount": "500", "currency": "eur"}
    client = RelayClient()
    with httpx.Client(transport=RelayTransport(client)) as other:
        assert other.post(url, data=form).json()["id"] == "ch_1"
    http = RelayPoolManager(client=client)
    sent = http.request_encode_body("POST", url, fields=form, encode_multipart=False)
    assert sent.json()["id"] == "ch_1"
    plain = client.call(
        "POST",
        url,
        headers={"content-type": "application/x-www-form-urlencoded"},
        body="amount=500&currency=eur",
    )
    assert (plain.route, plain.json()["id"]) == ("charge", "ch_1")
    assert {seen.body for seen in host.seen} == {b"amount=500&currency=eur"}
    assert len(host.seen) == 3


def test_slow_host(api: LambdaApi, serve: Serve) -> None:
    host = serve(Answer(delay=5), timeout_seconds=0.1)
    client = RelayClient(retries=1, pause=lambda seconds: None)
    with pytest.raises(RelayTimeoutError) as caught:
        client.call("POST", f"https://{_HOST}/v1/charges", body="amount=1")
    assert (caught.value.code, caught.value.route) == ("upstream_timeout", "charge")
    assert (len(api.events), len(host.seen)) == (1, 1)
    with pytest.raises(RelayTimeoutError) as caught:
        client.call("GET", f"https://{_HOST}/v1/charges/ch_1")
    assert caught.value.retryable
    assert (len(api.events), len(host.seen)) == (3, 3)


def test_host_with_a_certificate_for_another_name(api: LambdaApi, serve: Serve) -> None:
    host = serve(charge, name="api.example.com")
    with pytest.raises(RelayTlsError) as caught:
        RelayClient().call("GET", f"https://{_HOST}/v1/charges/ch_1")
    assert caught.value.code == "tls_failed"
    assert (len(api.events), host.seen) == (1, [])
