"""Reading YAML and JSON streams as the clients of the API server do, and refusing what they would misread.

Like k8s.io/apimachinery v0.37.2 pkg/util/yaml/decoder.go, a stream is cut at the lines that start with `---` before
anything is parsed, so one broken document leaves the others readable. Stricter than the clients: a key that stands
twice, a key that is no text, and a tag of somebody's own are errors, because readers disagree on what they mean.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from k8s_hardening.kube.composing import TOO_DEEP, Budget, Composer, Flaw, RefusedError
from k8s_hardening.kube.json_documents import JsonError, read_json

LARGEST = 16 * 1024 * 1024
"""Bytes of the largest file that is read; a single object in etcd is at most a tenth of that."""
MOST_DOCUMENTS = 100_000
"""Documents of one file that are read."""
_MOST_BAD = 100  # broken documents of one file that are told; the rest of such a file is not read
_SEPARATOR = re.compile(rb"^---([^\n]*)\n?", re.MULTILINE)
_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)
_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#[^\n]*)?\r?\n)*%")
_NOT_CONTENT = re.compile(r"[ \t]*(?:\.\.\.[ \t]*)?(?:#.*)?")
_LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what ends a line to a YAML 1.1 parser
# libyaml where it was built in, else the same events from PyYAML's own, slower scanner.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Document:
    """One document that could be read."""

    source: str
    line: int
    """Where it starts, counted from 1."""
    value: Any
    """Plain data: mappings with text keys, lists, texts, numbers, booleans, None."""


@dataclass(frozen=True, slots=True)
class BadDocument:
    """One document that could not be read, or that readers would not agree about."""

    source: str
    flaws: tuple[Flaw, ...]
    """At least one, by line."""
    foreign: bool = False
    """It is YAML, but has neither apiVersion nor kind, so it was never meant for Kubernetes."""


class UnreadableError(Exception):
    """A file that must be readable is not."""

    def __init__(self, flaws: tuple[Flaw, ...]) -> None:
        self.flaws = flaws
        super().__init__("; ".join(f"line {flaw.line}: {flaw.what}" for flaw in flaws))


def read_documents(data: bytes, source: str) -> Iterator[Document | BadDocument]:
    """Every document of a file in order; empty ones are left out.

    Args:
        data: the file's content, YAML or JSON, one document or many.
        source: what to call the file.
    """
    bad = 0
    for number, found in enumerate(_read(data, source)):
        if number == MOST_DOCUMENTS:
            line = found.line if isinstance(found, Document) else found.flaws[0].line
            yield _bad(source, line, f"is beyond {MOST_DOCUMENTS} documents; the rest of the file is not read")
            return
        yield found
        if isinstance(found, BadDocument) and not found.foreign:
            bad += 1
            if bad == _MOST_BAD:
                flaw = Flaw(found.flaws[-1].line, f"{_MOST_BAD} documents cannot be read; the rest of the file is not")
                yield BadDocument(source, (flaw,))
                return


def read_one(data: bytes, source: str) -> Any:
    """The only document of a configuration file; None when the file is empty.

    Raises:
        UnreadableError: with every problem of the file.
    """
    documents = list(read_documents(data, source))
    flaws = [flaw for document in documents if isinstance(document, BadDocument) for flaw in document.flaws]
    good = [document for document in documents if isinstance(document, Document)]
    flaws += [Flaw(document.line, "is a second document; one is allowed here") for document in good[1:]]
    if flaws:
        raise UnreadableError(tuple(flaws))
    return good[0].value if good else None


def _read(data: bytes, source: str) -> Iterator[Document | BadDocument]:
    if len(data) > LARGEST:
        yield _bad(source, 1, f"is larger than {LARGEST // 1024 // 1024} MiB; split it")
        return
    if data.startswith(_OTHER_ENCODINGS):
        yield _bad(source, 1, "is UTF-16 or UTF-32; save it as UTF-8")
        return
    budget = Budget()
    for line, bad_separator, chunk in _chunks(data.removeprefix(codecs.BOM_UTF8)):
        if bad_separator:
            yield _bad(source, bad_separator, "`---` is followed by text, which the clients of Kubernetes refuse")
            continue
        try:
            text = chunk.decode()
        except UnicodeDecodeError as error:
            yield _bad(source, line + chunk.count(b"\n", 0, error.start), "is not UTF-8")
            continue
        if text.lstrip().startswith("{"):
            yield from _read_braces(text, source, line, budget)
        elif text and not text.isspace():
            yield from _read_yaml(text, source, line, budget)


def _chunks(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Each document as (line of its first byte, line of the separator before it if text follows that, bytes)."""
    line, start, bad_separator = 1, 0, 0
    for separator in _SEPARATOR.finditer(data):
        yield line, bad_separator, data[start : separator.start()]
        line += data.count(b"\n", start, separator.start())
        rest = separator[1].strip()
        bad_separator = 0 if not rest or rest.startswith(b"#") else line
        line += separator[0].count(b"\n")
        start = separator.end()
    yield line, bad_separator, data[start:]


