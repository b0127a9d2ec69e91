"""Readers that are tables of rules: made audio in every layout that is known."""

from __future__ import annotations

import numpy as np
import pytest
from speech import write_noise

from sabench import DatasetError
from sabench.registry.registry import Registry


def read(name, root, files, task=None, tables=None):
    """Write files and tables below a root, and return what the reader makes of them."""
    for path in files:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        write_noise(root / path)
    for path, text in (tables or {}).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    reader = Registry().create("datasets", name)
    return reader.load(root, task or reader.tasks[0])


def rows(corpus, *columns):
    table = corpus.table.reindex(columns=list(columns)).astype(object)
    return [tuple(row) for row in table.where(table.notna(), None).itertuples(index=False)]


def left_out(corpus):
    return [fault.message for fault in corpus.faults if "left out" in fault.message]


@pytest.mark.parametrize(
    ("name", "files", "expected"),
    [
        (
            "ased",
            ["01Neutral/n1-01-02-01-17.wav", "05Angry/A5-07-01-02-02.wav"],
            [("17", "neutral", "female", "01"), ("02", "angry", "male", "angry-07")],
        ),
        (
            "nemo",
            ["samples/EB0_anger_1.wav", "samples/KS0_neutral_12.wav"],
            [("EB0", "anger", "female", "1"), ("KS0", "neutral", "male", "12")],
        ),
        (
            "crema-d",
            ["AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1091_TIE_NEU_X.wav"],
            [("1001", "anger", None, "DFA"), ("1091", "neutral", None, "TIE")],
        ),
        (
            "savee",
            ["DC/a01.wav", "DC/sa15.wav", "KL/n30.wav"],
            [("DC", "anger", "male", "01"), ("DC", "sadness", "male", "sa15"), ("KL", "neutral", "male", "n30")],
        ),
        (
            "savee",
            ["DC_su04.wav", "JK_h02.wav"],
            [("DC", "surprise", "male", "su04"), ("JK", "happiness", "male", "02")],
        ),
        (
            "emovo",
            ["f1/dis-f1-b1.wav", "m3/neu-m3-l4.wav"],
            [("f1", "disgust", "female", "b1"), ("m3", "neutral", "male", "l4")],
        ),
        (
            "esd",
            ["0011/Angry/train/0011_000351.wav", "0020/Neutral/0020_000001.wav", "0001/Sad/0001_001051.wav"],
            [("0011", "angry", "male", "001"), ("0020", "neutral", "male", "001")],
        ),
        (
            "tess",
            ["OAF_angry/OAF_back_angry.wav", "YAF_pleasant_surprised/YAF_dog_ps.wav", "OAF_sad/OA_bite_sad.wav"],
            [
                ("OAF", "anger", "female", "back"),
                ("OAF", "sadness", "female", "bite"),
                ("YAF", "surprise", "female", "dog"),
            ],
        ),
        ("tess", ["OAF_back_angry.wav"], [("OAF", "anger", "female", "back")]),
        (
            "casia",
            ["liuchanghong/angry/201.wav", "WangZhe/Neutral/202.wav"],
            [("liuchanhong", "angry", None, "201"), ("wangzhe", "neutral", None, "202")],
        ),
        (
            "shemo",
            ["male/M32S01.wav", "female/F01N02.wav"],
            [("F01", "neutral", "female", None), ("M32", "sadness", "male", None)],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_names_tell_speaker_label_gender_and_text(tmp_path, name, files, expected):
    corpus = read(name, tmp_path, files)
    assert sorted(rows(corpus, "speaker", "label", "gender", "text"), key=str) == sorted(expected, key=str)
    assert corpus.table["neutral"].tolist() == [label == "neutral" for label in corpus.table["label"]]
    assert not [fault for fault in corpus.faults if fault.fatal]


@pytest.mark.parametrize(
    "name",
    [
        "ased",
        "casia",
        "crema-d",
        "emodb",
        "emovo",
        "esd",
        "iemocap",
        "meld",
        "msp-improv",
        "msp-podcast",
        "nemo",
        "ravdess",
        "savee",
        "shemo",
        "tess",
    ],
)
def test_a_folder_without_recordings_is_refused_with_what_is_expected(tmp_path, name):
    with pytest.raises(DatasetError, match=r"(holds no|has no|No ).*[Ee]xpected|holds no"):
        read(name, tmp_path, ["notes/song.wav"])


@pytest.mark.parametrize(
    "name",
    ["ased", "casia", "crema-d", "emovo", "esd", "meld", "msp-improv", "msp-podcast", "nemo", "savee", "shemo", "tess"],
)
def test_licence_citation_and_source_are_stated(name):
    reader = Registry().create("datasets", name)
    assert reader.licence
    assert reader.citation
    assert reader.url.startswith("http")
    assert reader.language


def test_a_copy_that_lacks_utterances_and_speakers_says_so(tmp_path):
    corpus = read("nemo", tmp_path, ["samples/EB0_anger_1.wav"])
    (fault,) = corpus.faults
    assert not fault.fatal
    assert str(fault).startswith("This copy has 1 utterances; the published corpus has 4481. Missing speakers: KS0, ")


def test_a_recording_of_another_name_is_a_fault(tmp_path):
    corpus = read("nemo", tmp_path, ["samples/EB0_anger_1.wav", "samples/EB0_rage_1.wav"])
    (fault,) = (fault for fault in corpus.faults if fault.fatal)
    assert "expected a name like 'samples/EB0_anger_1.wav' (speaker, emotion, sentence), found 'EB0_rage_1.wav'" in str(
        fault
    )


def test_a_recording_that_is_there_twice_counts_once_and_is_told(tmp_path):
    corpus = read("nemo", tmp_path, ["samples/EB0_anger_1.wav", "copy/samples/EB0_anger_1.wav"])
    assert len(corpus.table) == 1
    assert "1 recordings are there twice, such as samples/EB0_anger_1.wav and copy/samples/EB0_anger_1.wav" in " ".join(
        map(str, corpus.faults)
    )


VOTES = "FileName,VoiceVote\n1001_DFA_ANG_XX,A\n1001_IEO_HAP_LO,N\n1002_DFA_SAD_XX,A:S\n1001_TIE_NEU_XX,N\n"


def test_crema_d_as_voted_leaves_ties_and_what_has_no_vote_out(tmp_path):
    files = [
        f"AudioWAV/{name}.wav" for name in ("1001_DFA_ANG_XX", "1001_IEO_HAP_LO", "1002_DFA_SAD_XX", "1003_DFA_SAD_XX")
    ]
    tables = {
        "processedResults/summaryTable.csv": VOTES,
        "VideoDemographics.csv": "ActorID,Age,Sex\n1001,51,Male\n1002,21,Female\n",
    }
    corpus = read("crema-d", tmp_path, files, "voted", tables)
    assert rows(corpus, "id", "label", "gender") == [
        ("1001_DFA_ANG_XX", "anger", "male"),
        ("1001_IEO_HAP_LO", "neutral", "male"),
    ]
    assert left_out(corpus) == [
        "One utterance is left out: no emotion has most votes.",
        "One utterance is left out: no table of labels has a row for them.",
    ]


def test_crema_d_as_voted_needs_the_votes(tmp_path):
    with pytest.raises(DatasetError, match=r"holds no table summaryTable.csv, which task 'voted' needs"):
        read("crema-d", tmp_path, ["AudioWAV/1001_DFA_ANG_XX.wav"], "voted")


def test_crema_d_leaves_out_what_is_silent_as_published(tmp_path):
    corpus = read("crema-d", tmp_path, ["AudioWAV/1001_DFA_ANG_XX.wav", "AudioWAV/1076_MTI_SAD_XX.wav"])
    assert len(corpus.table) == 1
    assert left_out(corpus) == ["One utterance is left out: silent as published."]


CONSENSUS = """FileName,EmoClass,EmoAct,SpkrID,Gender,Split_Set
MSP-PODCAST_0001_0008.wav,N,3,127,Female,Train
MSP-PODCAST_0002_0033.wav,A,5,128,Male,Test1
MSP-PODCAST_0002_0039.wav,X,5,128,Male,Development
MSP-PODCAST_0003_0001.wav,H,5,Unknown,Unknown,Train
MSP-PODCAST_0003_0002.wav,S,5,130,Male,Test3
"""


@pytest.mark.parametrize("table", ["Labels/labels_consensus.csv", "Labels/labels_concensus.csv"])
def test_msp_podcast_is_labelled_by_its_table(tmp_path, table):
    files = [f"Audios/{line.split(',')[0]}" for line in CONSENSUS.splitlines()[1:]]
    corpus = read("msp-podcast", tmp_path, files, tables={table: CONSENSUS})
    assert rows(corpus, "speaker", "label", "partition") == [
        ("127", "neutral", "train"),
        ("128", "angry", "test"),
        ("130", "sad", None),
    ]
    assert left_out(corpus) == [
        "One utterance is left out: listeners do not agree.",
        "One utterance is left out: their speaker is not known.",
    ]
    assert corpus.notes == (
        "Release with 1 turns of Development, 1 turns of Test1, 1 turns of Test3, 2 turns of Train.",
    )


def test_audio_that_a_table_names_and_that_is_not_there_is_a_fault(tmp_path):
    corpus = read(
        "msp-podcast", tmp_path, ["Audios/MSP-PODCAST_0001_0008.wav"], tables={"Labels/labels_consensus.csv": CONSENSUS}
    )
    (fault,) = (fault for fault in corpus.faults if fault.fatal)
    assert "The audio of 4 utterances is not there: MSP-PODCAST_0002_0033" in str(fault)


EVALUATION = """UTD-IMPROV-S01A-F01-P-FM01.avi; A; A:3.0 ; V:2.0 ; D:3.0; N:3.0;
 UTD-IMPROV-S01A-F01-P-FM01.avi; F01; A; ...
UTD-IMPROV-S01H-M01-T-FM02.avi; H; A:3.0;
UTD-IMPROV-S02A-M01-R-FM02.avi; X; A:3.0;
"""


def test_msp_improv_is_labelled_by_plurality_and_its_speakers_bear_the_sex(tmp_path):
    files = [
        "session1/S01A/P/MSP-IMPROV-S01A-F01-P-FM01.wav",
        "session1/S01H/T/MSP-IMPROV-S01H-M01-T-FM02.wav",
        "session1/S02A/R/MSP-IMPROV-S02A-M01-R-FM02.wav",
    ]
    corpus = read("msp-improv", tmp_path, files, tables={"Evaluation.txt": EVALUATION})
    assert rows(corpus, "speaker", "session", "label", "text") == [
        ("F01", "01", "angry", None),
        ("M01", "01", "happy", "S01"),
    ]
    assert left_out(corpus) == ["One utterance is left out: listeners do not agree."]


def sent_emo(*turns):
    head = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID\n"
    return head + "".join(f'{n},"Well, hi",{who},{emotion},x,{d},{u}\n' for n, (who, emotion, d, u) in enumerate(turns))


@pytest.mark.parametrize("end", ["", "final_videos_test"])
def test_meld_keeps_the_six_leads_and_tells_ids_of_splits_apart(tmp_path, end):
    files = [
        "train_splits/dia0_utt0.wav",
        "train_splits/dia0_utt1.wav",
        f"output_repeated_splits_test/{end}dia0_utt0.wav",
    ]
    tables = {
        "train_sent_emo.csv": sent_emo(("Joey", "joy", 0, 0), ("The Waiter", "anger", 0, 1)),
        "test_sent_emo.csv": sent_emo(("Rachel", "neutral", 0, 0)),
        "dev_sent_emo.csv": sent_emo(),
    }
    corpus = read("meld", tmp_path, files, tables=tables)
    assert sorted(rows(corpus, "id", "speaker", "label", "gender", "partition")) == [
        ("test-dia0_utt0", "Rachel", "neutral", "female", "test"),
        ("train-dia0_utt0", "Joey", "joy", "male", "train"),
    ]
    assert left_out(corpus) == ["One utterance is left out: a guest speaks, or several people."]


def test_meld_as_published_holds_videos_and_says_how_to_decode_them(tmp_path):
    (tmp_path / "train_splits").mkdir()
    (tmp_path / "train_splits" / "dia0_utt0.mp4").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"1 videos are there; decode the sound of each with: ffmpeg -i FILE.mp4"):
        read("meld", tmp_path, [])


def test_the_two_common_sentences_of_ased_are_a_task(tmp_path):
    files = ["01Neutral/n1-01-02-01-17.wav", "05Angry/a5-02-01-01-17.wav", "05Angry/a5-03-01-01-17.wav"]
    corpus = read("ased", tmp_path, files, "common")
    assert sorted(corpus.table["text"]) == ["01", "02"]


def test_mandarin_and_english_of_esd_are_tasks_apart(tmp_path):
    files = ["0011/Angry/0011_000351.wav", "0010/Sad/0010_001051.wav"]
    corpus = read("esd", tmp_path, files, "mandarin")
    assert rows(corpus, "speaker", "label", "text") == [("0010", "sad", "001")]


@pytest.mark.parametrize("at", ["", "archive/nEMO"])
def test_the_root_may_be_the_folder_or_one_above(tmp_path, at):
    corpus = read("nemo", tmp_path, [f"{at}/samples/EB0_anger_1.wav".lstrip("/")])
    assert np.array_equal(corpus.table["id"], ["EB0_anger_1"])


def test_a_folder_that_cannot_be_read_is_told_as_that(tmp_path, monkeypatch):
    def scandir(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("os.scandir", scandir)
    with pytest.raises(DatasetError, match=r"The folder .* cannot be read: Permission denied. Make it readable"):
        read("nemo", tmp_path, [])
