from __future__ import annotations

import pytest
import tiny

from sabench import DatasetError
from sabench.corpora import own_folds
from sabench.running.observer import Observer
from sabench.running.preparation import corpus as prepared


@pytest.fixture
def corpus(tones, tmp_path):
    return prepared(tiny.plan(tones, tmp_path / "results"), tiny.registry(), "table", Observer())[1]


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_folds_by_speaker(corpus, tmp_path):
    path = write(tmp_path / "f.csv", "speaker,fold\ns0,1\ns1,1\ns2,2\ns3,3\n")
    table = own_folds.applied(corpus, path).table
    assert dict(zip(table["speaker"], table["fold"], strict=True)) == {"s0": "1", "s1": "1", "s2": "2", "s3": "3"}


def test_partitions_by_file_whatever_its_folder_and_ending(corpus, tmp_path):
    names = [str(name).rsplit("/", 1)[-1].rsplit(".", 1)[0] for name in corpus.table["id"]]
    lines = [f"C:\\old\\{name}.flac;{'dev' if n % 2 else 'Train'}" for n, name in enumerate(names)]
    path = write(tmp_path / "f.csv", "File;Partition\n" + "\n".join(lines))
    assert set(own_folds.applied(corpus, path).table["partition"]) == {"train", "validation"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speaker,fold\ns0,1\n", r"has no row for 3 speakers of the corpus: s1, s2, s3"),
        ("who,when\na,b\n", "has the columns who, when; expected speaker or id, and fold or partition"),
        ("speaker,partition\ns0,training\ns1,test\ns2,test\ns3,test\n", "has the partition 'training'"),
        ("", "has the columns none"),
    ],
)
def test_a_file_that_does_not_say_it_is_refused(corpus, tmp_path, text, words):
    with pytest.raises(DatasetError, match=words):
        own_folds.applied(corpus, write(tmp_path / "f.csv", text))


def test_a_file_that_is_not_there_is_told(corpus, tmp_path):
    with pytest.raises(DatasetError, match=r"none.csv cannot be read: No such file"):
        own_folds.applied(corpus, tmp_path / "none.csv")
