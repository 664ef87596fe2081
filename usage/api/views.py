from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from usage import summaries


class Summary(APIView):
    def get(self, request: Request) -> Response:
        query = request.query_params
        return Response(
            summaries.summary(request.user, period=query.get("period", "30d"), model=query.get("model"))
        )
