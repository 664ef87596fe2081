from django.urls import path

from apikeys.pages import views

pages = [
    path("keys", views.keys, name="keys"),
    path("keys/<str:public_id>/revoke", views.revoke, name="key-revoke"),
]
