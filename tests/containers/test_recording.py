import struct

import numpy as np
import pytest
import soundfile
from made_audio import (
    DECODED,
    PCM,
    RATE,
    SIGNAL,
    chunk,
    encoded,
    flac_with_total,
    mp3_without_count,
    ogg_that_ends_at,
    wav,
)

from sabench import AudioError, audio
from sabench.containers.recording import Recording

CONTAINERS = ("WAV", "WAVEX", "RF64", "W64", "AIFF", "AU", "NIST", "CAF", "FLAC", "OGG", "MP3", "HTK")


def written(folder, content: bytes, name="a.wav"):
    (folder / name).write_bytes(content)
    return folder / name


def lossless(format: str) -> bytes:
    return encoded(format, {"OGG": "VORBIS", "MP3": None}.get(format, "PCM_16"))


@pytest.mark.parametrize("format", CONTAINERS)
def test_a_whole_file_is_read_whole_and_has_no_remark(tmp_path, format):
    with Recording(written(tmp_path, lossless(format))) as recording:
        assert recording.segment().shape == (1, len(SIGNAL))
        assert recording.remark == ""


@pytest.mark.parametrize("format", CONTAINERS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_a_file_cut_short_is_refused(tmp_path, format, share):
    content = lossless(format)
    with pytest.raises(AudioError, match=r"truncated|cannot be decoded|holds no audio"):
        audio.read(written(tmp_path, content[: int(share * len(content))]))


@pytest.mark.parametrize("format", ["AVR", "SVX", "MAT4", "MAT5", "MPC2K", "PAF", "PVF", "IRCAM", "VOC"])
def test_a_container_that_cannot_tell_whether_it_is_whole_is_refused(tmp_path, format):
    with pytest.raises(AudioError, match=f"is in the format {format}, which does not tell whether a file is whole"):
        audio.read(written(tmp_path, encoded(format)))


@pytest.mark.parametrize("length", [0, 0x7FFFF000, 0x7FFFFFFF, 0x80000000, 0xFFFFF000, 0xFFFFFFFF, 0x7FFFFFFF - 36])
def test_a_length_that_a_stream_left_is_that_of_the_file(tmp_path, length):
    signal, _ = audio.read(written(tmp_path, wav(length)))
    assert np.array_equal(signal[0], DECODED)


@pytest.mark.parametrize("length", [0, 0xFFFFFFFF])
def test_a_streamed_wav_with_a_chunk_before_its_samples_is_read_whole(tmp_path, length):
    signal, _ = audio.read(written(tmp_path, wav(length, extra=chunk(b"LIST", b"INFOISFT\5\0\0\0Lavf\0\0"))))
    assert np.array_equal(signal[0], DECODED)


def test_an_empty_wav_with_a_chunk_behind_its_samples_holds_no_audio(tmp_path):
    with pytest.raises(AudioError, match="holds no audio"):
        audio.read(written(tmp_path, wav(0, b"") + chunk(b"LIST", bytes(200))))


@pytest.mark.parametrize("field", [0, 0xFFFFFFFF])
def test_a_streamed_au_is_read_whole(tmp_path, field):
    content = bytearray(encoded("AU"))
    content[8:12] = struct.pack(">I", field)
    whole, _ = audio.read(written(tmp_path, encoded("AU"), "whole.au"))
    assert np.array_equal(audio.read(written(tmp_path, bytes(content)))[0], whole)


@pytest.mark.parametrize("length", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_streamed_aiff_is_read_whole(tmp_path, length):
    content = bytearray(encoded("AIFF"))
    at = content.index(b"COMM") + 10
    content[at : at + 4] = struct.pack(">I", min(length, 0x7FFFFFFF) // 2)
    at = content.index(b"SSND") + 4
    content[at : at + 4] = struct.pack(">I", length)
    assert audio.read(written(tmp_path, bytes(content)))[0].shape == (1, len(SIGNAL))


@pytest.mark.parametrize("length", [0, 24, 2**63 - 1, 2**64 - 1])
def test_a_streamed_w64_is_read_whole(tmp_path, length):
    content = bytearray(encoded("W64"))
    at = content.rindex(b"data\xf3\xac\xd3\x11") + 16
    content[at : at + 8] = struct.pack("<Q", length)
    assert audio.read(written(tmp_path, bytes(content)))[0].shape == (1, len(SIGNAL))


def test_a_streamed_flac_is_read_whole(tmp_path):
    with Recording(written(tmp_path, flac_with_total(0))) as recording:
        assert np.array_equal(recording.segment(), audio.read(written(tmp_path, encoded("FLAC"), "b.flac"))[0])
        assert recording.segment(1.5).shape == (1, RATE // 2)


def test_a_streamed_flac_cut_short_is_refused(tmp_path):
    with pytest.raises(AudioError, match="is truncated: its last frame is not whole"):
        audio.read(written(tmp_path, flac_with_total(0)[:-100]))


@pytest.mark.parametrize("riff", [None, 36 + len(PCM)])
def test_a_wav_whose_header_tells_half_is_read_whole_and_told(tmp_path, riff):
    with Recording(written(tmp_path, wav(len(PCM) // 2, riff=riff))) as recording:
        assert np.array_equal(recording.segment()[0], DECODED)
        assert recording.remark == "Its header promises 32000 bytes of audio and 64000 are there; all were read."


@pytest.mark.parametrize(
    ("behind", "remark"),
    [
        (chunk(b"LIST", b"INFO" + bytes(500)), ""),
        (chunk(b"id3 ", bytes(501)), ""),
        (bytes(40), ""),
        (bytes(4096), "4096 bytes behind its samples are no audio and were left out."),
        (b"TAG" + bytes(125), "128 bytes behind its samples are no audio and were left out."),
    ],
)
def test_what_stands_behind_the_samples_and_is_no_sound_is_not_read(tmp_path, behind, remark):
    with Recording(written(tmp_path, wav() + behind)) as recording:
        assert np.array_equal(recording.segment()[0], DECODED)
        assert recording.remark == remark


def test_two_joined_files_are_refused(tmp_path):
    for format in ("WAV", "W64", "AU", "AIFF", "NIST", "FLAC", "OGG", "MP3"):
        with pytest.raises(AudioError, match="holds more than its header tells"):
            audio.read(written(tmp_path, 2 * lossless(format)))


@pytest.mark.parametrize(
    ("total", "words"), [(RATE, "holds more than"), (4 * RATE, "is truncated"), (2**36 - 1, "is trunc")]
)
def test_a_flac_whose_header_tells_another_number_is_refused(tmp_path, total, words):
    with pytest.raises(AudioError, match=words):
        audio.read(written(tmp_path, flac_with_total(total)))


def test_an_mp3_of_constant_bitrate_without_a_number_of_frames_is_read(tmp_path):
    content = mp3_without_count(bitrate_mode="CONSTANT", compression_level=0.5)
    assert audio.read(written(tmp_path, content))[0].shape[1] > 1.9 * RATE


def test_an_mp3_of_variable_bitrate_without_a_number_of_frames_is_refused_where_the_decoder_guesses_wrong(tmp_path):
    content = mp3_without_count(bitrate_mode="VARIABLE")
    with pytest.raises(AudioError, match=r"has frames for 3\d+ samples, and the decoder guesses \d+, since no header"):
        audio.read(written(tmp_path, content))


@pytest.mark.parametrize("rate", [2, 999, 768_001, 2**31 - 1])
def test_a_sampling_rate_that_no_recording_has_is_refused(tmp_path, rate):
    with pytest.raises(AudioError, match=f"has a sampling rate of {rate} Hz by its header; expected 1000 to 768000 Hz"):
        audio.read(written(tmp_path, wav(rate=rate)))


def test_a_sampling_rate_that_contradicts_the_bytes_of_a_second_is_told(tmp_path):
    content = bytearray(wav())
    content[24:28] = struct.pack("<I", 8000)
    with Recording(written(tmp_path, bytes(content))) as recording:
        assert recording.remark == (
            "Its header contradicts itself: 8000 Hz, but 32000 bytes a second, which is 16000 Hz."
        )


def test_a_number_of_samples_that_memory_does_not_hold_is_refused_without_asking_for_it(tmp_path):
    with pytest.raises(AudioError, match=r"is one utterance of 19088\.7 hours by its header; cut it into utterances"):
        audio.read(written(tmp_path, ogg_that_ends_at(2**40)))


def test_an_ogg_whose_last_page_is_damaged_is_refused(tmp_path):
    content = bytearray(encoded("OGG", "VORBIS"))
    content[-3] ^= 1
    with pytest.raises(AudioError, match="is damaged: the checksum of its last page is wrong"):
        audio.read(written(tmp_path, bytes(content)))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12345\n", "is a git-lfs pointer"),
        (b"/annex/objects/SHA256E-s123--abc.wav\n", "is a git-annex pointer"),
        (b"\n<!DOCTYPE html><html>Log in</html>", "is a web page, not a recording"),
        (b"PK\x03\x04" + bytes(100), "is a ZIP archive; unpack it"),
        (b"\0\0\0\x18ftypM4A " + bytes(100), "is an MP4 or M4A file, which cannot be decoded here; decode the sound"),
        (b"\x1aE\xdf\xa3" + bytes(100), "is a Matroska or WebM file"),
        (b"RIFF\0\0\0\0AVI LIST" + bytes(100), "is an AVI video"),
    ],
)
def test_what_only_bears_the_name_of_audio_is_named(tmp_path, content, words):
    with pytest.raises(AudioError, match=words):
        audio.read(written(tmp_path, content))


def test_a_link_that_leads_nowhere_is_named_as_one(tmp_path):
    (tmp_path / "a.wav").symlink_to("../.git/annex/objects/x.wav")
    with pytest.raises(AudioError, match=r"a\.wav: is a link to \.\./\.git/annex/objects/x\.wav, which is not there"):
        audio.read(tmp_path / "a.wav")


@pytest.mark.parametrize("format", ["WAV", "FLAC", "OGG", "MP3"])
def test_a_segment_holds_the_samples_of_the_whole_file_in_every_format(tmp_path, format):
    path = written(tmp_path, lossless(format))
    whole, _ = audio.read(path)
    for start_s, end_s in ((0.3, 0.7), (1.111, 1.5), (1.9, None)):
        first, last = round(start_s * RATE), None if end_s is None else round(end_s * RATE)
        assert np.array_equal(audio.read(path, start_s, end_s)[0], whole[:, first:last])


@pytest.mark.parametrize("format", ["FLAC", "MP3"])
def test_segments_in_any_order_are_those_of_the_whole_file(tmp_path, format):
    path = written(tmp_path, lossless(format))
    whole, _ = audio.read(path)
    with Recording(path) as recording:
        for start_s, end_s in ((0.1, 0.5), (0.4, 0.9), (0.45, 0.5), (0.5, 1.5), (0.0, 0.2), (1.0, 2.0), (1.0, 2.0)):
            expected = whole[:, round(start_s * RATE) : round(end_s * RATE)]
            assert np.array_equal(recording.segment(start_s, end_s), expected)


def test_segments_in_order_decode_an_mp3_once(tmp_path, monkeypatch):
    path = written(tmp_path, lossless("MP3"))
    decoded = []
    read = soundfile.SoundFile.read

    def counted(self, frames, **options):
        decoded.append(frames)
        return read(self, frames, **options)

    monkeypatch.setattr(soundfile.SoundFile, "read", counted)
    with Recording(path) as recording:
        for i in range(100):
            recording.segment(0.02 * i, 0.02 * i + 0.01)
    assert sum(decoded) < len(SIGNAL)
