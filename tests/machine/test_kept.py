import errno
import json
import os
import resource
from dataclasses import dataclass
from typing import Annotated

import pytest
from pydantic import ConfigDict, FailFast, Field

from sabench.errors import DamagedFile, UnreadableFile
from sabench.machine.files import write_json
from sabench.machine.kept import KeptFile, Values, read_bytes, sealed, unsealed


@dataclass(frozen=True)
class Note:
    __pydantic_config__ = ConfigDict(extra="forbid")

    count: Annotated[int, Field(ge=0)]
    values: Values
    numbers: Annotated[list[int], FailFast()] = ()


NOTE = KeptFile(Note, "Do it again.")
SOUND = {"count": 1, "values": {"a": [0.5, None, "ß"]}, "numbers": [1, 2]}


def test_what_was_written_is_read(tmp_path):
    for seal in (False, True):
        write_json(tmp_path / "note.json", SOUND, seal=seal)
        assert NOTE.read(tmp_path / "note.json") == Note(**SOUND)


def test_a_file_that_is_not_there_is_none(tmp_path):
    (tmp_path / "file").write_text("")
    assert NOTE.read(tmp_path / "note.json") is None
    assert NOTE.read(tmp_path / "file" / "note.json") is None


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "invalid JSON"),
        (b'{"count": 1', "invalid JSON"),
        (b"\xff\xfe", "invalid JSON"),
        ("{}".encode("utf-16"), "invalid JSON"),
        (b"[" * 10_000, "invalid JSON: recursion limit"),
        (b"[]", "input should be"),
        (b'{"count": "1", "values": {}}', "count: input should be a valid integer"),
        (b'{"count": -1, "values": {}}', "count: input should be greater than or equal to 0"),
        (b'{"count": 1}', "values: field required"),
        (b'{"count": 1, "values": {"a": NaN}}', "values: it holds a number that is not finite"),
        (b'{"count": 1, "values": {"a": ' + b"[" * 30 + b"]" * 30 + b"}}", "values: it nests deeper than 20 levels"),
        (b'{"count": 1, "values": {}, "numbers": [1, "2"]}', "numbers.1: input should be a valid integer"),
    ],
)
def test_damage_is_told_with_file_place_and_what_to_do(tmp_path, content, reason):
    path = tmp_path / "note.json"
    path.write_bytes(content)
    with pytest.raises(DamagedFile, match=rf"note.json is damaged: {reason}.*\. Do it again\.$"):
        NOTE.read(path)
    assert path.read_bytes() == content


def test_every_changed_byte_of_a_sealed_file_is_seen():
    content = sealed(json.dumps(SOUND, indent=1).encode())
    assert unsealed(content) is not None
    for at in range(len(content)):
        harmed = bytearray(content)
        harmed[at] ^= 1
        with pytest.raises(DamagedFile):
            NOTE.parse(bytes(harmed), "note.json")


def test_a_file_of_more_values_than_sabench_writes_is_refused_before_it_is_parsed():
    content = b'{"count": 1, "values": {}, "numbers": [' + b"[]," * 10_000_000 + b"0]}"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DamagedFile, match="holds more than 50000 values"):
        NOTE.parse(content, "note.json")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def test_many_faults_are_counted_and_not_listed():
    twins = ", ".join(f'"{number}": "x"' for number in range(1000))
    with pytest.raises(DamagedFile, match="1000 of its values are not what sabench writes there"):
        KeptFile(dict[str, int], "").parse(f"{{{twins}}}".encode(), "note.json")


def test_what_is_no_plain_file_of_bounded_size_is_refused(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "large").write_bytes(b"0" * 11)
    for name, reason in (("pipe", "is no plain file"), ("folder", "is"), ("large", "no more than 0 MiB")):
        with pytest.raises(DamagedFile, match=rf"{name} .*{reason}"):
            read_bytes(tmp_path / name, 10)


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE, errno.EMFILE, errno.EACCES])
def test_a_passing_error_of_the_disk_is_no_damage(tmp_path, monkeypatch, number):
    def fail(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", fail)
    with pytest.raises(UnreadableFile, match=r"cannot be read now: .* It may be sound, and was left as it is"):
        NOTE.read(tmp_path / "note.json")