def _read_braces(text: str, source: str, line: int, budget: Budget) -> Iterator[Document | BadDocument]:
    """A document that starts with a brace: a JSON stream; as for the clients, what is none from the start is YAML."""
    read = 0
    try:
        for at, value, flaws in read_json(text, line):
            read += 1
            yield _judged(source, at, value, flaws)
    except JsonError as error:
        # After a second value the clients read on as JSON only; after the first, a comment may follow, say.
        rest = [] if read > 1 else list(_read_yaml(text[error.start :], source, error.line, budget))
        if read > 1 or (source.endswith(".json") and any(isinstance(one, BadDocument) for one in rest)):
            rest = [BadDocument(source, (error.flaw,))]
        yield from rest


def _read_yaml(text: str, source: str, line: int, budget: Budget) -> Iterator[Document | BadDocument]:
    if _DIRECTIVE.match(text):
        # Cut from its document at the `---` that must follow, a directive is an error to the clients as well.
        yield _bad(source, line, "starts with a % directive, which the clients of Kubernetes cannot read; remove it")
        return
    composer = Composer(line, budget)
    try:
        end = composer.compose(yaml.parse(text, Loader=_LOADER))
    except RefusedError as error:
        yield BadDocument(source, (error.flaw,))
        return
    except yaml.YAMLError as error:
        yield BadDocument(source, (_explained(error, text, line),))
        return
    if end is None:
        return
    if composer.value is not None or composer.flaws:
        yield _judged(source, composer.line or line, composer.value, composer.flaws)
    number, column = end
    for rest in _LINE_END.split(text)[number:]:
        if _NOT_CONTENT.fullmatch(rest, column) is None:
            what = "follows the end of a document; without `---` before it the clients skip it"
            yield _bad(source, line + number, what)
            return
        number, column = number + 1, 0


def _judged(source: str, line: int, value: Any, flaws: list[Flaw]) -> Document | BadDocument:
    if not flaws:
        return Document(source, line, value)
    foreign = not isinstance(value, dict) or ("apiVersion" not in value and "kind" not in value)
    return BadDocument(source, tuple(flaws), foreign)


def _bad(source: str, line: int, what: str) -> BadDocument:
    return BadDocument(source, (Flaw(line, what),))


def _explained(error: yaml.YAMLError, text: str, first_line: int) -> Flaw:
    """What libyaml says, without the piece of the file that it shows: that may hold a secret."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text.encode()[: error.position] if _LOADER is not yaml.SafeLoader else text[: error.position].encode()
        return Flaw(first_line + before.count(b"\n"), "holds a control character or another one that YAML forbids")
    if not isinstance(error, yaml.MarkedYAMLError) or error.problem_mark is None:
        return Flaw(first_line, "is not YAML")
    number = error.problem_mark.line
    if "nesting depth" in str(error.problem):  # libyaml's own bound, met while it looks ahead for events
        return Flaw(number + first_line, TOO_DEEP)
    what = f"is not YAML: {error.problem}"
    if error.context:
        what += f" {error.context}"
        if error.context_mark is not None and error.context_mark.line != number:
            what += f" that starts on line {error.context_mark.line + first_line}"
    lines = _LINE_END.split(text)
    at = lines[number] if number < len(lines) else ""
    if "\t" in at[: len(at) - len(at.lstrip())]:
        what += "; a tab cannot indent YAML, use blanks"
    elif "{{" in text:
        what += "; it looks like a template, which must be rendered first"
    return Flaw(number + first_line, what)
