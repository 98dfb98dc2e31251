"""An answer is kept for as long as an object is judged, and for that object only."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from k8s_hardening.kube.keeping import keeping, once
from k8s_hardening.kube.pods import pods_of
from tests.builders import pod

asked: list[str] = []


@once
def letters(of: list[str]) -> Iterator[str]:
    """Its letters."""
    asked.append("".join(of))
    yield from of


@pytest.fixture(autouse=True)
def nothing_asked() -> None:
    asked.clear()


def test_outside_nothing_is_kept() -> None:
    some = ["a"]
    assert [*letters(some), *letters(some)] == ["a", "a"]
    some.append("b")
    assert list(letters(some)) == ["a", "b"]
    assert asked == ["a", "a", "ab"]


def test_inside_each_object_is_asked_about_once() -> None:
    one, equal = ["a"], ["a"]
    with keeping():
        assert [*letters(one), *letters(one), *letters(equal), *letters(equal)] == ["a"] * 4
    assert asked == ["a", "a"]


def test_nothing_is_kept_from_one_time_to_the_next() -> None:
    some = ["a"]
    for _ in range(2):
        with keeping():
            list(letters(some))
    assert asked == ["a", "a"]


def test_an_object_that_is_gone_does_not_lend_its_answer_to_another() -> None:
    with keeping():
        found = ["".join(letters(list(word))) for word in ("ab", "cd", "ef")]
    assert found == ["ab", "cd", "ef"]


def test_an_answer_that_fails_is_asked_for_again() -> None:
    tried: list[int] = []

    @once
    def fails(of: object) -> Iterator[int]:
        tried.append(1)
        yield 1
        raise ValueError("boom")

    with keeping():
        for _ in range(2):
            with pytest.raises(ValueError, match="boom"):
                list(fails(tried))
    assert len(tried) == 2


def test_it_ends_with_a_crash_inside_too() -> None:
    with pytest.raises(ValueError, match="boom"), keeping():
        raise ValueError("boom")
    some = ["a"]
    list(letters(some))
    list(letters(some))
    assert asked == ["a", "a"]


def test_threads_keep_each_their_own() -> None:
    some = ["a"]

    def work() -> None:
        with keeping():
            list(letters(some))

    with keeping():
        list(letters(some))
        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(asked) == 4


def test_controls_share_the_pods_of_an_object_and_its_containers() -> None:
    made = pod()
    with keeping():
        (one,), (other,) = pods_of(made), pods_of(made)
        assert one is other
        (container,), (again,) = one.containers(), one.containers()
        assert container is again
    (new,) = pods_of(made)
    assert new is not one
    assert new == one
