"""Users sign in, clients hold money; both live somewhere, and users keep companies."""

from accounts.models.addresses import FormerAddress
from accounts.models.clients import Client, NotifyChannel
from accounts.models.companies import Company
from accounts.models.devices import KnownDevice
from accounts.models.places import City, Country, Province, Region
from accounts.models.sessions import SecondFactorTicket, Session
from accounts.models.users import Gender, Language, Role, User

__all__ = [
    "City",
    "Client",
    "Company",
    "Country",
    "FormerAddress",
    "Gender",
    "KnownDevice",
    "Language",
    "NotifyChannel",
    "Province",
    "Region",
    "Role",
    "SecondFactorTicket",
    "Session",
    "User",
]
