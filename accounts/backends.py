from __future__ import annotations

import uuid

from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User
from accounts.queries.identifiers import user_called


class PasswordBackend(ModelBackend):
    """Signs in by address or username.

    One hash is computed for every attempt, whoever is asked for: that somebody is unknown or inactive does not show.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        email: str | None = None,
        **kwargs: object,
    ) -> User | None:
        if not password:
            return None
        user = user_called(username or email or "")
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None

    def get_user(self, user_id: uuid.UUID) -> User | None:
        """With the client that they are: their pages are shown by that client's clock."""
        user = User.objects.select_related("client").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
