"""`/api` itself: clients probe the base URL before they use it (conformance H10)."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe


@require_safe
def api_root(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {
            "name": "LLM Portal",
            "formats": ["openai", "anthropic"],
            "completions": "/api/chat/completions",
            "models": "/api/models",
            "documentation": "/docs",
        }
    )
