from __future__ import annotations

from allauth.account import views as allauth
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from accounts.forms.sign_up import SignUpForm
from core import rate_limits
from core.errors import DomainError


class SignUpView(allauth.SignupView):
    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        rate_limits.count(request, group="register", rate=settings.REGISTRATIONS_PER_ADDRESS)
        return super().post(request, *args, **kwargs)

    def form_valid(self, form: SignUpForm) -> HttpResponseBase:
        try:
            return super().form_valid(form)
        except DomainError as refusal:
            form.show(refusal)
            return self.form_invalid(form)


class SignInView(allauth.LoginView):
    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        rate_limits.count(request, group="login", rate=settings.LOGINS_PER_ADDRESS)
        return super().post(request, *args, **kwargs)


class AskForResetView(allauth.PasswordResetView):
    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        rate_limits.count(request, group="reset", rate=settings.RESETS_PER_ADDRESS)
        return super().post(request, *args, **kwargs)
