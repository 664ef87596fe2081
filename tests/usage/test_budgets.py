"""How budgets stand: from the ledger, by who was a member when, in a person's own words and in mails."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from django.utils import timezone

from tests.mail_sink import Sink
from tests.portal_process import PortalProcess
from tests.usage.test_ledger import settle_late
from usage.budgets.notices import send_due
from usage.budgets.standing import budgets_of, month_of
from usage.models import Status, UsageRecord
from usage.spending import Payer, Span, spent_in

MakeTeam = Callable[..., Any]
NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
MAY = month_of(NOON)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def use(
    user: Any, cost: str = "0", tokens: int = 0, at: datetime = NOON, status: Status = Status.COMPLETE
) -> UsageRecord:
    known = {"user": user, "model": "m", "format": "openai", "started_at": at, "status": status}
    if status is Status.OPEN:
        return UsageRecord.objects.create(**known, reserved_cost=Decimal(cost), reserved_tokens=tokens)
    return UsageRecord.objects.create(**known, cost=Decimal(cost), output_tokens=tokens)


@pytest.fixture
def limit() -> Callable[..., Any]:
    from accounts.models import UserLimits

    def make(user: Any, **limits: Any) -> Any:
        return UserLimits.objects.update_or_create(user=user, defaults=limits)[0]

    return make


@pytest.fixture
def old_team(make_team: MakeTeam) -> MakeTeam:
    """Its members have always been there."""
    from accounts.models import Membership

    def make(*members: Any, **budget: Any) -> Any:
        team = make_team(*members, **budget)
        Membership.objects.filter(group=team.group).update(since=LONG_AGO)
        return team

    return make


def spent_by(team: Any) -> Decimal:
    return spent_in(Span(Payer("group", team.pk), *MAY)).cost


def test_it_works(limit: Callable[..., Any], old_team: MakeTeam, alice: Any, bob: Any) -> None:
    limit(alice, cost_per_month=Decimal(50), soft_percent=60)
    team = old_team(alice, bob, cost_per_month=Decimal(100), tokens_per_month=5000)
    use(alice, "30.5", 1000)
    use(bob, "20", 500)
    use(bob, "4", 700, status=Status.OPEN)
    use(alice, "7", at=MAY[0] - timedelta(seconds=1))
    own, cost, tokens = budgets_of(alice, NOON)
    assert (own.payer, own.unit, own.limit) == (Payer("user", alice.pk), "cost", 50)
    assert (own.spent, own.reserved, own.remaining) == (Decimal("30.5"), 0, Decimal("19.5"))
    assert (own.percent, own.soft_percent, own.is_near, own.is_used_up) == (61, 60, True, False)
    assert (own.since, own.until) == (datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC))
    assert (cost.payer.kind, cost.payer.name) == ("group", team.group.name)
    assert (cost.spent, cost.reserved, cost.remaining) == (Decimal("50.5"), 4, Decimal("45.5"))
    assert (tokens.unit, tokens.spent, tokens.reserved, tokens.remaining) == ("tokens", 1500, 700, 2800)
    assert [budget.payer.kind for budget in budgets_of(bob, NOON)] == ["group", "group"]


def test_who_has_none_is_told_of_none(alice: Any) -> None:
    assert budgets_of(alice) == []


def test_what_a_group_grants_each_member_is_a_persons_own(alice: Any, bob: Any, old_team: MakeTeam) -> None:
    from accounts.models import GroupLimits

    team = old_team(alice, bob, cost_per_month=Decimal(100))
    GroupLimits.objects.create(group=team.group, cost_per_month=Decimal(10), soft_percent=50)
    use(alice, "6")
    own, shared = budgets_of(alice, NOON)
    assert (own.payer.kind, own.limit, own.spent, own.soft_percent) == ("user", 10, 6, 50)
    assert (shared.limit, shared.soft_percent) == (100, 80)
    assert budgets_of(bob, NOON)[0].spent == 0


@pytest.mark.parametrize("seed", range(8))
def test_a_group_pays_for_those_who_were_members_then(
    make_user: Callable[..., Any], make_team: MakeTeam, seed: int
) -> None:
    """Any history of coming, going and using: the same sum as by brute force."""
    from accounts.models import Membership

    chance = random.Random(seed)
    people = [make_user("member") for _ in range(4)]
    team = make_team(cost_per_month=Decimal(1))
    times = {}
    for user in people:
        moments = sorted(MAY[0] + timedelta(minutes=chance.randrange(-9000, 50_000)) for _ in range(4))
        times[user.pk] = list(zip(moments[::2], moments[1::2], strict=True))
        if chance.random() < 0.5:
            times[user.pk][-1] = (moments[2], None)
        for since, until in times[user.pk]:
            Membership.objects.create(user=user, group=team.group, since=since, until=until)
    rows = [
        use(chance.choice(people), f"0.{chance.randrange(10**6):06}", at=at)
        for at in (MAY[0] + timedelta(minutes=chance.randrange(-3000, 47_000)) for _ in range(60))
    ]
    # And at the very moments of a change.
    rows += [use(user, "1", at=at) for user in people for pair in times[user.pk] for at in pair if at]
    expected = sum(
        row.cost
        for row in rows
        if MAY[0] <= row.started_at < MAY[1]
        and any(
            since <= row.started_at and (until is None or row.started_at < until)
            for since, until in times[row.user_id]
        )
    )
    assert spent_by(team) == expected


def test_coming_and_going_is_written_down(alice: Any, bob: Any, make_team: MakeTeam) -> None:
    from accounts.memberships import TAKES_EFFECT_AFTER
    from accounts.models import Membership

    group = make_team().group

    def written() -> list[tuple[Any, bool]]:
        rows = Membership.objects.filter(group=group).order_by("pk")
        return [(row.user_id, row.until is None) for row in rows]

    before = timezone.now()
    alice.groups.add(group)
    alice.groups.add(group)
    row = Membership.objects.get(group=group)
    assert before + TAKES_EFFECT_AFTER <= row.since <= timezone.now() + TAKES_EFFECT_AFTER
    group.user_set.set([bob])
    assert written() == [(alice.pk, False), (bob.pk, True)]
    group.user_set.clear()
    assert written() == [(alice.pk, False), (bob.pk, False)]
    bob.groups.set([group])
    bob.groups.clear()
    bob.groups.add(group)
    assert written() == [(alice.pk, False), (bob.pk, False), (bob.pk, False), (bob.pk, True)]


def test_what_a_deleted_account_had_used_stays_used(alice: Any, bob: Any, old_team: MakeTeam) -> None:
    from accounts.deletion import delete_account

    team = old_team(alice, bob, cost_per_month=Decimal(10))
    now = timezone.now()
    since, _ = month_of(now)
    for user, cost in ((alice, "3"), (bob, "1")):
        use(user, cost, at=now)
    use(alice, "5", at=since - timedelta(days=1))
    delete_account(user=alice)
    (budget,) = budgets_of(bob, now)
    assert budget.spent == 4
    delete_account(user=bob)
    assert spent_in(Span(Payer("group", team.pk), *month_of(now))).cost == 4


def test_an_account_goes_when_its_last_request_has_ended(alice: Any, old_team: MakeTeam) -> None:
    """What that comes to is the team's too."""
    from accounts.deletion import StillBusy, delete_account

    team = old_team(alice, cost_per_month=Decimal(10))
    running = use(alice, at=timezone.now(), status=Status.OPEN)
    with pytest.raises(StillBusy):
        delete_account(user=alice)
    settle_late(running)
    delete_account(user=alice)
    assert spent_in(Span(Payer("group", team.pk), *month_of(timezone.now()))).cost == 1


