"""What a baseline must not say, and what its author reads then: tests/model/bad_input.yaml is the specification."""

from __future__ import annotations

import datetime
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from k8s_hardening.kube.names import is_dns1123_label
from k8s_hardening.model.baseline import Baseline
from k8s_hardening.model.problems import BadInputError
from k8s_hardening.model.reading import ROOT, read_baseline
from tests.model.sample import sample

TABLE: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("bad_input.yaml").read_text())
SMALLEST = (
    '{environment: "dev", kubernetes: "1.36", dialect: "kubeadm", cni: {name: "calico"}, target: {render: "out/dev"}, '
    'images: {registries: ["registry.example.com/platform"]}}'
)


def problems_of(raw: Any) -> list[str]:
    with pytest.raises(BadInputError) as caught:
        read_baseline(raw)
    return list(caught.value.problems)


def lines_of(case: str) -> list[str]:
    row = TABLE[case]
    return problems_of(sample(row.get("change"), without=row.get("without", ())))


def test_the_sample_itself_is_accepted() -> None:
    assert isinstance(read_baseline(sample()), Baseline)


@pytest.mark.parametrize("case", TABLE)
def test_refused(case: str) -> None:
    expected = [f"{ROOT}{'' if line.startswith('[') else '.'}{line}" for line in TABLE[case]["refused"]]
    assert lines_of(case) == expected


@pytest.mark.parametrize("case", TABLE)
def test_each_line_has_a_path_a_value_and_an_example_or_the_keys_that_exist(case: str) -> None:
    for line in lines_of(case):
        path, separator, text = line.partition(": ")
        assert path.startswith(ROOT)
        assert separator
        if "is not a known key" in text:
            assert re.search(r'did you mean "[a-z_]+"\?$|known keys are [a-z_, ]+$|it belongs under \S+$', text)
        else:
            assert re.search(r"for example \S", text)
            assert text.startswith("is missing") or re.match(r'["\[{(0-9-]|true|false', text)
        assert line.isprintable()


@pytest.mark.parametrize("case", [case for case in TABLE if re.search(r"[a-z]\.name: ", str(TABLE[case]["refused"]))])
def test_a_suggested_name_is_a_good_name(case: str) -> None:
    suggested = re.findall(r'\.name: .*for example "([^"]+)"$', "\n".join(lines_of(case)), re.MULTILINE)
    assert [name for name in suggested if not is_dns1123_label(name)] == []


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (None, f": is missing or empty; for example {SMALLEST}"),
        ({}, f": is missing or empty; for example {SMALLEST}"),
        ([], f": [] is not a mapping; for example {SMALLEST}"),
        ("dev", f': "dev" is not a mapping; for example {SMALLEST}'),
        (7, f": 7 is not a mapping; for example {SMALLEST}"),
    ],
)
def test_something_else_than_a_baseline(raw: Any, line: str) -> None:
    assert problems_of(raw) == [ROOT + line]


def test_the_example_of_a_whole_baseline_is_one() -> None:
    assert read_baseline(yaml.safe_load(SMALLEST)).environment == "dev"


def test_an_encrypted_baseline_is_refused_and_never_shown() -> None:
    with pytest.raises(BadInputError) as caught:
        read_baseline(sample({"environment": "hunter2"}), secret=True)
    assert caught.value.problems == (
        (
            f"{ROOT}: [secret] is encrypted, and a baseline holds no secret; name the configuration key that holds it, "
            'for example target: {context_config: "kubeContext"}'
        ),
    )


@pytest.mark.parametrize("case", [case for case in TABLE if "secret" in case])
def test_a_secret_is_never_shown_not_even_encrypted(case: str) -> None:
    assert "v1:AAAA" not in "\n".join(lines_of(case))


def test_a_secret_within_a_value_that_is_refused_is_hidden() -> None:
    lines = problems_of(sample({"target": {"render": {"secure": "v1:AAAA"}, "context_config": "a b"}}))
    assert [line.split(": ")[1].split(" ")[0] for line in lines] == ["(a", "[secret]"]
    assert "v1:AAAA" not in "\n".join(lines)


def test_long_values_are_cut() -> None:
    (line,) = problems_of(sample({"images/registries": ["*" * 5000]}))
    assert len(line) < 300


def test_lines_are_sorted_as_the_file_is_read() -> None:
    tenants = [{"name": f"t{n}", "admins": ["group:admins"], "namespaces": [{"name": f"n{n}"}]} for n in range(12)]
    for n in (2, 10):
        tenants[n]["name"] = "Bad"
    paths = [line.split(": ")[0] for line in problems_of(sample({"tenants": tenants}))]
    assert [path.removeprefix(f"{ROOT}.") for path in paths] == [
        "tenants[2].name",
        "tenants[10].name",
        "tenants[10].name",
    ]


def test_objects_in_place_of_data_are_checked_the_same() -> None:
    good = read_baseline(sample())
    twice = {**{name: getattr(good, name) for name in Baseline.model_fields}, "tenants": (*good.tenants, *good.tenants)}
    names = [line.split(": ")[0].removeprefix(f"{ROOT}.") for line in problems_of(twice)]
    assert "tenants[2].name" in names
    assert "tenants[3].namespaces[0].name" in names


def test_days_come_as_texts_and_as_days() -> None:
    text = read_baseline(sample({"tenants/0/decommission": "2027-06-30"}))
    day = read_baseline(sample({"tenants/0/decommission": datetime.date(2027, 6, 30)}))
    assert text.tenants[0].decommission == day.tenants[0].decommission == datetime.date(2027, 6, 30)


def test_a_moment_is_no_day() -> None:
    (line,) = problems_of(sample({"tenants/0/decommission": datetime.datetime(2027, 6, 30, 12, tzinfo=datetime.UTC)}))
    assert "is not a day (year-month-day)" in line


def test_quantities_may_be_numbers_as_for_the_api_server() -> None:
    made = read_baseline(sample({"tenants/0/namespaces/0/quota": {"pods": 50, "requests.cpu": 0.5}}))
    quota = made.tenants[0].namespaces[0].quota
    assert (quota["pods"], quota["requests.cpu"]) == ("50", "0.5")


def test_yaml_aliases_that_hold_themselves_are_refused_quickly() -> None:
    loop: list[Any] = []
    loop += [loop] * 9
    assert [line.split(": ")[0] for line in problems_of(sample({"tenants": loop}))] == [
        f"{ROOT}.tenants[{index}]" for index in range(9)
    ]


def test_yaml_aliases_that_explode_are_refused_quickly() -> None:
    bomb: Any = "boom"
    for _ in range(30):
        bomb = [bomb] * 9
    lines = problems_of(sample({"tenants/0/name": bomb, "environment": bomb}))
    assert [line.split(": ")[0].removeprefix(f"{ROOT}.") for line in lines] == ["environment", "tenants[0].name"]
