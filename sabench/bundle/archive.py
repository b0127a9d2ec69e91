"""The file of a bundle: a zip that is the same bytes for the same content, and is read with suspicion."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import stat
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from sabench.errors import BundleError

FORMAT: Final = 1
KIND: Final = "sabench bundle"
MANIFEST: Final = "manifest.json"
MEMBER_LIMIT: Final = 64 * 2**20
"""Bytes of one unpacked member: eight times the largest that a corpus of this field needs."""
TEXT_LIMIT: Final = 16 * 2**20
"""Bytes of one JSON member: twice the protocol card of 100,000 utterances and 500 folds."""
VALUES_LIMIT: Final = 2_000_000
"""Values of one JSON member, counted by its commas, colons and brackets before it is parsed."""
TOTAL_LIMIT: Final = 512 * 2**20
MEMBERS_LIMIT: Final = 1000
_NAME: Final = re.compile(r"[a-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?")
_ZIP_FAULTS: Final = (
    ArithmeticError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
)
"""What zipfile raises over odd entries."""
_YEAR_ZERO: Final = (1980, 1, 1, 0, 0, 0)
"""The oldest time that a zip knows: bundles tell nothing of when they were packed."""


def pack(members: Mapping[str, bytes]) -> bytes:
    """Return the zip of named members with a manifest of their SHA-256."""
    listed = {name: {"sha256": sha256(content), "bytes": len(content)} for name, content in members.items()}
    manifest = json_bytes({"kind": KIND, "format": FORMAT, "members": listed})
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in sorted({**members, MANIFEST: manifest}.items()):
            info = zipfile.ZipInfo(name, _YEAR_ZERO)
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            packed.writestr(info, content, zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """Return the members that the manifest lists, each with the SHA-256 that stands there.

    Raises:
        BundleError: saying what is wrong with the file.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            infos = packed.infolist()
            _refuse_dangerous(infos)
            members = {info.filename: _read(packed, info) for info in infos}
    except BundleError:
        raise
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        EOFError,
        LookupError,
        MemoryError,
        NotImplementedError,  # of zipfile, for a compression or a version that it does not know
        OSError,
        ValueError,
    ) as error:
        msg = f"The file is no zip, or it is cut short ({error}). Ask for it again; it is as long as it was exported."
        raise BundleError(msg) from error
    manifest = _manifest(members)
    _refuse_unlisted(manifest, members)
    return {name: members[name] for name in manifest}


def sha256(content: bytes) -> str:
    """Return the hexadecimal SHA-256 of bytes."""
    return hashlib.sha256(content).hexdigest()


def json_bytes(value: Any) -> bytes:
    """Return a value as JSON text that people can read, with a fixed order of keys."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def read_json(name: str, content: bytes) -> dict[str, Any]:
    """Return the JSON object of a member.

    Raises:
        BundleError: it is no JSON object, names a key twice, or holds what cannot be written again.
    """
    if len(content) > TEXT_LIMIT or sum(map(content.count, (b",", b":", b"[", b"{"))) > VALUES_LIMIT:
        msg = (
            f"{name} has {len(content) / 2**20:.0f} MiB, or more than {VALUES_LIMIT:,} values; no bundle needs so many."
        )
        raise BundleError(msg)
    try:
        value = json.loads(content, object_pairs_hook=_without_twins, parse_constant=_no_number)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # refuses 1e999 and half of a surrogate pair
    except (ValueError, RecursionError) as error:
        msg = f"{name} is no JSON as a bundle holds it: {error}."
        raise BundleError(msg) from error
    if not isinstance(value, dict):
        msg = f"{name} holds a JSON {type(value).__name__}; expected one object."
        raise BundleError(msg)
    return value


def load_bytes(path: Path) -> bytes:
    """Return the bytes of a bundle.

    Raises:
        BundleError: there is no such file, it is no plain file, or far too large.
    """
    try:
        # Without blocking, as it may be a pipe.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with open(descriptor, "rb", buffering=0) as stream:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode):
                msg = f"{path} is no plain file. Name a file that `sabench export` wrote."
                raise BundleError(msg)
            if state.st_size > TOTAL_LIMIT:
                msg = f"{path} has {state.st_size / 2**20:.0f} MiB; no bundle is larger than {TOTAL_LIMIT >> 20} MiB."
                raise BundleError(msg)
            return stream.readall()
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}. Name a file that `sabench export` wrote."
        raise BundleError(msg) from error


def _refuse_dangerous(infos: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse what could harm whoever unpacks it, before a byte is unpacked."""
    seen: set[str] = set()
    for info in infos:
        name = info.filename
        kind = stat.S_IFMT(info.external_attr >> 16)
        if not _NAME.fullmatch(name):
            msg = f"The file holds a member named {name!r}, which could be written outside of the bundle's own folder."
        elif name in seen:
            msg = f"The file holds two members named {name!r}, so that readers could see different contents."
        elif kind not in (0, stat.S_IFREG):
            msg = f"The member {name!r} is a link or a device; a bundle holds plain files."
        elif info.flag_bits & 0x1:
            msg = f"The member {name!r} is encrypted; a bundle is open to everyone."
        elif info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            msg = f"The member {name!r} is packed by method {info.compress_type}; expected deflate."
        elif info.file_size > MEMBER_LIMIT:
            msg = (
                f"The member {name!r} unpacks to {info.file_size / 2**20:.0f} MiB; "
                f"no member of a bundle is larger than {MEMBER_LIMIT / 2**20:.0f} MiB."
            )
        else:
            seen.add(name)
            continue
        raise BundleError(msg)
    if len(infos) > MEMBERS_LIMIT or sum(info.file_size for info in infos) > TOTAL_LIMIT:
        msg = (
            f"The file unpacks to {len(infos)} members of {sum(info.file_size for info in infos) / 2**20:.0f} MiB; "
            f"expected at most {MEMBERS_LIMIT} members of {TOTAL_LIMIT / 2**20:.0f} MiB together."
        )
        raise BundleError(msg)


