"""Signing up, in and out; one's password, second factor and sessions. Of django-allauth's pages, those we use."""

from __future__ import annotations

from allauth.account import views as allauth
from allauth.mfa.recovery_codes.views import view_recovery_codes
from allauth.mfa.totp.views import activate_totp
from django.urls import include, path, re_path
from django.views.decorators.cache import never_cache
from django.views.generic import RedirectView

from accounts.views import entry, security

urlpatterns = [
    path("cuenta/registro/", entry.SignUpView.as_view(), name="account_signup"),
    path("cuenta/ingreso/", entry.SignInView.as_view(), name="account_login"),
    path("cuenta/salida/", allauth.LogoutView.as_view(), name="account_logout"),
    path("cuenta/inactiva/", allauth.account_inactive, name="account_inactive"),
    path("cuenta/confirmar/", allauth.reauthenticate, name="account_reauthenticate"),
    path("cuenta/recuperar/", entry.AskForResetView.as_view(), name="account_reset_password"),
    path("cuenta/recuperar/enviado/", allauth.password_reset_done, name="account_reset_password_done"),
    path("cuenta/recuperar/lista/", allauth.password_reset_from_key_done, name="account_reset_password_from_key_done"),
    re_path(
        r"^cuenta/recuperar/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        allauth.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path("seguridad/", security.security, name="security"),
    path("seguridad/contrasena/", security.change_password, name="account_change_password"),
    path("seguridad/sesiones/", security.end_other_sessions, name="end_other_sessions"),
    path("seguridad/segundo-factor/", RedirectView.as_view(pattern_name="security"), name="mfa_index"),
    # What these two show is kept by no cache, nor shown again by Back.
    path("seguridad/segundo-factor/totp/activate/", never_cache(activate_totp), name="mfa_activate_totp"),
    path("seguridad/segundo-factor/recovery-codes/", never_cache(view_recovery_codes), name="mfa_view_recovery_codes"),
    path("seguridad/segundo-factor/", include("allauth.mfa.urls")),
]
