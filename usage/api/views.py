"""`/api/usage/…`: what a person's requests come to, through whichever key. A key sees what its owner sees."""

from django.http import StreamingHttpResponse
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.web.reading import Query, read_query
from portal.web.times import rfc3339
from usage.api.export import csv_of
from usage.api.queries import ReportQuery, RequestsQuery, SeriesQuery
from usage.api.shapes import bucket_object, details, key_id, model_object, request_object, stats_object
from usage.reports import Figures, choices, recent, requests, series, split, totals


class Summary(APIView):
    def get(self, request: Request) -> Response:
        query = read_query(request, ReportQuery)
        period, scope = query.within(), query.scope(request.user)
        by_model = split(scope, period, "model")
        figures = Figures.sum(part for _, part in by_model)
        return Response(
            {
                "stats": stats_object(figures),
                **details(figures),
                "byModel": [model_object(*part) for part in by_model],
                "previous": stats_object(totals(scope, period.previous())),
                "period": {"from": rfc3339(period.since), "to": rfc3339(period.until)},
            }
        )


class Filters(APIView):
    def get(self, request: Request) -> Response:
        read_query(request, Query)
        found = choices(request.user)
        return Response(
            {
                "models": found.models,
                "keyIds": [key_id(each) for each in found.key_ids],
                "statuses": found.statuses,
            }
        )


class Timeseries(APIView):
    def get(self, request: Request) -> Response:
        query = read_query(request, SeriesQuery)
        period, zone = query.within(), query.zone(request.user)
        query.require_few(period, zone)
        found = series(query.scope(request.user), period, query.bucket, zone)
        return Response(
            {"bucket": query.bucket, "timeZone": zone.key, "data": [bucket_object(*each) for each in found]}
        )


class Requests(APIView):
    def get(self, request: Request) -> Response:
        query = read_query(request, RequestsQuery)
        page = recent(query.scope(request.user), query.within(), query.page())
        return Response(page.answer(request_object))


class Export(APIView):
    def get(self, request: Request) -> StreamingHttpResponse:
        query = read_query(request, ReportQuery)
        period = query.within()
        rows = requests(query.scope(request.user), period)
        return csv_of(rows, f"requests-{period.since:%Y-%m-%d}-{period.until:%Y-%m-%d}.csv")
