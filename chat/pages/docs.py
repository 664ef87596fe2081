"""The tutorials, as pages; the built-in model answers from the same texts."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from chat.gateway.upstreams.builtin.knowledge import PORTAL_ADDRESS, tutorials
from portal.rendering.markdown import render as render_markdown


@require_safe
def docs(request: HttpRequest, slug: str | None = None) -> HttpResponse:
    pages = tutorials()
    if slug is None:
        listing = "\n".join(f"- [{page.title}](/docs/{page.slug})" for page in pages)
        title = _("Documentation")
        return _page(request, title, f"# {title}\n\n{listing}")
    page = next((page for page in pages if page.slug == slug), None)
    if page is None:
        raise Http404
    return _page(request, page.title, page.text.replace(PORTAL_ADDRESS, settings.BASE_URL))


def _page(request: HttpRequest, title: str, text: str) -> HttpResponse:
    return render(request, "docs/page.html", {"title": title, "html": render_markdown(text)})
