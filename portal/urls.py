"""Every address of the portal. `/api/v1/…` answers the same as `/api/…`."""

from django.contrib import admin
from django.urls import URLPattern, include, path, re_path

import accounts.urls
import apikeys.urls
import chat.urls
import collections_app.urls
import usage.urls
from portal import health, metrics
from portal.web.envelope import not_found
from portal.web.root import api_root

# allauth looks it up here.
handler429 = accounts.urls.handler429

api: list[URLPattern] = [
    *accounts.urls.api,
    *chat.urls.api,
    *apikeys.urls.api,
    *collections_app.urls.api,
    *usage.urls.api,
    re_path(r"^.*$", not_found),
]

urlpatterns = [
    re_path(r"^api/?$", api_root),
    re_path(r"^api/v1/?$", api_root),
    path("api/v1/", include(api)),
    path("api/", include(api)),
    path("admin/", admin.site.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", metrics.metrics),
    *accounts.urls.urlpatterns,
    *apikeys.urls.pages,
    *collections_app.urls.pages,
    *usage.urls.pages,
    *chat.urls.pages,
]
