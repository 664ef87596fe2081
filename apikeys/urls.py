from django.urls import path, re_path

from apikeys.api.views import Key, KeyRequests, Keys, KeyUsage, RegenerateKey
from apikeys.pages import views

# The trailing slash is optional everywhere (conformance H01).
api = [
    re_path(r"^keys/?$", Keys.as_view(), name="api-keys"),
    re_path(r"^keys/(?P<public_id>[^/]+)/?$", Key.as_view(), name="api-key"),
    re_path(r"^keys/(?P<public_id>[^/]+)/regenerate/?$", RegenerateKey.as_view(), name="api-key-regenerate"),
    re_path(r"^keys/(?P<public_id>[^/]+)/usage/?$", KeyUsage.as_view(), name="api-key-usage"),
    re_path(r"^keys/(?P<public_id>[^/]+)/requests/?$", KeyRequests.as_view(), name="api-key-requests"),
]

pages = [
    path("keys", views.keys, name="keys"),
    path("keys/<str:public_id>/edit", views.edit, name="key-edit"),
    path("keys/<str:public_id>/regenerate", views.regenerate, name="key-regenerate"),
    path("keys/<str:public_id>/delete", views.revoke, name="key-delete"),
    path("keys/<str:public_id>/enable", views.switch, {"is_enabled": True}, name="key-enable"),
    path("keys/<str:public_id>/disable", views.switch, {"is_enabled": False}, name="key-disable"),
]
