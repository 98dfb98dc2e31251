"""Lines of the kernel's log about AppArmor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8s_hardening.kube.linux_audit import is_about_apparmor, read_event

LINE = (
    'audit: type=1400 audit(1600000000.123:45): apparmor="ALLOWED" operation="open" profile="web" name="/etc/x" pid=12 '
    'comm="nginx" requested_mask="r" denied_mask="r" fsuid=0 ouid=0'
)


@pytest.mark.parametrize(
    "line",
    [
        LINE,
        f"[  123.456789] {LINE}",
        f"Nov 25 04:00:00 node-1 kernel: [ 1.2] {LINE}",
        f"<5>{LINE}\n",
        LINE.replace("audit: type=1400 audit", "type=AVC msg=audit"),
        LINE.replace("audit: type=1400 audit", "type=AVC msg=audit") + '\x1dFSUID="root" OUID="root"\n',
    ],
)
def test_every_printer_of_the_log_is_read(line: str) -> None:
    event = read_event(line)
    assert event is not None
    assert (event.verdict, event.operation, event.profile) == ("ALLOWED", "open", "web")
    assert event.fields["name"] == "/etc/x"
    assert event.words("denied_mask") == ("r",)
    assert not event.is_cut


@pytest.mark.parametrize("end", [' name="/trunc', ' name="/a b=c', " requested_ma", " ouid="])
def test_a_line_that_ends_within_a_field_is_cut(end: str) -> None:
    event = read_event(f'apparmor="DENIED" operation="open" profile="web"{end}')
    assert event is not None
    assert event.is_cut


def test_a_text_with_blanks_ends_no_line_too_early() -> None:
    event = read_event('apparmor="DENIED" operation="open" profile="web" info="not found"')
    assert event is not None
    assert not event.is_cut


def test_texts_in_hexadecimal_digits_are_decoded() -> None:
    event = read_event(LINE.replace('"/etc/x"', "2F612062FF").replace("pid=12", "pid=1234"))
    assert event is not None
    assert event.fields["name"].encode("utf-8", "surrogateescape") == b"/a b\xff"
    assert event.fields["pid"] == "1234"
    named = read_event(LINE.replace('"web"', "77656220"))
    assert named is not None
    assert named.profile == "web "


@pytest.mark.parametrize(
    "line",
    ["", 'apparmor="', 'apparmor="DENIED" operation="open"', 'apparmor="DENIED" operation="op',
     'apparmor="" operation="a" profile="b"'],
)  # fmt: skip
def test_what_is_cut_off_says_nothing(line: str) -> None:
    assert read_event(line) is None


def test_other_lines_are_not_about_apparmor() -> None:
    assert is_about_apparmor(LINE)
    assert not is_about_apparmor("audit: type=1326 audit(1.2:3): auid=1 syscall=59")


@given(text=st.text(), cut=st.integers(0, len(LINE)))
def test_no_text_is_too_odd(text: str, cut: int) -> None:
    for line in (text, f'apparmor="{text}', LINE[:cut] + text, LINE[:cut] + text + LINE[cut:]):
        event = read_event(line)
        assert event is None or event.profile
