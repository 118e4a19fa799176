"""Users sign in, clients hold money."""

from accounts.models.clients import Client, NotifyChannel
from accounts.models.sessions import Session
from accounts.models.users import Gender, Role, User

__all__ = ["Client", "Gender", "NotifyChannel", "Role", "Session", "User"]
