from django.urls import path, re_path

from chat.api.attachments import Attachment, Attachments, Preview, Upload
from chat.api.completions import ModelCall
from chat.api.exports import SessionExport
from chat.api.imports import Import
from chat.api.models import ChatModelList, ModelDetail, ModelList
from chat.api.sessions import Message, Messages, Session, SessionMessages, Sessions
from chat.api.shares import SessionShares, Share, Shares
from chat.api.stuff import SavedPart, Use
from chat.pages import (
    archived,
    diagrams,
    docs,
    exports,
    filing,
    imports,
    live,
    palette,
    share,
    sidebar,
    views,
)

# The trailing slash is optional everywhere (conformance H01).
api = [
    re_path(r"^chat/completions/?$", ModelCall.as_view(), name="completions"),
    re_path(r"^messages/?$", ModelCall.as_view(), name="messages"),
    re_path(r"^messages/count_tokens/?$", ModelCall.as_view(), name="count-tokens"),
    re_path(r"^embeddings/?$", ModelCall.as_view(), name="embeddings"),
    re_path(r"^images/generations/?$", ModelCall.as_view(), name="images"),
    re_path(r"^models/?$", ModelList.as_view(), name="models"),
    re_path(r"^models/(?P<name>.+?)/?$", ModelDetail.as_view(), name="model"),
    re_path(r"^chat/models/?$", ChatModelList.as_view(), name="chat-models"),
    re_path(r"^chat/attachments/?$", Attachments.as_view(), name="api-attachments"),
    re_path(r"^chat/attachments/(?P<public_id>[^/]+)/?$", Attachment.as_view(), name="api-attachment"),
    re_path(r"^chat/messages/?$", Messages.as_view(), name="api-chat-messages"),
    re_path(r"^chat/messages/(?P<public_id>[^/]+)/?$", Message.as_view(), name="api-chat-message"),
    re_path(r"^chat/messages/(?P<public_id>[^/]+)/save/?$", SavedPart.as_view(), name="api-message-save"),
    re_path(r"^stuff/(?P<public_id>[^/]+)/use/?$", Use.as_view(), name="api-item-use"),
    re_path(r"^chat/sessions/?$", Sessions.as_view(), name="api-sessions"),
    re_path(r"^chat/sessions/(?P<public_id>[^/]+)/?$", Session.as_view(), name="api-session"),
    re_path(
        r"^chat/sessions/(?P<public_id>[^/]+)/messages/?$",
        SessionMessages.as_view(),
        name="api-session-messages",
    ),
    re_path(
        r"^chat/sessions/(?P<public_id>[^/]+)/shares/?$", SessionShares.as_view(), name="api-session-shares"
    ),
    re_path(
        r"^chat/sessions/(?P<public_id>[^/]+)/export/?$", SessionExport.as_view(), name="api-session-export"
    ),
    re_path(r"^chat/import/?$", Import.as_view(), name="api-import"),
    re_path(r"^chat/shares/?$", Shares.as_view(), name="api-shares"),
    re_path(r"^chat/shares/(?P<public_id>[^/]+)/?$", Share.as_view(), name="api-share"),
]

pages = [
    path("", views.home, name="home"),
    path("chat", views.chat, name="chat"),
    path("chat/sidebar", sidebar.sessions, name="chat-sidebar"),
    path("chat/sessions", filing.file_sessions, name="chat-sessions"),
    path("chat/palette", palette.hits, name="chat-palette"),
    path("chat/archived", archived.archived, name="chat-archived"),
    path("chat/commands", live.command, name="chat-commands"),
    path("chat/diagrams", diagrams.diagram, name="chat-diagram"),
    path("chat/events", live.events, name="chat-events"),
    path("chat/messages/<str:message>/branch", views.branch_off, name="chat-branch"),
    path("chat/import", imports.import_page, name="chat-import"),
    path("chat/<str:public_id>", views.chat, name="chat-session"),
    path("uploads/<str:public_id>", Preview.as_view(), name="upload-preview"),
    path("uploads/<str:public_id>/<str:name>", Upload.as_view(), name="upload"),
    path("chat/<str:public_id>/export.md", exports.markdown, name="chat-markdown"),
    path("chat/<str:public_id>/export.json", exports.document, name="chat-json"),
    path("chat/<str:public_id>/print", exports.printed, name="chat-print"),
    path("share/<str:token>", share.shared, name="share"),
    path("profile/links", share.links, name="shared-links"),
    path("profile/links/<str:public_id>/revoke", share.revoke, name="share-revoke"),
    path("chat/<str:public_id>/turns", views.turns, name="chat-turns"),
    path("docs", docs.docs, name="docs-index"),
    path("docs/<slug:slug>", docs.docs, name="docs"),
]
