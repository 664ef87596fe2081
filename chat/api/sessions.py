"""`/api/chat/sessions` and their messages: any valid key works with its owner's."""

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from chat.access import get_message, get_session
from chat.api.session_shapes import (
    MessageChange,
    MessageQuery,
    NewMessage,
    NewMessageIn,
    NewSession,
    SessionChange,
    SessionQuery,
    message_object,
    session_object,
)
from chat.conversations import branches, services
from chat.conversations.search import find_sessions
from portal.web.pagination import page_of
from portal.web.reading import Query, read_body, read_query


class Sessions(APIView):
    def get(self, request: Request) -> Response:
        """Those in which something was said last come first."""
        query = read_query(request, SessionQuery)
        found = find_sessions(
            request.user,
            search=query.search,
            pinned=query.pinned,
            archived=query.archived,
            folder=query.folder,
        )
        return Response(page_of(found, query, by="updated_at").answer(session_object))

    def post(self, request: Request) -> Response:
        fields = read_body(request, NewSession).given()
        session = services.create_session(user=request.user, **fields)
        return Response({**session_object(session), "messages": []}, status.HTTP_201_CREATED)


class Session(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        read_query(request, Query)
        return Response(session_object(get_session(request.user, public_id)))

    def patch(self, request: Request, public_id: str) -> Response:
        session = get_session(request.user, public_id)
        changed = services.edit_session(session=session, **read_body(request, SessionChange).given())
        return Response(session_object(changed))

    def delete(self, request: Request, public_id: str) -> Response:
        services.delete_session(session=get_session(request.user, public_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionMessages(APIView):
    def get(self, request: Request, public_id: str) -> Response:
        """Newest first, as every list, or in reading order with `order=asc`."""
        session = get_session(request.user, public_id)
        query = read_query(request, MessageQuery)
        found = branches.messages_shown(session) if query.branch == "current" else session.messages.all()
        page = page_of(found, query, oldest_first=query.order == "asc")
        return Response(page.answer(message_object))

    def post(self, request: Request, public_id: str) -> Response:
        get_session(request.user, public_id)
        fields = read_body(request, NewMessage).fields()
        message = services.add_message(user=request.user, session_id=public_id, **fields)
        return Response(message_object(message), status.HTTP_201_CREATED)


class Messages(APIView):
    def post(self, request: Request) -> Response:
        body = read_body(request, NewMessageIn)
        message = services.add_message(user=request.user, session_id=body.session_id, **body.fields())
        return Response(message_object(message), status.HTTP_201_CREATED)


class Message(APIView):
    def patch(self, request: Request, public_id: str) -> Response:
        """A rating, of one's own answers."""
        message = get_message(request.user, public_id)
        changed = services.rate_message(message=message, **read_body(request, MessageChange).given())
        return Response(message_object(changed))
