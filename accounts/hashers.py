from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id at 19 MiB, two passes, one lane: what OWASP's password storage cheat sheet asks for.

    Django's default parameters take nine times as long, which caps sign-ins and lets a flood of them stop the service.
    """

    time_cost = 2
    memory_cost = 19 * 1024  # KiB
    parallelism = 1
