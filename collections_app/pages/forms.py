"""What a person says about an item or a collection, in a form. The rules are the services' own:
`collections_app.definition`."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.utils.translation import gettext_lazy as _

from collections_app.definition import (
    DEFAULT_COLOR,
    MAX_CONTENT,
    MAX_DESCRIPTION,
    MAX_ICON,
    MAX_LANGUAGE,
    MAX_NAME,
    MAX_TITLE,
)
from collections_app.models import Collection, ContentItem, ItemType, Role
from portal.web.errors import BadParameter, NotAllowed

T = TypeVar("T")
# Icons that pages know; a program may have chosen another.
ICONS = [
    ("folder", _("Folder")),
    ("database", _("Database")),
    ("code", _("Code")),
    ("book", _("Book")),
    ("chat", _("Speech bubble")),
    ("star", _("Star")),
]
_NO_COMPLETION = {"autocomplete": "off"}


def tags_in(text: str) -> list[str]:
    return [tag for tag in re.split(r"\s*,\s*", text.strip()) if tag]


class ServiceForm(forms.Form):
    def done(self, act: Callable[..., T]) -> T | None:
        """Calls the service with what was said; what it refuses becomes the field's error, and None."""
        try:
            return act(**self.said())
        except (BadParameter, NotAllowed) as error:
            field = (error.param or "").partition("[")[0]
            message = str(error).removeprefix(f"{error.param}: ")
            self.add_error(field if field in self.fields else None, message[0].upper() + message[1:])
            return None

    def said(self) -> dict[str, Any]:
        return {**self.cleaned_data}


class ItemForm(ServiceForm):
    type = forms.ChoiceField(label=_("Type"), choices=ItemType.choices, initial=ItemType.NOTE)
    title = forms.CharField(
        label=_("Title"),
        max_length=MAX_TITLE,
        widget=forms.TextInput(attrs={**_NO_COMPLETION, "autofocus": True}),
    )
    content = forms.CharField(
        label=_("Content"),
        max_length=MAX_CONTENT,
        strip=False,
        help_text=_(
            "Of a link, its address. In a prompt, {{double braces}} mark what you will write over each time."
        ),
        widget=forms.Textarea(attrs={"rows": 7, "dir": "auto", "spellcheck": "false"}),
    )
    tags = forms.CharField(
        label=_("Tags"),
        required=False,
        help_text=_("With commas between them."),
        widget=forms.TextInput(attrs=_NO_COMPLETION),
    )
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    language = forms.CharField(
        label=_("Programming language"),
        required=False,
        max_length=MAX_LANGUAGE,
        help_text=_("Such as “python”: code is coloured by it."),
        widget=forms.TextInput(attrs=_NO_COMPLETION),
    )

    FIRST = ("type", "title", "content", "tags")
    MORE = ("description", "language")

    def __init__(self, *args: Any, item: ContentItem | None = None, **kwargs: Any) -> None:
        if item is not None:
            names = (*self.FIRST, *self.MORE)
            kwargs["initial"] = {name: getattr(item, name) for name in names} | {"tags": ", ".join(item.tags)}
        super().__init__(*args, **kwargs)

    @property
    def first_fields(self) -> list[Any]:
        return [self[name] for name in self.FIRST]

    @property
    def more_fields(self) -> list[Any]:
        return [self[name] for name in self.MORE]

    @property
    def has_more(self) -> bool:
        """Whether the rest should be open from the start."""
        return any(self[name].errors or self[name].value() for name in self.MORE)

    def said(self) -> dict[str, Any]:
        # Browsers write lines of a form with CR and LF.
        content = self.cleaned_data["content"].replace("\r\n", "\n")
        return {**self.cleaned_data, "content": content, "tags": tags_in(self.cleaned_data["tags"])}


class GuestForm(ServiceForm):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("The one they sign in with. Who is named again gets the other right."),
        widget=forms.EmailInput(attrs=_NO_COMPLETION),
    )
    role = forms.ChoiceField(label=_("Right"), choices=Role.choices, initial=Role.VIEW)


class CollectionForm(ServiceForm):
    name = forms.CharField(label=_("Name"), max_length=MAX_NAME, widget=forms.TextInput(attrs=_NO_COMPLETION))
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    color = forms.CharField(
        label=_("Colour"), initial=DEFAULT_COLOR, widget=forms.TextInput(attrs={"type": "color"})
    )
    icon = forms.ChoiceField(label=_("Icon"), choices=ICONS, required=False)

    def __init__(self, *args: Any, collection: Collection | None = None, **kwargs: Any) -> None:
        if collection is not None:
            names = ("name", "description", "color", "icon")
            kwargs["initial"] = {name: getattr(collection, name) for name in names}
        super().__init__(*args, **kwargs)
        chosen = collection.icon if collection else ""
        if chosen and chosen not in dict(ICONS):
            self.fields["icon"] = forms.ChoiceField(
                label=_("Icon"), choices=[(chosen, chosen[:MAX_ICON]), *ICONS], required=False
            )
