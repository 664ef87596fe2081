from django.urls import path, re_path

from usage.api.budgets import Budgets
from usage.api.views import Export, Filters, Requests, Summary, Timeseries
from usage.pages import views

api = [
    re_path(r"^usage/summary/?$", Summary.as_view(), name="usage-summary"),
    re_path(r"^usage/filters/?$", Filters.as_view(), name="usage-filters"),
    re_path(r"^usage/timeseries/?$", Timeseries.as_view(), name="usage-timeseries"),
    re_path(r"^usage/requests/?$", Requests.as_view(), name="usage-requests"),
    re_path(r"^usage/export/?$", Export.as_view(), name="usage-export"),
    re_path(r"^usage/budgets/?$", Budgets.as_view(), name="usage-budgets"),
]

pages = [path("usage", views.usage, name="usage")]
