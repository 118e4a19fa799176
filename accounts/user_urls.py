"""Pages about people: one's own profile, and the directory of users for staff."""

from __future__ import annotations

from django.urls import include, path

from accounts.views import profile, users

DIRECTORY = [
    path("", users.user_list, name="list"),
    path("<str:username>/", users.user_detail, name="detail"),
    path("<str:username>/rol/", users.change_role, name="role"),
    path("<str:username>/segundo-factor/", users.remove_second_factor, name="second_factor"),
    path("<str:username>/desactivar/", users.close_door, name="deactivate"),
    path("<str:username>/reactivar/", users.open_door, name="reactivate"),
]
urlpatterns = [
    path("perfil/", profile.profile, name="profile"),
    path("directorio/usuarios/", include((DIRECTORY, "users"))),
]
