from django.urls import path, re_path

from usage.api.budgets import Budgets
from usage.api.views import Summary
from usage.pages import views

api = [
    re_path(r"^usage/summary/?$", Summary.as_view(), name="usage-summary"),
    re_path(r"^usage/budgets/?$", Budgets.as_view(), name="usage-budgets"),
]

pages = [path("usage", views.usage, name="usage")]
