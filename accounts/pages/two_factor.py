"""The second step of signing in, and setting a second factor up."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from accounts.forms import CodeField
from accounts.two_factor import enrolment, passkeys
from accounts.two_factor.devices import authenticator_of, passkeys_of
from accounts.two_factor.recency import require_recent
from accounts.two_factor.subject import Subject, passed, subject_of
from accounts.two_factor.verification import verify_code
from portal.web.errors import ApiError, NotSignedIn


class CodeForm(forms.Form):
    code = CodeField()


class SecondStepForm(CodeForm):
    trust = forms.BooleanField(label=gettext_lazy("Trust this browser for 30 days"), required=False)


@never_cache
def second_step(request: HttpRequest) -> HttpResponse:
    subject = _pending_subject(request)
    if subject is None:
        return redirect("account_login")
    if subject.must_set_up:
        return redirect("two-factor-set-up")
    form = SecondStepForm(request.POST or None)
    if form.is_valid():
        try:
            device = verify_code(request, user=subject.user, code=form.cleaned_data["code"])
        except ApiError as error:
            form.add_error("code", str(error))
        else:
            return passed(request, subject, device, trusts=form.cleaned_data["trust"])
    has_passkey = passkeys.are_possible(request) and passkeys_of(subject.user).exists()
    context = {"form": form, "has_passkey": has_passkey, "has_app": authenticator_of(subject.user)}
    return render(request, "account/two_factor.html", context)


@never_cache
def set_up(request: HttpRequest) -> HttpResponse:
    """Of a person signed in who wants to, and of one half-way there who must."""
    try:
        subject = subject_of(request)
    except NotSignedIn:
        return redirect("account_login")
    if subject.pending is None:
        require_recent(request)
    elif not subject.must_set_up:
        return redirect("two-factor")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        try:
            return _confirmed(request, subject, form.cleaned_data["code"])
        except ApiError as error:
            form.add_error("code", str(error))
    device = enrolment.begin_authenticator(request.session, user=subject.user)
    return render(
        request,
        "account/two_factor_set_up.html",
        {
            "form": form,
            "is_required": subject.pending is not None,
            "secret": enrolment.secret_of(device),
            "qr_code": enrolment.qr_code(device),
            "with_passkey": passkeys.are_possible(request),
        },
    )


def _confirmed(request: HttpRequest, subject: Subject, code: str) -> HttpResponse:
    device, codes = enrolment.confirm_authenticator(request.session, user=subject.user, code=code)
    onward = passed(request, subject, device)
    if not codes:
        messages.success(request, _("Your authenticator app is set up."))
        return onward
    return render(request, "account/backup_codes.html", {"codes": codes, "onward": onward["location"]})


def _pending_subject(request: HttpRequest) -> Subject | None:
    try:
        subject = subject_of(request)
    except NotSignedIn:
        return None
    return subject if subject.pending is not None else None
