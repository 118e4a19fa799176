from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth import authenticate
from django.contrib.auth.base_user import AbstractBaseUser
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.services import sign_in


class AccountAdapter(DefaultAccountAdapter):
    """django-allauth's hooks, where signing in on the pages meets our services."""

    def authenticate(self, request: HttpRequest, **credentials: object) -> AbstractBaseUser | None:
        """The user, if the password is right and the user active; any other reason to refuse looks the same."""
        user = authenticate(request, **credentials)
        if user is None:
            self.authentication_failed(request, **credentials)
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: object) -> None:
        sign_in.sign_in_failed(str(credentials.get("email") or credentials.get("username") or ""))

    def post_login(self, request: HttpRequest, user: AbstractBaseUser, **kwargs: object) -> HttpResponse:
        if isinstance(user, User):
            sign_in.signed_in(user)
        return super().post_login(request, user, **kwargs)

    def logout(self, request: HttpRequest) -> None:
        user_id = request.user.pk
        super().logout(request)
        if user_id:
            sign_in.signed_out(user_id)
