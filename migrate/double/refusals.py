# May know: nothing but the shape of an error body.
"""Why a request was refused: the status, the error type and the message of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Source: the vendor's page on errors; the same for both endpoints.
ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    409: "conflict_error",
    413: "request_too_large",
    429: "rate_limit_error",
    500: "api_error",
    503: "api_error",
    504: "timeout_error",
    529: "overloaded_error",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal. `message` begins with the name of the field at fault where there is one."""

    message: str
    status: int = 400
    type: str = ""

    def body(self, request_id: str) -> dict[str, Any]:
        """The JSON body: {"type": "error", "error": {"type", "message"}, "request_id"}."""
        kind = self.type or ERROR_TYPES.get(self.status, "api_error")
        return {
            "type": "error",
            "error": {"type": kind, "message": self.message},
            "request_id": request_id,
        }
