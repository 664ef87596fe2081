"""The page behind the one-time set-up link."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from accounts.first_operator import is_valid
from accounts.services import create_verified_user, has_operator
from portal.web.errors import BadParameter


class FirstOperatorForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail"),
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    password1 = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters"),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )


@never_cache
def first_operator(request: HttpRequest, token: str) -> HttpResponse:
    if has_operator() or not is_valid(token):
        raise Http404
    form = FirstOperatorForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = create_verified_user(
                email=form.cleaned_data["email"], password=form.cleaned_data["password1"], is_operator=True
            )
        except BadParameter as error:
            form.add_error("password1" if error.param == "password" else "email", str(error))
        else:
            # As after any other sign-in: an operator's next step is the second factor.
            record_authentication(request, user, "first_operator")
            return perform_login(request, Login(user=user, redirect_url="/admin/"))
    return render(request, "account/first_operator.html", {"form": form})
