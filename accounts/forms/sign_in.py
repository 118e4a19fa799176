from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth


class ConfirmForm(allauth.ReauthenticateForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""


class SignInForm(allauth.LoginForm):
    """The page itself says where to recover a password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"].help_text = ""
