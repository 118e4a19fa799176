"""Administrators who act on each other at once: one of them always remains."""

from __future__ import annotations

import pytest

from accounts.models import City, Role, User
from accounts.services.users import (
    LastAdministrator,
    OwnRole,
    UserChanges,
    deactivate,
    update_profile,
    update_user,
)
from conftest import Cast
from core.errors import NotFound
from core.tests.threads import held_back, in_parallel
from events.models import Event


def administrators(number: int) -> list[User]:
    """As many, with the one of the cast among them."""
    for place in range(number - 1):
        name = f"jefa-{place}"
        User.objects.create(username=name, email=f"{name}@example.com", full_name=name, role=Role.ADMIN)
    return list(User.objects.filter(role=Role.ADMIN).order_by("pk"))


def active() -> int:
    return User.objects.filter(role=Role.ADMIN, is_active=True).count()


@pytest.mark.parametrize("change", [UserChanges(role="reader"), UserChanges(is_active=False)])
def test_two_administrators_who_dismiss_each_other_leave_one(
    real_commits: None, cast: Cast, change: UserChanges
) -> None:
    first, second = administrators(2)
    for _ in range(5):
        User.objects.filter(pk__in=[first.pk, second.pk]).update(role=Role.ADMIN, is_active=True)
        outcomes = in_parallel(
            [
                lambda: update_user(user_id=second.pk, changes=change, actor_id=first.pk),
                lambda: update_user(user_id=first.pk, changes=change, actor_id=second.pk),
            ]
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotFound", "User"]
        assert active() == 1


def test_of_many_who_leave_at_once_the_last_one_may_not(real_commits: None, cast: Cast) -> None:
    everybody = administrators(6)
    outcomes = in_parallel(
        [lambda user=user: deactivate(user_id=user.pk, actor_id=user.pk) for user in everybody]  # type: ignore[misc]
    )
    refusals = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [type(refusal) for refusal in refusals] == [LastAdministrator]
    assert active() == 1
    assert Event.objects.filter(name="accounts.user_deactivated").count() == 5


def test_a_ring_of_administrators_who_demote_each_other_leaves_somebody(real_commits: None, cast: Cast) -> None:
    everybody = administrators(6)
    pairs = zip(everybody, everybody[1:] + everybody[:1], strict=True)
    outcomes = in_parallel(
        [
            lambda actor=actor, user=user: update_user(  # type: ignore[misc]
                user_id=user.pk, changes=UserChanges(role="user"), actor_id=actor.pk
            )
            for actor, user in pairs
        ]
    )
    assert all(isinstance(outcome, User | NotFound) for outcome in outcomes), outcomes
    assert active() >= 1
    done = sum(isinstance(outcome, User) for outcome in outcomes)
    assert active() == 6 - done
    assert Event.objects.filter(name="accounts.role_changed").count() == done


def test_two_who_want_one_address_at_once_get_it_once(real_commits: None, cast: Cast) -> None:
    everybody = [cast.ana.user_id, cast.beto.user_id, cast.reader.pk]
    outcomes = in_parallel(
        [
            lambda user_id=user_id: update_profile(user_id=user_id, changes={"email": "uno@example.com"})  # type: ignore[misc]
            for user_id in everybody
        ]
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["EmailTaken", "EmailTaken", "User"]
    assert User.objects.filter(email="uno@example.com").count() == 1


def test_of_two_who_move_somebody_at_once_the_second_sees_where_the_first_moved_them(
    real_commits: None, cast: Cast
) -> None:
    """A row that is waited for together with others of that moment seems to point nowhere if it points elsewhere."""
    quito = City.objects.get(slug="quito")
    User.objects.filter(pk=cast.ana.user_id).update(city=City.objects.get(slug="cuenca"))
    lock_user = "SELECT FROM accounts_user WHERE id = %s FOR NO KEY UPDATE"
    moved, removed = held_back(
        lock_user,
        [str(cast.ana.user_id)],
        [
            lambda: update_profile(user_id=cast.ana.user_id, changes={"city": quito}),
            lambda: update_user(user_id=cast.ana.user_id, changes={"city": None}, actor_id=cast.admin.pk),
        ],
    )
    assert isinstance(moved, User), moved
    assert isinstance(removed, User), removed
    assert User.objects.get(pk=cast.ana.user_id).city is None


def test_whoever_is_no_administrator_any_more_changes_nobody(cast: Cast) -> None:
    for actor in (cast.support, cast.ana.user, User(username="x")):
        assert actor
        with pytest.raises(NotFound):
            update_user(user_id=cast.beto.user_id, changes={"role": "admin"}, actor_id=actor.pk)
    User.objects.filter(pk=cast.admin.pk).update(is_active=False)
    with pytest.raises(NotFound):
        update_user(user_id=cast.beto.user_id, changes={"role": "admin"}, actor_id=cast.admin.pk)


def test_the_same_role_again_is_no_change_of_ones_own(cast: Cast) -> None:
    before = Event.objects.count()
    update_user(user_id=cast.admin.pk, changes={"role": "admin", "full_name": "Admin"}, actor_id=cast.admin.pk)
    with pytest.raises(OwnRole):
        update_user(user_id=cast.admin.pk, changes={"role": "support"}, actor_id=cast.admin.pk)
    assert Event.objects.count() == before + 1
