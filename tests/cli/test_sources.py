"""Every file is found and read once; links, pipes and missing files do no harm."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest

from k8s_hardening.cli.sources import STDIN, Problem, Source, read_sources
from k8s_hardening.kube.documents import LARGEST


def names(*paths: str | Path, stdin: bytes = b"") -> list[str]:
    return [one.name for one in read_sources(map(str, paths), io.BytesIO(stdin)) if isinstance(one, Source)]


def problems(*paths: str | Path) -> list[str]:
    return [str(one) for one in read_sources(map(str, paths), io.BytesIO()) if isinstance(one, Problem)]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("b/x.yml", "a/y.json", "a/deep/er/z.yaml", "c.yaml", "readme.md", ".git/config.yaml", ".hidden.yaml"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a: 1\n")
    return tmp_path


def test_a_folder_is_searched_in_order_without_hidden_folders(tree: Path) -> None:
    found = [str(Path(name).relative_to(tree)) for name in names(tree)]
    assert found == [".hidden.yaml", "c.yaml", "a/y.json", "a/deep/er/z.yaml", "b/x.yml"]


def test_a_hidden_folder_or_an_odd_ending_is_read_when_it_is_named(tree: Path) -> None:
    assert names(tree / ".git") == [str(tree / ".git/config.yaml")]
    assert names(tree / "readme.md") == [str(tree / "readme.md")]


def test_nothing_is_read_twice(tree: Path) -> None:
    (tree / "link.yaml").symlink_to(tree / "c.yaml")
    (tree / "a/up").symlink_to(tree)
    (tree / "b/self").symlink_to(tree / "b")
    assert len(names(tree, tree / "c.yaml", tree / "a", tree)) == 5


def test_a_linked_folder_is_read(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "more.yaml").write_text("a: 1\n")
    (tree / "linked").symlink_to(other)
    assert str(tree / "linked/more.yaml") in names(tree)


def test_the_standard_input_is_read_once() -> None:
    [one] = read_sources(["-", "-"], io.BytesIO(b"a: 1\n"))
    assert one == Source(STDIN, b"a: 1\n")


def test_a_missing_file_a_broken_link_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    assert problems(missing) == [f"{missing}: cannot be read: No such file or directory"]
    empty = tmp_path / "empty"
    empty.mkdir()
    assert problems(empty) == [f"{empty}: holds no file that ends in .json, .yaml, .yml"]
    (tmp_path / "broken.yaml").symlink_to(missing)
    assert problems(tmp_path) == [f"{tmp_path / 'broken.yaml'}: cannot be read: No such file or directory"]


@pytest.mark.parametrize("data", [b"", b" \n"])
def test_a_pipe_through_which_nothing_came_is_told(tmp_path: Path, data: bytes) -> None:
    assert list(read_sources(["-"], io.BytesIO(data))) == [Problem(STDIN, None, "is empty, so nothing was judged")]
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(data,))
    writer.start()
    assert problems(pipe) == [f"{pipe}: is empty, so nothing was judged"]
    writer.join()
    (tmp_path / "empty.yaml").touch()
    assert problems(tmp_path / "empty.yaml") == []


def test_a_pipe_is_waited_for_only_where_it_is_named(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    assert problems(tmp_path) == [f"{pipe}: is not a regular file"]
    writer = threading.Thread(target=pipe.write_text, args=("a: 1\n",))
    writer.start()
    found = list(read_sources([str(pipe)], io.BytesIO()))
    writer.join()
    assert found == [Source(str(pipe), b"a: 1\n")]


def test_no_more_is_read_than_can_be_judged(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(LARGEST * 4)
    [one] = read_sources([str(path)], io.BytesIO())
    assert isinstance(one, Source)
    assert len(one.data) == LARGEST + 1
