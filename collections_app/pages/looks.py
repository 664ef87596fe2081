"""Cards or lines: how a person last wanted lists to look, remembered by their browser."""

from django.http import HttpRequest, HttpResponse

LOOKS = ("grid", "list")
_COOKIE = "stuff-look"
_YEAR = 365 * 24 * 3600


def look_of(request: HttpRequest) -> str:
    """What the address asks for, else what was asked for last."""
    said = (request.GET.get("look"), request.COOKIES.get(_COOKIE))
    return next((look for look in said if look in LOOKS), LOOKS[0])


def remember_look(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if request.GET.get("look") in LOOKS:
        secure = request.is_secure()
        response.set_cookie(
            _COOKIE, look_of(request), max_age=_YEAR, samesite="Lax", httponly=True, secure=secure
        )
    return response


def own_address(request: HttpRequest) -> str:
    """Of the page; the part is fetched by it."""
    query = request.GET.copy()
    for name in ("part", "new", "look"):
        query.pop(name, None)
    return f"{request.path}?{query.urlencode()}" if query else request.path
