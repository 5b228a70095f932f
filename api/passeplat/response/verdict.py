"""Whether a result may stand: what only the number of rows can tell, before the commit."""

from passeplat.errors import MaxAffectedExceeded, NotSingular, PutMismatch
from passeplat.plan.model import Plan
from passeplat.query.model import Result
from passeplat.request.model import Action


def needs_verdict(plan: Plan) -> bool:
    """Only writes have something to lose; the others are judged when they are rendered."""
    return not plan.read_only and (
        plan.representation.singular
        or plan.max_affected is not None
        or plan.request.action is Action.UPSERT
    )


def judge(plan: Plan, result: Result) -> None:
    """Raise what rolls the transaction back."""
    if plan.representation.explain is not None:
        return
    if plan.request.action is Action.UPSERT and result.page_total != 1:
        raise PutMismatch
    if plan.representation.singular and result.page_total != 1:
        raise NotSingular(result.page_total)
    if plan.max_affected is not None and result.page_total > plan.max_affected:
        raise MaxAffectedExceeded(result.page_total)
