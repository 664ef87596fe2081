from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache


@never_cache
def too_many(request: HttpRequest) -> HttpResponse:
    """What allauth answers when something was tried too often."""
    response = render(request, "429.html", status=429)
    response.headers["Retry-After"] = "300"
    return response
