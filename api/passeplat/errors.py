"""Everything that can go wrong, as values: code, HTTP status, message, details, hint.

The codes are PostgREST's (docs/reference/errors.md); `response` is the only place that renders
them.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class PasseplatError(Exception):
    """Base of every error we raise on purpose: its text is one sentence that says what to do."""


class SettingError(PasseplatError):
    """A setting is missing or cannot be used: the program ends with exit status 1."""


class ApiError(PasseplatError):
    """An answer to a request that cannot be done as asked."""

    code: ClassVar[str] = "PGRSTX00"
    status: ClassVar[int] = 500

    def __init__(self, message: str, details: Any = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.details = details  # text, or for ambiguities a list of mappings
        self.hint = hint
        self.headers: tuple[tuple[str, str], ...] = ()


class QueryStringError(ApiError):
    code, status = "PGRST100", 400


class InvalidIdentifier(QueryStringError):
    def __init__(self) -> None:
        super().__init__("A name cannot contain the character U+0000")


class UnsupportedRoutineMethod(ApiError):
    code, status = "PGRST101", 405

    def __init__(self, method: str) -> None:
        super().__init__(f"Cannot use the {method} method on RPC")


class InvalidBody(ApiError):
    code, status = "PGRST102", 400


class InvalidRange(ApiError):
    code, status = "PGRST103", 416

    def __init__(self, details: str) -> None:
        super().__init__("Requested range not satisfiable", details)


class InvalidPutFilters(ApiError):
    code, status = "PGRST105", 405

    def __init__(self) -> None:
        super().__init__(
            "Filters must include all and only primary key columns with 'eq' operators"
        )


class UnacceptableSchema(ApiError):
    code, status = "PGRST106", 406

    def __init__(self, schema: str, exposed: tuple[str, ...]) -> None:
        hint = f"Only the following schemas are exposed: {', '.join(exposed)}"
        super().__init__(f"Invalid schema: {schema}", None, hint)


class UnacceptableMediaType(ApiError):
    code, status = "PGRST107", 406

    def __init__(self, accepted: tuple[str, ...]) -> None:
        super().__init__(f"None of these media types are available: {', '.join(accepted)}")


class NotEmbedded(ApiError):
    code, status = "PGRST108", 400

    def __init__(self, relation: str, details: str | None = None, hint: str | None = None) -> None:
        super().__init__(
            f"'{relation}' is not an embedded resource in this request",
            details,
            hint or f"Verify that '{relation}' is included in the 'select' query parameter.",
        )


class InvalidResponseHeaders(ApiError):
    code, status = "PGRST111", 500

    def __init__(self) -> None:
        super().__init__(
            "response.headers guc must be a JSON array composed of objects with a single key"
            " and a string value"
        )


class InvalidResponseStatus(ApiError):
    code, status = "PGRST112", 500

    def __init__(self) -> None:
        super().__init__("response.status guc must be a valid status code")


class PutLimit(ApiError):
    code, status = "PGRST114", 400

    def __init__(self) -> None:
        super().__init__("limit/offset querystring parameters are not allowed for PUT")


class PutMismatch(ApiError):
    code, status = "PGRST115", 400

    def __init__(self) -> None:
        super().__init__("Payload values do not match URL in primary key column(s)")


class NotSingular(ApiError):
    code, status = "PGRST116", 406

    def __init__(self, rows: int) -> None:
        super().__init__(
            "Cannot coerce the result to a single JSON object", f"The result contains {rows} rows"
        )


class UnsupportedMethod(ApiError):
    code, status = "PGRST117", 405

    def __init__(self, method: str) -> None:
        super().__init__(f"Unsupported HTTP method: {method}")


class RelatedOrderNotToOne(ApiError):
    code, status = "PGRST118", 400

    def __init__(self, origin: str, target: str) -> None:
        super().__init__(
            f"A related order on '{target}' is not possible",
            f"'{origin}' and '{target}' do not form a many-to-one or one-to-one relationship",
        )


class UnacceptableEmbedFilter(ApiError):
    code, status = "PGRST120", 400

    def __init__(self, target: str) -> None:
        super().__init__(
            f"Bad operator on the '{target}' embedded resource",
            "Only is null or not is null filters are allowed on embedded resources",
        )


class InvalidRaise(ApiError):
    code, status = "PGRST121", 500

    def __init__(self, details: str, hint: str) -> None:
        super().__init__(
            "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error", details, hint
        )


class InvalidPreferences(ApiError):
    code, status = "PGRST122", 400

    def __init__(self, invalid: tuple[str, ...]) -> None:
        super().__init__(
            "Invalid preferences given with handling=strict",
            f"Invalid preferences: {', '.join(invalid)}",
        )


class AggregatesDisabled(ApiError):
    code, status = "PGRST123", 400

    def __init__(self) -> None:
        super().__init__("Use of aggregate functions is not allowed")


class MaxAffectedExceeded(ApiError):
    code, status = "PGRST124", 400

    def __init__(self, rows: int) -> None:
        super().__init__(
            "Query result exceeds max-affected preference constraint",
            f"The query affects {rows} rows",
        )


class InvalidPath(ApiError):
    code, status = "PGRST125", 404

    def __init__(self) -> None:
        super().__init__("Invalid path specified in request URL")


class OpenApiDisabled(ApiError):
    code, status = "PGRST126", 404

    def __init__(self) -> None:
        super().__init__("Root endpoint metadata is disabled")


class NotImplementedFeature(ApiError):
    code, status = "PGRST127", 400

    def __init__(self, details: str) -> None:
        super().__init__("Feature not implemented", details)


class MaxAffectedNeedsSet(ApiError):
    code, status = "PGRST128", 400

    def __init__(self) -> None:
        super().__init__(
            "Function must return SETOF or TABLE when max-affected preference is used"
            " with handling=strict"
        )


class UrlTooLong(ApiError):
    code, status = "PGRST131", 414

    def __init__(self, limit: int) -> None:
        super().__init__(
            "The URL is too long",
            f"At most {limit} bytes of path and query string are accepted",
            "Call a function by POST with what is long, or raise the setting server-max-url",
        )


class BodyTooLarge(ApiError):
    code, status = "PGRST130", 413

    def __init__(self, limit: int) -> None:
        super().__init__(
            "The request body is too large",
            f"At most {limit} bytes are accepted",
            "Send the rows in several requests, or raise the setting server-max-body",
        )


class BodyTooSlow(ApiError):
    code, status = "PGRST132", 408

    def __init__(self, seconds: float) -> None:
        super().__init__(
            "The request body comes too slowly",
            f"The next rows did not arrive within {seconds:g} seconds, and nothing was changed",
            "Send the rows in several requests",
        )


class NoRelationship(ApiError):
    code, status = "PGRST200", 400


class AmbiguousRelationship(ApiError):
    code, status = "PGRST201", 300


class RoutineNotFound(ApiError):
    code, status = "PGRST202", 404


class AmbiguousRoutine(ApiError):
    code, status = "PGRST203", 300


class ColumnNotFound(ApiError):
    code, status = "PGRST204", 400

    def __init__(self, column: str, relation: str) -> None:
        super().__init__(
            f"Could not find the '{column}' column of '{relation}' in the schema cache"
        )


class TableNotFound(ApiError):
    code, status = "PGRST205", 404

    def __init__(self, schema: str, table: str, hint: str | None) -> None:
        super().__init__(
            f"Could not find the table '{schema}.{table}' in the schema cache", None, hint
        )


class NoJwtSecret(ApiError):
    code, status = "PGRST300", 500

    def __init__(self) -> None:
        super().__init__("Server lacks JWT secret")


class InvalidToken(ApiError):
    code, status = "PGRST301", 401

    def __init__(self, message: str, details: str | None = None) -> None:
        super().__init__(message, details)
        text = message.replace("\\", "\\\\").replace('"', '\\"')
        challenge = f'Bearer error="invalid_token", error_description="{text}"'
        self.headers = (("WWW-Authenticate", challenge),)


class AnonymousDisabled(ApiError):
    code, status = "PGRST302", 401

    def __init__(self) -> None:
        super().__init__("Anonymous access is disabled")
        self.headers = (("WWW-Authenticate", "Bearer"),)


class InvalidClaims(InvalidToken):
    code = "PGRST303"


class ConnectionFailed(ApiError):
    code, status = "PGRST000", 503

    def __init__(self, details: str | None = None) -> None:
        super().__init__("Database connection error.", details)


class ConnectionLost(ApiError):
    code, status = "PGRST001", 503

    def __init__(self, details: str | None = None) -> None:
        super().__init__("Database client error. Retrying the connection.", details)


class SchemaCacheMissing(ApiError):
    code, status = "PGRST002", 503

    def __init__(self) -> None:
        super().__init__("Could not query the database for the schema cache. Retrying.")


class PoolTimeout(ApiError):
    code, status = "PGRST003", 504

    def __init__(self) -> None:
        super().__init__("Timed out acquiring connection from connection pool.")


class InternalError(ApiError):
    def __init__(self) -> None:
        super().__init__(
            "Something went wrong in the server", None, "The server's log has the particulars"
        )


class DatabaseError(PasseplatError):
    """An error PostgreSQL reported: its fields by the letters of the protocol's ErrorResponse.

    https://www.postgresql.org/docs/current/protocol-error-fields.html
    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__(fields.get("M", ""))
        self.fields = fields

    @property
    def sqlstate(self) -> str:
        return self.fields.get("C", "XX000")

    @property
    def message(self) -> str:
        return self.fields.get("M", "")

    @property
    def details(self) -> str | None:
        return self.fields.get("D")

    @property
    def hint(self) -> str | None:
        return self.fields.get("H")

    @property
    def position(self) -> int | None:
        """Where in the statement's text, counted in characters from 1."""
        return int(self.fields["P"]) if "P" in self.fields else None
