from django.urls import re_path

from collections_app.api.collections import Collection, CollectionItem, CollectionItems, Collections
from collections_app.api.stuff import BulkStuff, Item, Stuff

# The trailing slash is optional everywhere (conformance H01).
api = [
    re_path(r"^stuff/?$", Stuff.as_view(), name="api-stuff"),
    re_path(r"^stuff/bulk/?$", BulkStuff.as_view(), name="api-stuff-bulk"),
    re_path(r"^stuff/(?P<public_id>[^/]+)/?$", Item.as_view(), name="api-item"),
    re_path(r"^collections/?$", Collections.as_view(), name="api-collections"),
    re_path(r"^collections/(?P<public_id>[^/]+)/?$", Collection.as_view(), name="api-collection"),
    re_path(
        r"^collections/(?P<public_id>[^/]+)/items/?$", CollectionItems.as_view(), name="api-collection-items"
    ),
    re_path(
        r"^collections/(?P<public_id>[^/]+)/items/(?P<item_id>[^/]+)/?$",
        CollectionItem.as_view(),
        name="api-collection-item",
    ),
]
