from __future__ import annotations

from allauth.account import urls as allauth_urls
from django.contrib import admin
from django.urls import include, path

from accounts.views import SignInView, SignUpView
from fundsite import errors

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error

urlpatterns = [
    path("cuenta/registro/", SignUpView.as_view(), name="account_signup"),
    path("cuenta/ingreso/", SignInView.as_view(), name="account_login"),
    path("cuenta/", include(allauth_urls)),
    path("admin/", admin.site.urls),
]