def test_the_api_tells_a_person_and_their_keys(
    portal: PortalProcess,
    limit: Callable[..., Any],
    old_team: MakeTeam,
    alice: Any,
    bob: Any,
    make_key: Callable[..., str],
) -> None:
    limit(alice, tokens_per_month=1000)
    team = old_team(alice, bob, cost_per_month=Decimal(10), soft_percent=None)
    now = timezone.now()
    use(alice, "1.25", 300, at=now)
    use(bob, "2", 100, at=now)

    def data(user: Any) -> Any:
        headers = {"x-api-key": make_key(user)}
        return httpx.get(f"{portal.api}/usage/budgets", headers=headers, timeout=30).json()["data"]

    own, shared = data(alice)
    assert own == {
        "scope": "user", "group": None, "unit": "tokens", "limit": 1000, "spent": 300, "reserved": 0,
        "remaining": 700, "percent": 30, "softPercent": 80,
        "periodStart": f"{now:%Y-%m}-01T00:00:00.000Z", "periodEnd": own["periodEnd"],
    }  # fmt: skip
    assert (shared["scope"], shared["group"], shared["unit"]) == ("group", team.group.name, "cost")
    assert (shared["spent"], shared["remaining"], shared["softPercent"]) == (3.25, 6.75, None)
    assert data(bob) == [shared]
    refused = httpx.get(f"{portal.api}/usage/budgets?user={alice.pk}", headers={"x-api-key": make_key(bob)})
    assert refused.status_code == 400


