"""From a request to its reply: record, route, authenticate, check, act, and go wrong when asked.

Two calls per request, both quick and under one lock: `begin` when its head is there, `finish` when
its body is. Nothing here knows sockets.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from sume_ext.sandbox.call import NO_FAULT, Call
from sume_ext.sandbox.contract import Contract, Operation, parse_json
from sume_ext.sandbox.delivery import Delivery, delivered, replaced
from sume_ext.sandbox.journal import SECRET_HEADERS, Journal, Received, fingerprint, without_secrets
from sume_ext.sandbox.messages import Body, Head, Reply, json_reply
from sume_ext.sandbox.operations import HANDLERS, Handler
from sume_ext.sandbox.origins import media, storage_refusal, store
from sume_ext.sandbox.problems import Problem

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from sume_ext.sandbox.faults import Fault, Faults
    from sume_ext.sandbox.links import Links
    from sume_ext.sandbox.records import Key
    from sume_ext.sandbox.signing import Signer
    from sume_ext.sandbox.store import Store
    from sume_ext.sandbox.world import World

KEPT_JSON: Final = 16 << 10
RATE_WINDOW: Final = 60


@dataclass(slots=True, repr=False)
class Exchange:
    """A request under way.

    Attributes:
        head: Its head.
        received: Its line in the journal.
        fault: What should go wrong.
        handler: What it asks for; None when that is nothing of the API's.
        limit: How many bytes of body are read.
        refusal: The reply, when it is clear already.
    """

    head: Head
    received: Received
    fault: Fault
    handler: Handler | None = None
    limit: int = 0
    refusal: Reply | None = None


@dataclass(slots=True, repr=False)
class Engine:
    """The three origins.

    Attributes:
        contract: The document.
        world: The state.
        links: Media URLs.
        signer: Signs uploads.
        store: The real store behind uploads, or None.
        faults: What should go wrong.
        journal: What was received.
        lock: Held by whoever touches the state.
    """

    contract: Contract
    world: World
    links: Links
    signer: Signer
    store: Store | None
    faults: Faults
    journal: Journal
    lock: threading.RLock

    def begin(self, head: Head) -> Exchange:
        """Take a request's head."""
        with self.lock:
            handler, route = self._handler(head)
            name = handler.name if handler else _plain_name(head)
            paid = handler is not None and handler.spends
            fault = self.faults.take(name, head.method, route, head.origin, paid=paid)
            received = self._record(head, name, paid, fault)
            exchange = Exchange(head, received, fault or NO_FAULT, handler)
            if head.origin == "storage":
                exchange.limit = self.world.limits.upload_bytes
                exchange.refusal = storage_refusal(self.world, self.signer, head, exchange.fault)
            elif head.origin == "api":
                exchange.limit = self.world.limits.body_bytes
            return exchange

    def finish(self, exchange: Exchange, body: Body) -> Delivery:
        """Answer a request whose body is there, doing what it asks unless the fault forbids."""
        with self.lock:
            exchange.received.size = body.size
            fault = exchange.fault
            reply = self._answer(exchange, body) if fault.works else Reply(0)
            if fault.replaces:
                request_id = self.world.markers.identifier("req")
                reply = replaced(fault, exchange.head.origin, request_id)
            delivery = delivered(reply, fault, exchange.head.method)
            exchange.received.status = delivery.reply.status if delivery.reply else None
            if self.journal.on_answer is not None:
                self.journal.on_answer(exchange.received)
            return delivery

    def _answer(self, exchange: Exchange, body: Body) -> Reply:
        self.world.jobs.settle()
        if exchange.refusal is not None:
            return exchange.refusal
        if exchange.head.origin == "storage":
            return store(self.world, self.signer, exchange.head, body)
        if exchange.head.origin == "media":
            return media(self.links, exchange.head, exchange.fault)
        request_id = self.world.markers.identifier("req")
        try:
            status, answer, headers = self._guarded(exchange, body)
        except Problem as problem:
            envelope = problem.envelope(request_id)
            if self.world.settings.secrets:
                envelope["error"]["details"] |= self._slips(exchange.head)
            status, answer, headers = problem.status, envelope, problem.headers
        return json_reply(status, answer, {"x-request-id": request_id, **headers})

    def _guarded(self, exchange: Exchange, body: Body) -> tuple[int, Any, dict[str, str]]:
        """Call, and tell a fault of our own as what it is."""
        try:
            return self._call(exchange, body)
        except Problem:
            raise
        except Exception as error:
            logging.getLogger("sume_ext.sandbox").exception("the sandbox broke")
            message = f"The sandbox itself broke ({type(error).__name__}); its log says how."
            raise Problem(500, "sandbox_defect", message) from error

    def _call(self, exchange: Exchange, body: Body) -> tuple[int, Any, dict[str, str]]:
        head = exchange.head
        if body.size > exchange.limit:
            raise Problem(413, "payload_too_large", "The body is too large.")
        path = head.path.removeprefix(self.contract.prefix)
        if path == "/openapi.json" and head.method == "GET":
            return 200, self.contract.document, {}
        operation, values = self._route(head, path)
        key = self._authenticate(head.headers)
        headers = self._within_rate(key)
        if body.size <= KEPT_JSON and body.content:
            with contextlib.suppress(Problem):
                exchange.received.json = without_secrets(parse_json(body.content))
        arguments = operation.arguments(values, head.query)
        content = operation.content(head.headers.get("content-type", ""), body.content)
        if exchange.handler is None:
            raise Problem(501, "not_in_sandbox", "The sandbox doesn't know this operation yet.")
        call = Call(
            world=self.world,
            links=self.links,
            signer=self.signer,
            store=self.store,
            key=key,
            arguments=arguments,
            body=content,
            now=self.world.clock.now(),
            fault=exchange.fault,
        )
        status, answer = exchange.handler.run(call)
        if not operation.fits(status, answer):
            message = f"The sandbox's own answer to {exchange.handler.name} breaks the schema."
            raise Problem(500, "sandbox_defect", message)
        return status, answer, headers

    def _handler(self, head: Head) -> tuple[Handler | None, str]:
        """What a request asks for, and its path as faults see it."""
        if head.origin != "api":
            return None, head.path
        path = head.path.removeprefix(self.contract.prefix)
        operations, _ = self.contract.route(path)
        operation = operations.get(head.method)
        return HANDLERS.get((head.method, operation.template)) if operation else None, path

    def _route(self, head: Head, path: str) -> tuple[Operation, dict[str, str]]:
        operations, values = self.contract.route(path)
        if not operations or not head.path.startswith(self.contract.prefix):
            raise Problem(404, "not_found", "There is no such path.")
        if head.method not in operations:
            allowed = ", ".join(sorted(operations))
            message = f"This path takes {allowed}."
            raise Problem(405, "method_not_allowed", message, headers={"Allow": allowed})
        return operations[head.method], values

    def _slips(self, head: Head) -> dict[str, str]:
        """What a careless server may put into an error's details."""
        slips = {"provider_payload": self.world.markers.junk()}
        given = head.headers.get("authorization", "").removeprefix("Bearer ")
        key = self.world.keys.get(given)
        if key is not None:
            slips |= {"api_key_id": key.id, "workspace_id": key.workspace.id}
            slips |= {"user_id": key.workspace.user_id, "email": key.workspace.email}
        return slips

    def _authenticate(self, headers: Mapping[str, str]) -> Key:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if not scheme:
            given = headers.get("x-api-key", "")
        elif scheme.lower() != "bearer":
            given = ""
        key = self.world.keys.get(given.strip())
        if key is None or key.revoked:
            message = "The key is missing, malformed, revoked or unknown."
            raise Problem(401, "unauthorized", message, headers={"WWW-Authenticate": "Bearer"})
        if not key.workspace.access:
            raise Problem(403, "forbidden", "The key is valid, but the workspace lacks access.")
        return key

    def _within_rate(self, key: Key) -> dict[str, str]:
        limit = self.world.settings.rate_limit
        if limit is None:
            return {}
        now = self.world.clock.now()
        if int(now // RATE_WINDOW) != key.window:
            key.window, key.used = int(now // RATE_WINDOW), 0
        key.used += 1
        reset = max(1, ceil((RATE_WINDOW - now % RATE_WINDOW) / self.world.clock.speed))
        headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - key.used)),
            "RateLimit-Reset": str(reset),
        }
        if key.used > limit:
            message = f"At most {limit} requests a minute."
            retry = {**headers, "Retry-After": str(reset)}
            raise Problem(429, "rate_limit_exceeded", message, headers=retry)
        return headers

    def _record(self, head: Head, name: str | None, paid: bool, fault: Fault | None) -> Received:
        api = head.origin == "api"
        received = Received(
            at=self.world.clock.now(),
            origin=head.origin,
            method=head.method,
            path=head.path if api else fingerprint(head.path),
            query=head.query if api or not head.query else fingerprint(head.query),
            headers={
                key: _hidden(value) if key in SECRET_HEADERS or key.startswith("x-amz-") else value
                for key, value in head.headers.items()
            },
            operation=name,
            spends=paid,
            fault=str(fault) if fault else None,
        )
        self.journal.add(received)
        return received


def _plain_name(head: Head) -> str | None:
    if head.origin == "api":
        return "openapi" if head.path.endswith("/openapi.json") else None
    return f"{head.origin}_{head.method.lower()}"


def _hidden(value: str) -> str:
    scheme, space, secret = value.partition(" ")
    return f"{scheme} {fingerprint(secret)}" if space else fingerprint(value)
