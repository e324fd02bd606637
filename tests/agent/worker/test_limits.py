from agent.worker.limits import Caps, Limits


class Clock:
    def __init__(self) -> None:
        self.at = 100.0

    def __call__(self) -> float:
        return self.at


def admitted(limits: Limits, *calls: str, trunk: str = "T") -> list[bool]:
    return [limits.begin(trunk, call) is None for call in calls]


def test_without_limits_everything_may_begin() -> None:
    limits = Limits(Caps(), Clock())
    assert all(admitted(limits, *map(str, range(1000))))


def test_a_trunk_that_is_full_takes_a_call_when_another_ended() -> None:
    limits = Limits(Caps(at_once=2), Clock())
    assert admitted(limits, "a", "b", "c") == [True, True, False]
    limits.end("T", "a")
    assert admitted(limits, "c", "d") == [True, False]


def test_a_trunk_says_what_it_is_short_of() -> None:
    limits = Limits(Caps(at_once=1), Clock())
    limits.begin("T", "a")
    refusal = limits.begin("T", "b")
    assert refusal is not None
    assert (refusal.limit, refusal.sentence) == ("at_once", "the trunk carries 1 of 1 calls at once")
    limits = Limits(Caps(per_second=0.5), Clock())
    limits.begin("T", "a")
    refusal = limits.begin("T", "b")
    assert refusal is not None
    assert (refusal.limit, refusal.sentence) == ("per_second", "the trunk takes 0.5 new calls a second")


def test_trunks_do_not_count_each_others_calls() -> None:
    limits = Limits(Caps(at_once=1, per_second=1), Clock())
    assert admitted(limits, "a", trunk="T") == admitted(limits, "b", trunk="U") == [True]


def test_a_call_counts_once_and_ends_once() -> None:
    limits = Limits(Caps(at_once=1), Clock())
    assert admitted(limits, "a", "a", "b") == [True, True, False]
    limits.end("T", "a")
    limits.end("T", "a")
    limits.end("T", "never begun")
    assert admitted(limits, "b", "c") == [True, False]


def test_no_second_sees_more_new_calls_than_allowed() -> None:
    clock = Clock()
    limits = Limits(Caps(per_second=2), clock)
    began: list[float] = []
    for tick in range(100):
        clock.at = 100 + tick / 20
        if limits.begin("T", str(tick)) is None:
            began.append(clock.at)
    assert len(began) == 10
    assert all(later - earlier >= 1 for earlier, later in zip(began, began[2:], strict=False))


def test_a_rate_below_one_spaces_the_calls() -> None:
    clock = Clock()
    limits = Limits(Caps(per_second=0.5), clock)
    assert admitted(limits, "a", "b") == [True, False]
    clock.at += 1.9
    assert admitted(limits, "b") == [False]
    clock.at += 0.1
    assert admitted(limits, "b") == [True]


def test_a_refused_call_does_not_use_up_the_rate() -> None:
    clock = Clock()
    limits = Limits(Caps(at_once=1, per_second=1), clock)
    assert admitted(limits, "a", "b") == [True, False]
    limits.end("T", "a")
    clock.at += 1
    assert admitted(limits, "b") == [True]
