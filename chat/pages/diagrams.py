from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_POST

from portal.rendering.diagrams import draw
from portal.web.errors import ApiError


@login_required
@require_POST
def diagram(request: HttpRequest) -> JsonResponse:
    """`source` is Mermaid. As JSON: an SVG that a browser opened by itself could run. What cannot be drawn is
    no failure of the call."""
    try:
        return JsonResponse({"svg": draw(request.POST.get("source", ""))})
    except ApiError as error:
        return JsonResponse({"error": str(error)})
