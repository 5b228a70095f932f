"""Which document describes a schema: the media types a client takes in, a DocumentPlan out.

The root answers with OpenAPI 2.0, as PostgREST does, unless the client asks for what only 3.1 is
called: application/vnd.oai.openapi+json. At /openapi.json there is 3.1 only.
"""

from passeplat.errors import UnacceptableMediaType
from passeplat.plan.model import DocumentPlan
from passeplat.request.model import Action, ApiRequest, MediaType

_MODERN = "application/vnd.oai.openapi+json"
_MODERN_TYPE = MediaType(_MODERN, (("version", "3.1"),))
_JSON = MediaType("application/json")
_OTHERS = frozenset({"application/openapi+json", "application/json", "*/*"})


def plan_document(request: ApiRequest) -> DocumentPlan:
    for media_type in request.accept:
        if media_type.name == _MODERN and _is_3_1(media_type.parameter("version")):
            return DocumentPlan(request, "3.1", _MODERN_TYPE)
        if media_type.name in _OTHERS:
            if request.action is Action.DOCUMENT:
                return DocumentPlan(request, "3.1", _JSON)
            return DocumentPlan(request)
    raise UnacceptableMediaType(tuple(each.name for each in request.accept))


def _is_3_1(version: str | None) -> bool:
    return version is None or version == "3.1" or version.startswith("3.1.")
