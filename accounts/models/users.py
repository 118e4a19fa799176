"""Those who can sign in."""

from __future__ import annotations

from datetime import date

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import connection, models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.places import City
from core.ids import uuid7


class Role(models.TextChoices):
    USER = "user", _("Cliente")
    READER = "reader", _("Consulta")
    SUPPORT = "support", _("Soporte")
    ADMIN = "admin", _("Administración")

    def reaches(self, least: Role) -> bool:
        """Each role may do what those before it may."""
        order = list(Role)
        return order.index(self) >= order.index(least)


class Gender(models.TextChoices):
    FEMALE = "female", _("Femenino")
    MALE = "male", _("Masculino")
    NON_BINARY = "non_binary", _("No binario")
    OTHER = "other", _("Otro")
    UNDISCLOSED = "undisclosed", _("Prefiero no decir")


class Language(models.TextChoices):
    """Those of `settings.LANGUAGES`, each called what it calls itself."""

    ES = "es", "Español"
    PT_BR = "pt-br", "Português"
    EN = "en", "English"


FIRST_BIRTH_DATE = date(1900, 1, 1)


TRAIL = frozenset({"events.view_event", "documents.view_auditlog"})  # what in the admin tells where somebody was
ROUTES_OF_USERS = frozenset({"me", "register"})  # what stands where a username does in addresses


def is_usable_username(username: str) -> bool:
    return username.lower() not in ROUTES_OF_USERS and any(character.isalnum() for character in username)


def validate_username(username: str) -> None:
    if not is_usable_username(username):
        raise ValidationError(_("Ese nombre de usuario no se puede usar."), "reserved")


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(username__iexact=username)

    def create_superuser(self, username: str, email: str, password: str, full_name: str = "") -> User:
        """For `manage.py createsuperuser`: an administrator, who is no client and holds no money."""
        user = User(username=username, email=email, full_name=full_name or username, role=Role.ADMIN)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """Somebody who can sign in. What they may do follows from `role` alone."""

    id = models.UUIDField(_("identificador"), primary_key=True, default=uuid7, editable=False)
    username = models.CharField(
        _("usuario"),
        max_length=64,
        unique=True,
        validators=[
            RegexValidator(r"^[\w.+-]+\Z", _("Use letras, números y los signos . + - _")),
            validate_username,
        ],
    )
    email = models.EmailField(_("correo electrónico"), max_length=254)
    full_name = models.CharField(_("nombre completo"), max_length=200)
    role = models.CharField(_("rol"), max_length=10, choices=Role, default=Role.USER)
    is_active = models.BooleanField(_("activo"), default=True)
    date_joined = models.DateTimeField(_("registro"), default=timezone.now, editable=False)
    gender = models.CharField(_("género"), max_length=12, choices=Gender, blank=True, default="")
    birth_date = models.DateField(_("fecha de nacimiento"), null=True, blank=True)
    city = models.ForeignKey(
        City, models.PROTECT, null=True, blank=True, related_name="residents", verbose_name=_("ciudad")
    )
    language = models.CharField(_("idioma"), max_length=5, choices=Language, default=Language.ES)
    xp_total = models.PositiveIntegerField(_("puntos de experiencia"), default=0)

    objects = UserManager()

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["email", "full_name"]

    class Meta:
        verbose_name = _("usuario")
        verbose_name_plural = _("usuarios")
        constraints = [
            # UPPER is what a case-insensitive look-up (`iexact`) compares, so these are its indexes, too.
            models.UniqueConstraint(Upper("username"), name="accounts_unique_username"),
            models.UniqueConstraint(Upper("email"), name="accounts_unique_email"),
            models.CheckConstraint(name="accounts_role", condition=Q(role__in=Role.values)),
            models.CheckConstraint(name="accounts_language", condition=Q(language__in=Language.values)),
            models.CheckConstraint(name="accounts_gender", condition=Q(gender__in=["", *Gender.values])),
            models.CheckConstraint(
                name="accounts_birth_date",
                condition=Q(birth_date__isnull=True) | Q(birth_date__gte=FIRST_BIRTH_DATE),
            ),
        ]

    def __str__(self) -> str:
        return self.username

    def check_password(self, raw_password: str | None) -> bool:
        """Whether it is theirs. It is hashed anew in passing if its hash was made when hashes were weaker."""
        return check_password(raw_password, self.password, self._hash_anew)

    def _hash_anew(self, raw_password: str) -> None:
        """The same password, so no session ends: the database lets this one change pass."""
        hashed = make_password(raw_password)
        with connection.cursor() as cursor:
            cursor.execute("SELECT accounts_rehash(%s, %s, %s)", [self.pk, self.password, hashed])
        self.password = hashed

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name.split()[0] if self.full_name.strip() else self.username

    @property
    def is_staff(self) -> bool:
        return self.role != Role.USER

    @property
    def is_superuser(self) -> bool:
        return self.role == Role.ADMIN

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """The admin's question. Administrators may do all, other staff may look; where from, from support up."""
        if not self.is_active:
            return False
        if perm in TRAIL and not Role(self.role).reaches(Role.SUPPORT):
            return False
        return self.is_superuser or (self.is_staff and perm.rpartition(".")[2].startswith("view_"))

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and self.is_staff
