"""A typed client in the standard library: what the calls give, as far as a program acts on it. Python 3.10 or later."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Posture:
    domain: str
    verdict: Literal["secure", "insecure", "unknown", "no-mail"]
    findings: list[dict[str, Any]]
    expiresAt: str


@dataclass(frozen=True)
class Pair:
    sender: str
    recipient: str
    secure: bool | None  # None: it could not be determined.
    transport: dict[str, Any]
    verification: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    domain: str
    policy: Literal["dane-only", "secure"]
    basis: Literal["dane", "mta-sts", "observed"]
    match: list[str]


class Refused(Exception):
    """args: the status, such as INVALID_ARGUMENT or DEADLINE_EXCEEDED, and a sentence that says what to do."""


@dataclass(frozen=True)
class Hallmark:
    url: str
    token: str = ""
    patience: int = 60  # seconds

    def check_domain(self, domain: str) -> Posture:
        return self._made(Posture, self._call("checkDomain", domain=domain))

    def check_pair(self, sender: str, recipient: str) -> Pair:
        return self._made(Pair, self._call("checkPair", sender=sender, recipient=recipient))

    def whitelist(self) -> Iterator[Entry]:
        page: dict[str, Any] | None = {}
        while page is not None:
            answer = self._call("listWhitelist", **page)
            yield from (self._made(Entry, each) for each in answer["entries"])
            page = {"pageToken": answer["nextPageToken"]} if "nextPageToken" in answer else None

    @staticmethod
    def _made(kind: type[T], record: dict[str, Any]) -> T:
        return kind(**{name: record[name] for name in kind.__annotations__})

    def _call(self, method: str, **params: Any) -> dict[str, Any]:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        headers = {"Content-Type": "application/json", "grpc-timeout": f"{self.patience}S"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(f"{self.url}/rpc", body, headers)
        with urllib.request.urlopen(request, timeout=self.patience + 5) as response:
            answer: dict[str, Any] = json.load(response)
        if error := answer.get("error"):
            data = error.get("data", {})
            raise Refused(data.get("status", str(error["code"])), data.get("message", error["message"]))
        result: dict[str, Any] = answer["result"]
        return result
