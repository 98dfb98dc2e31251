"""Flags of the control plane's programs, in every form in which people write them.

Forms: words of a command line (`--f=v`, `--f v`, a bare boolean, a flag that is repeated), kubeadm's extraArgs as a
map (before v1beta4) and as a list of names and values, and the lists of `f=v` that k3s and RKE2 read.
Sources: github.com/spf13/pflag v1.0.10 flag.go (parseLongArg: a flag with a NoOptDefVal takes no second word);
k8s.io/component-base v0.37.2 cli/flag/flags.go (WordSepNormalizeFunc: an underscore reads as a dash);
the package flag of Go (etcd: one dash or two); k8s.io/kubernetes v1.37.2 cmd/kubeadm/app/apis/kubeadm/v1beta3 and
v1beta4/types.go.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from k8s_hardening.kube.manifest import UNKNOWN, as_list, as_map, key_path

_FLAG = re.compile(r"--?([A-Za-z0-9][A-Za-z0-9_.-]*)(?:=(.*))?", re.DOTALL)
_REFERENCE = re.compile(r"\$\(([^()]+)\)")
_SHELL_ENDS = frozenset({";", "&&", "||", "|", "&"})
_REDIRECTION = re.compile(r"(?:[0-9]|&)?(?:>>?|<)(.*)", re.DOTALL)
_LONGEST_SCRIPT = 64 * 1024

Word = tuple[str, Any]
"""A word of a command line with its JSON path: a text, or UNKNOWN."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One flag as it was given."""

    path: str
    """JSON path of its value."""
    name: str
    """Without dashes; empty when the word is not known until apply."""
    value: Any
    """A text, or UNKNOWN."""


def parse_words(words: Sequence[Word], booleans: Container[str]) -> Iterator[Argument]:
    """The flags among the words of a command line; a word that is not known until apply may be any flag.

    Args:
        words: the words after the program's name.
        booleans: flags that take a value only after an equals sign.
    """
    position = 0
    while position < len(words):
        path, word = words[position]
        position += 1
        if word is UNKNOWN:
            yield Argument(path, "", UNKNOWN)
            continue
        if word == "--":
            return
        match = _FLAG.fullmatch(word) if isinstance(word, str) else None
        if match is None:
            continue
        name, value = normalized(match[1]), match[2]
        if value is not None:
            yield Argument(path, name, value)
        elif name in booleans or position == len(words) or _is_flag(words[position][1]):
            yield Argument(path, name, "true")
        else:
            path, value = words[position]
            position += 1
            yield Argument(path, name, value)


def parse_extra_args(value: Any, path: str) -> Iterator[Argument]:
    """The flags of kubeadm's extraArgs: a map, or a list of names and values."""
    if value is UNKNOWN:
        yield Argument(path, "", UNKNOWN)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield Argument(key_path(path, str(name)), normalized(str(name)), text_of(one))
    else:
        for index, item in enumerate(as_list(value)):
            where, name = f"{path}[{index}]", as_map(item).get("name")
            if name is UNKNOWN:
                yield Argument(where, "", UNKNOWN)
            elif isinstance(name, str):
                yield Argument(f"{where}.value", normalized(name), text_of(as_map(item).get("value")))


def parse_pairs(value: Any, path: str) -> Iterator[Argument]:
    """The flags of a list of `name=value` without dashes, as k3s and RKE2 take them; one text stands for a list."""
    items = [value] if isinstance(value, str) else as_list(value)
    for index, item in enumerate(items):
        where = path if isinstance(value, str) or value is UNKNOWN else f"{path}[{index}]"
        if item is UNKNOWN:
            yield Argument(where, "", UNKNOWN)
        elif isinstance(item, str):
            name, equals, text = item.removeprefix("--").partition("=")
            yield Argument(where, normalized(name), text if equals else "true")


def with_environment(words: Sequence[Word], environment: Mapping[str, Any]) -> list[Word]:
    """The words with every `$(NAME)` replaced as the kubelet does.

    A name that only the node knows is left as it was written where it stands in a flag's value; where it may be the
    flag itself, the word is unknown.
    Source: k8s.io/kubernetes v1.37.2 third_party/forked/golang/expansion/expand.go; `$$(NAME)` is left as it is.
    """
    return [
        (path, _expanded(word, environment) if isinstance(word, str) and "$(" in word else word) for path, word in words
    ]


def _expanded(word: str, environment: Mapping[str, Any]) -> Any:
    plain = word.replace("$$", "\0")
    if any(environment.get(name) is UNKNOWN for name in _REFERENCE.findall(plain)):
        return UNKNOWN
    text = _REFERENCE.sub(lambda match: str(environment.get(match[1], match[0])), plain)
    return UNKNOWN if "$(" in text.partition("=")[0] else text.replace("\0", "$")


def words_of_script(script: str) -> list[str] | None:
    """The words of a shell script, the ends of its commands among them; None when it is not to be read."""
    if len(script) > _LONGEST_SCRIPT:
        return None
    lines = script.replace("\\\n", " ").splitlines()
    try:
        return shlex.split(" ; ".join(line for line in lines if not line.lstrip().startswith("#")))
    except ValueError:
        return None


def first_command(words: Sequence[str]) -> list[str]:
    """The words of a script up to where its first command ends, without what goes to files."""
    found: list[str] = []
    is_target = False
    for word in words:
        if word in _SHELL_ENDS or word.startswith("#"):
            break
        redirection = _REDIRECTION.fullmatch(word)
        if redirection is None and not is_target:
            found.append(word.removesuffix(";"))
        is_target = redirection is not None and not redirection[1]
        if word.endswith(";"):
            break
    return found


def text_of(value: Any) -> Any:
    """A flag's value as text: YAML may have read it as a number or as a boolean."""
    if value is UNKNOWN or isinstance(value, str):
        return value
    return json.dumps(value, default=str)


def normalized(name: str) -> str:
    """A flag's name with the dashes that the programs compare by."""
    return name.replace("_", "-")


def _is_flag(word: Any) -> bool:
    return isinstance(word, str) and word.startswith("-") and word != "-"
