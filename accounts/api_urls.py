from __future__ import annotations

from django.urls import path

from accounts.api import auth, clients, companies, places, users

urlpatterns = [
    path("auth/register", auth.RegisterView.as_view(), name="register"),
    path("auth/login", auth.LoginView.as_view(), name="login"),
    path("auth/mfa", auth.SecondFactorView.as_view(), name="second_factor"),
    path("auth/refresh", auth.RefreshView.as_view(), name="refresh"),
    path("auth/logout", auth.LogoutView.as_view(), name="logout"),
    path("refresh-token", auth.RefreshTokenView.as_view(), name="refresh_token"),
    path("users", users.UsersView.as_view(), name="users"),
    path("users/register", users.RegisterUserView.as_view(), name="register_user"),
    path("users/me", users.MeView.as_view(), name="me"),
    path("users/me/update", users.UpdateMeView.as_view(), name="update_me"),
    path("users/me/change-password", users.ChangePasswordView.as_view(), name="change_password"),
    path("users/<str:username>", users.UserView.as_view(), name="user"),
    path("users/<str:username>/role", users.UserRoleView.as_view(), name="user_role"),
    path(
        "users/<str:username>/remove-second-factor",
        users.SecondFactorRemovalView.as_view(),
        name="remove_second_factor",
    ),
    path("clients", clients.ClientsView.as_view(), name="clients"),
    path("clients/<uuid:client_id>", clients.ClientView.as_view(), name="client"),
    path("clients/<str:rfc>", clients.ClientByRfcView.as_view(), name="client_by_rfc"),
    path("companies", companies.CompaniesView.as_view(), name="companies"),
    path("companies/<slug:slug>", companies.CompanyView.as_view(), name="company"),
    path("countries", places.CountriesView.as_view(), name="countries"),
    path("countries/<slug:code>/regions", places.RegionsView.as_view(), name="regions"),
    path("provinces", places.ProvincesView.as_view(), name="provinces"),
    path("provinces/<slug:slug>", places.ProvinceView.as_view(), name="province"),
    path("cities", places.CitiesView.as_view(), name="cities"),
]
