"""The logins of a demonstration. Imported by the settings, so it imports nothing of the product.

The last three are what clients of older systems sign in with. Everybody knows these passwords: `seed --demo` makes the
logins, `./run` prints them, nobody may choose one of the passwords, and production signs nobody in with one.
"""

from __future__ import annotations

from typing import NamedTuple


class Login(NamedTuple):
    """`sign_in_as` is a username or an address; `role` is what `./run` says about it."""

    sign_in_as: str
    password: str
    role: str


CLIENT = Login("cliente", "Demo-Fondos-2026", "cliente, con $ 500.000")
LIVELY = Login("camila.torres", "Demo-Camila-2026", "cliente, con medio año de movimientos")
OPERATOR = Login("operador", "Demo-Operador-2026", "administración, en /admin/ y /directorio/")
OLDER_CLIENT = Login("usuario", "contraseña", "cliente, con $ 500.000")
OLDER_ADMIN = Login("admin", "string", "administración")
OLDER_ADMIN_BY_EMAIL = Login("admin@example.com", "admin123", "administración")
DEMO_LOGINS = (CLIENT, LIVELY, OPERATOR, OLDER_CLIENT, OLDER_ADMIN, OLDER_ADMIN_BY_EMAIL)
PASSWORDS = frozenset(login.password for login in DEMO_LOGINS)
