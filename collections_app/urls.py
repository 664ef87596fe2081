from django.urls import path, re_path

from collections_app.api.collections import Collection, CollectionItem, CollectionItems, Collections
from collections_app.api.exchange import CollectionExport, CollectionImport
from collections_app.api.sharing import Link, People, Person, SharedCollections
from collections_app.api.stuff import BulkStuff, Item, Stuff
from collections_app.api.versions import RestoredVersion, Version, Versions
from collections_app.pages import acting, collections, exchange, shared, sharing, stuff, versions

# The trailing slash is optional everywhere (conformance H01).
api = [
    re_path(r"^stuff/?$", Stuff.as_view(), name="api-stuff"),
    re_path(r"^stuff/bulk/?$", BulkStuff.as_view(), name="api-stuff-bulk"),
    re_path(r"^stuff/(?P<public_id>[^/]+)/?$", Item.as_view(), name="api-item"),
    re_path(r"^stuff/(?P<public_id>[^/]+)/versions/?$", Versions.as_view(), name="api-item-versions"),
    re_path(
        r"^stuff/(?P<public_id>[^/]+)/versions/(?P<number>[0-9]{1,7})/?$",
        Version.as_view(),
        name="api-item-version",
    ),
    re_path(
        r"^stuff/(?P<public_id>[^/]+)/versions/(?P<number>[0-9]{1,7})/restore/?$",
        RestoredVersion.as_view(),
        name="api-item-version-restore",
    ),
    re_path(r"^collections/?$", Collections.as_view(), name="api-collections"),
    re_path(r"^collections/shared/?$", SharedCollections.as_view(), name="api-collections-shared"),
    re_path(r"^collections/(?P<public_id>[^/]+)/link/?$", Link.as_view(), name="api-collection-link"),
    re_path(r"^collections/(?P<public_id>[^/]+)/people/?$", People.as_view(), name="api-collection-people"),
    re_path(
        r"^collections/(?P<public_id>[^/]+)/people/(?P<guest_id>[^/]+)/?$",
        Person.as_view(),
        name="api-collection-person",
    ),
    re_path(r"^collections/import/?$", CollectionImport.as_view(), name="api-collections-import"),
    re_path(
        r"^collections/(?P<public_id>[^/]+)/export/?$",
        CollectionExport.as_view(),
        name="api-collection-export",
    ),
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

pages = [
    path("stuff", stuff.stuff, name="stuff"),
    path("stuff/act", acting.act, name="stuff-act"),
    path("stuff/prompts", stuff.prompts, name="stuff-prompts"),
    path("stuff/<str:public_id>", stuff.item, name="item"),
    path("stuff/<str:public_id>/edit", stuff.edit, name="item-edit"),
    path("stuff/<str:public_id>/versions", versions.versions, name="item-versions"),
    path(
        "stuff/<str:public_id>/versions/<int:number>/restore", versions.restore, name="item-version-restore"
    ),
    path("share/collections/<str:token>", shared.collection, name="shared-collection"),
    path("share/collections/<str:token>/<str:public_id>", shared.item, name="shared-item"),
    path("share/collections/<str:token>/<str:public_id>/file", shared.file, name="shared-file"),
    path("collections/new", collections.new, name="collection-new"),
    path("collections/import", exchange.import_page, name="collection-import"),
    path("collections/<str:public_id>", collections.collection, name="collection"),
    path("collections/<str:public_id>/export.zip", exchange.archive, name="collection-zip"),
    path("collections/<str:public_id>/export.md", exchange.markdown, name="collection-markdown"),
    path("collections/<str:public_id>/sharing", sharing.sharing, name="collection-sharing"),
    path("collections/<str:public_id>/leave", sharing.leave, name="collection-leave"),
    path("collections/<str:public_id>/edit", collections.edit, name="collection-edit"),
    path("collections/<str:public_id>/delete", collections.delete, name="collection-delete"),
]
