"""placeholder until merged"""

from passeplat.plan.model import DocumentPlan
from passeplat.claims import Claims
from passeplat.server.state import State
from passeplat.response.model import Response


async def document(plan: DocumentPlan, claims: Claims, state: State) -> Response:
    return Response(
        200, (("Content-Type", "application/openapi+json; charset=utf-8"),), b'{"swagger":"2.0"}'
    )
