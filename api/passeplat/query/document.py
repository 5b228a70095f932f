"""The transaction that asks what a role may use: a DocumentPlan in, the statements of it out."""

from collections.abc import Iterable
from importlib.resources import files

from passeplat.claims import Claims
from passeplat.config import Config
from passeplat.names import QualifiedName
from passeplat.plan.model import DocumentPlan, Plan, ReadPlan, Representation
from passeplat.postgres.model import Batch, End, Query
from passeplat.query.build import build
from passeplat.request.model import MediaType

_PRIVILEGES = files("passeplat.query").joinpath("document.sql").read_text("utf-8")
_DETAILS = files("passeplat.query").joinpath("document_details.sql").read_text("utf-8")
# After the pre-request function, which may rely on the path of the request.
_PATH = Query("select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)")


def document_batch(
    plan: DocumentPlan,
    claims: Claims,
    config: Config,
    role_settings: Iterable[tuple[str, str]] = (),
) -> Batch:
    """What its last statements answer, `asked(plan)` of them, is what response/openapi.py reads."""
    everything = config.openapi_mode == "ignore-privileges"
    parameters = (plan.request.schema.encode(), b"true" if everything else b"false")
    transaction = build(_as_read(plan), claims, config, role_settings)
    before = () if transaction.pre_request is None else (transaction.pre_request,)
    return Batch(
        context=transaction.context,
        statements=(*before, _PATH, *(Query(sql, parameters) for sql in _asked(plan))),
        scope=transaction.scope,
        isolation=transaction.isolation,
        end=End.ROLLBACK if transaction.rollback else End.COMMIT,
        prepare=config.db_prepared_statements,
    )


def asked(plan: DocumentPlan) -> int:
    """How many statements answer with one row of one value each."""
    return len(_asked(plan))


def _asked(plan: DocumentPlan) -> tuple[str, ...]:
    return (_PRIVILEGES,) if plan.version == "2.0" else (_PRIVILEGES, _DETAILS)


def _as_read(plan: DocumentPlan) -> Plan:
    """The root has the transaction of any read: role, claims and settings are set in one place."""
    nothing = QualifiedName("", "")
    return Plan(
        request=plan.request,
        read=ReadPlan(nothing, None, (), (), (), (), plan.request.range),
        change=None,
        representation=Representation(MediaType("application/openapi+json"), "none"),
        wants_body=True,
        read_only=True,
        primary_key=(),
    )
