from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from apikeys.access import get_key, keys_of
from apikeys.models import Permission
from apikeys.pages.snippets import snippets
from apikeys.services import create_key, revoke_key


class KeyForm(forms.Form):
    name = forms.CharField(
        max_length=100,
        help_text="Says where it is used, such as “Production server”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    permissions = forms.MultipleChoiceField(
        choices=Permission.choices, initial=[Permission.CHAT], widget=forms.CheckboxSelectMultiple
    )


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys(request: HttpRequest) -> HttpResponse:
    form = KeyForm(request.POST or None)
    context = {
        "base_url": settings.BASE_URL + "/api",
        "default_model": settings.DEFAULT_MODEL,
        "created": None,
    }
    if request.method == "POST" and form.is_valid():
        key, secret = create_key(user=request.user, **form.cleaned_data)
        context["created"] = {"key": key, "secret": secret}
        context["snippets"] = snippets(
            base_url=settings.BASE_URL + "/api", secret=secret, model=settings.DEFAULT_MODEL
        )
        form = KeyForm()
    context |= {"form": form, "keys": keys_of(request.user)}
    return render(request, "apikeys/page.html", context)


@login_required
@require_POST
def revoke(request: HttpRequest, public_id: str) -> HttpResponse:
    revoke_key(key=get_key(request.user, public_id))
    return redirect("keys")