def test_a_person_is_mailed_at_the_soft_threshold_and_at_the_end(
    sink: Sink, limit: Callable[..., Any], alice: Any
) -> None:
    limit(alice, cost_per_month=Decimal(100), soft_percent=70)
    use(alice, "69.999")
    send_due(NOON)
    assert sink.to(alice) == []
    use(alice, "0.001")
    for _ in range(2):
        send_due(NOON)
    assert sink.to(alice) == ["You have used 70 % of your budget of this month"]
    assert "70.00 of 100.00 this month (cost)" in sink.text_to(alice)
    assert "until 2026-06-01 00:00 UTC" in sink.text_to(alice)
    use(alice, "31")
    for _ in range(2):
        send_due(NOON)
    assert sink.to(alice)[1:] == ["You have used up your budget of this month"]
    use(alice, "70", at=MAY[1])
    send_due(MAY[1] + timedelta(hours=1))
    assert len(sink.to(alice)) == 3, "the next month is told of anew"


def test_without_a_soft_threshold_only_the_end_is_told(
    sink: Sink, limit: Callable[..., Any], alice: Any
) -> None:
    limit(alice, tokens_per_month=1000, soft_percent=None)
    use(alice, tokens=999)
    send_due(NOON)
    assert sink.to(alice) == []
    use(alice, tokens=1)
    send_due(NOON)
    assert "1,000 of 1,000 tokens this month" in sink.text_to(alice)


def test_a_raised_budget_is_told_of_anew(sink: Sink, limit: Callable[..., Any], alice: Any) -> None:
    limit(alice, cost_per_month=Decimal(10))
    use(alice, "10")
    send_due(NOON)
    limit(alice, cost_per_month=Decimal(20))
    send_due(NOON)
    assert len(sink.to(alice)) == 1
    use(alice, "10")
    send_due(NOON)
    assert len(sink.to(alice)) == 2


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("de", "Sie haben 80 % Ihres Budgets für diesen Monat verbraucht"),
        ("el", "Χρησιμοποιήσατε το 80 % του προϋπολογισμού σας για αυτόν τον μήνα"),
    ],
)
def test_it_is_written_in_the_persons_language(
    sink: Sink, limit: Callable[..., Any], alice: Any, language: str, subject: str
) -> None:
    from accounts.profile.services import update_profile

    update_profile(user=alice, changes={"language": language})
    limit(alice, cost_per_month=Decimal(1000))
    use(alice, "850")
    send_due(NOON)
    assert sink.to(alice) == [subject]


def test_a_group_mails_those_it_names(sink: Sink, old_team: MakeTeam, alice: Any, bob: Any) -> None:
    from accounts.profile.services import update_profile

    team = old_team(
        alice,
        cost_per_month=Decimal(100),
        tokens_per_month=1000,
        notify=f"{bob.email}\nteam-{alice.pk}@example.org",
    )
    update_profile(user=bob, changes={"language": "de"})
    use(alice, "80", 100)
    for _ in range(2):
        send_due(NOON)
    name = team.group.name
    assert sink.to(bob) == [f"Die Gruppe „{name}“ hat 80 % ihres Budgets für diesen Monat verbraucht"]
    others = [mail for mail in sink.mails if mail["to"] == f"team-{alice.pk}@example.org"]
    assert [mail["subject"].strip() for mail in others] == [
        f"The group “{name}” has used 80 % of its budget of this month"
    ]
    assert f"/admin/auth/group/{team.group_id}/change/" in others[0].get_content()
    assert sink.to(alice) == [], "she sees it on her pages"
    use(alice, "20")
    send_due(NOON)
    assert len(sink.to(bob)) == 2


def test_a_group_that_names_nobody_mails_the_operators(
    sink: Sink, old_team: MakeTeam, alice: Any, operator: Any
) -> None:
    team = old_team(alice, cost_per_month=Decimal(1))
    use(alice, "1")
    send_due(NOON)
    assert f"The group “{team.group.name}” has used up its budget of this month" in sink.to(operator)


def test_a_mail_that_fails_is_sent_later(sink: Sink, limit: Callable[..., Any], alice: Any) -> None:
    limit(alice, cost_per_month=Decimal(1))
    use(alice, "2")
    sink.is_full = True
    send_due(NOON)
    assert sink.to(alice) == []
    sink.is_full = False
    for _ in range(2):
        send_due(NOON)
    assert len(sink.to(alice)) == 1


def test_nobody_is_mailed_who_is_gone(sink: Sink, limit: Callable[..., Any], alice: Any) -> None:
    limit(alice, cost_per_month=Decimal(1))
    use(alice, "2")
    alice.is_active = False
    alice.save()
    send_due(NOON)
    assert sink.to(alice) == []


def test_it_runs_periodically() -> None:
    from portal import celery_app

    tasks = {entry["task"] for entry in celery_app.conf.beat_schedule.values()}
    assert "usage.tasks.send_budget_notices" in tasks
    celery_app.loader.import_default_modules()
    celery_app.tasks["usage.tasks.send_budget_notices"].apply(throw=True)