def _read(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    """Return a member, never more of it than its announced size."""
    try:
        with packed.open(info) as stream:
            return stream.read(info.file_size)
    except (
        zipfile.BadZipFile,
        zlib.error,
        ArithmeticError,
        EOFError,
        LookupError,
        MemoryError,
        OSError,
        RuntimeError,
    ) as error:
        msg = f"The member {info.filename!r} is damaged and cannot be unpacked ({error}). Ask for the bundle again."
        raise BundleError(msg) from error


def _manifest(members: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    if MANIFEST not in members:
        msg = (
            f"The file is a zip without {MANIFEST}, so it is no bundle. Make one with: sabench export RUN --output FILE"
        )
        raise BundleError(msg)
    manifest = read_json(MANIFEST, members[MANIFEST])
    if manifest.get("kind") != KIND or manifest.get("format") != FORMAT:
        msg = (
            f"The file is a {manifest.get('kind')!r} of format {manifest.get('format')!r}; this sabench reads "
            f"{KIND!r} of format {FORMAT}. Use the version of sabench that wrote it."
        )
        raise BundleError(msg)
    listed = manifest.get("members")
    if not isinstance(listed, dict) or not all(isinstance(entry, dict) for entry in listed.values()):
        msg = f"{MANIFEST} does not list the members of the bundle; expected their names with SHA-256 and size."
        raise BundleError(msg)
    return listed


def _refuse_unlisted(manifest: Mapping[str, Mapping[str, Any]], members: Mapping[str, bytes]) -> None:
    for name in manifest.keys() - members.keys():
        msg = f"{MANIFEST} lists the member {name!r}, which is missing from the bundle."
        raise BundleError(msg)
    for name in members.keys() - manifest.keys() - {MANIFEST}:
        msg = f"The bundle holds a member {name!r} that {MANIFEST} does not list; it was added later."
        raise BundleError(msg)
    for name, entry in manifest.items():
        actual = sha256(members[name])
        if entry.get("sha256") != actual or entry.get("bytes") != len(members[name]):
            msg = (
                f"{name} has been changed: its SHA-256 is {actual[:16]}... ({len(members[name])} bytes), and "
                f"{MANIFEST} says {str(entry.get('sha256'))[:16]}... ({entry.get('bytes')} bytes)."
            )
            raise BundleError(msg)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        (key, _), *_ = Counter(key for key, _ in pairs).most_common(1)
        msg = f"the key {key[:40]!r} stands there twice"
        raise ValueError(msg)
    return value


def _no_number(text: str) -> Any:
    msg = f"{text} is no number of JSON"
    raise ValueError(msg)
