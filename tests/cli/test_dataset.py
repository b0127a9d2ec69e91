import json

import pytest
from speech import AIBO, write_aibo, write_table
from typer.testing import CliRunner

from sabench import DatasetError, UnknownPlugin
from sabench.cli.dataset import app
from sabench.corpora import roots, twins


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": "200"})


@pytest.fixture
def table(tmp_path):
    rows = "file,speaker,label,gender\na.wav,s1,neutral,f\nb.wav,s1,sad,f\nc.wav,s2,neutral,m\n"
    return write_table(tmp_path / "corpus.csv", rows)


def test_info_prints_one_json_object_on_standard_output(table):
    done = run("info", "table", "--root", table, "--json")
    assert done.exit_code == 0
    facts = json.loads(done.stdout)
    assert facts["utterances"] == 3
    assert facts["classes"] == {"neutral": 2, "sad": 1}
    assert facts["speakers"] == {"s1": 2, "s2": 1}
    assert facts["simulated"] is False
    assert len(facts["fingerprint"]) == 20
    assert [fault["fatal"] for fault in facts["faults"]] == [False]


def test_info_prints_tables_for_people(table):
    done = run("info", "table", "--root", table)
    for words in ("a corpus in a table (table label)", "2 (1 female, 1 male)", "Utterances per speaker", "neutral"):
        assert words in done.stdout
    assert "Decoding audio" not in done.stdout
    assert "Decoding audio" in done.stderr


def test_info_of_a_corpus_that_is_not_here_says_what_it_is_and_how_to_link_it(monkeypatch, tmp_path):
    monkeypatch.setenv("SABENCH_CONFIG", str(tmp_path / "config"))
    monkeypatch.delenv("SABENCH_CREMA_D_ROOT", raising=False)
    done = run("info", "crema-d")
    assert done.exit_code == 0
    for words in ("not linked here", "acted, acted-4class, voted", "Open Database License", "github.com/Cheyney"):
        assert words in done.stdout
    facts = json.loads(run("info", "crema-d", "--json").stdout)
    assert (facts["root"], facts["tasks"][0]) == (None, "acted")


def test_info_says_simulated(tmp_path):
    write_aibo(tmp_path, AIBO)
    (tmp_path / twins.MARKER).write_text(json.dumps({"dataset": "aibo", "scale": 0.05}))
    done = run("info", "aibo", "--root", tmp_path, "--task", "5class")
    assert "SIMULATED" in done.stdout
    assert "twin: scale" in done.stdout
    assert json.loads(run("info", "aibo", "--root", tmp_path, "--json").stdout)["simulation"]["scale"] == 0.05


def test_info_shows_classes_by_partition(tmp_path):
    facts = json.loads(run("info", "aibo", "--root", write_aibo(tmp_path, AIBO), "--task", "2class", "--json").stdout)
    assert facts["partitions"] == {"test": 2, "train": 2, "validation": 2}
    assert facts["classes_by_partition"]["train"] == {"IDL": 2, "NEG": 0}


def test_info_of_a_faulty_corpus_has_no_fingerprint_and_points_to_check(table):
    (table.parent / "a.wav").write_bytes(b"")
    done = run("info", "table", "--root", table)
    assert "1 fault that forbids a run" in done.stderr
    assert "sabench dataset check table" in done.stderr
    assert json.loads(run("info", "table", "--root", table, "--json").stdout)["fingerprint"] is None


def test_check_of_a_sound_corpus_exits_with_0(table):
    done = run("check", "table", "--root", table)
    assert done.exit_code == 0
    assert "3 utterances checked: 0 faults that forbid a run, 1 to know." in done.stderr
    assert "has one utterance only" in done.stdout


def test_check_lists_every_fault_with_file_and_line_and_exits_with_1(table):
    table.write_text(table.read_text() + "gone.wav,s2,sad,m\n")
    (table.parent / "a.wav").write_text("no audio, just a text of some length, named wav")
    done = run("check", "table", "--root", table)
    assert done.exit_code == 1
    assert "corpus.csv:5" in done.stdout
    assert "the audio 'gone.wav' is not there" in done.stdout
    assert "cannot be decoded as audio" in done.stdout


def test_check_prints_faults_as_json(table):
    (table.parent / "b.wav").unlink()
    done = run("check", "table", "--root", table, "--json")
    assert done.exit_code == 1
    verdict = json.loads(done.stdout)
    assert verdict["sound"] is False
    assert {"file": "corpus.csv", "line": 3, "fatal": True}.items() <= verdict["faults"][0].items()


def test_names_from_data_are_not_read_as_markup(tmp_path):
    table = write_table(tmp_path / "corpus.csv", "file,speaker,label\na.wav,[red]s1[/red],neutral\n")
    assert "[red]s1[/red]" in run("info", "table", "--root", table).stdout


def test_link_remembers_a_root_for_info(table):
    done = run("link", "table", table)
    assert done.exit_code == 0
    assert "(3 utterances)" in done.stderr
    assert json.loads(run("info", "table", "--json").stdout)["utterances"] == 3


def test_link_refuses_what_cannot_be_read(tmp_path):
    assert isinstance(run("link", "aibo", tmp_path).exception, DatasetError)
    assert f"{tmp_path / 'gone'} is not there" in str(run("link", "aibo", tmp_path / "gone").exception)
    assert roots.linked() == {}


def test_an_unknown_dataset_is_refused(tmp_path):
    done = run("info", "emobd", "--root", tmp_path)
    assert isinstance(done.exception, UnknownPlugin)
    assert "Did you mean 'emodb'?" in str(done.exception)


def test_simulate_refuses_a_dataset_without_a_twin(tmp_path):
    done = run("simulate", "emodb", tmp_path / "twin")
    assert isinstance(done.exception, DatasetError)
    assert "has no simulated twin" in str(done.exception)


def test_simulated_and_a_root_contradict_each_other(tmp_path):
    done = run("info", "aibo", "--root", tmp_path, "--simulated")
    assert done.exit_code == 2
    assert "--simulated makes its own corpus" in done.stderr


@pytest.mark.parametrize("scale", ["-1", "2"])
def test_a_scale_outside_zero_to_one_is_wrong_use(tmp_path, scale):
    assert run("simulate", "aibo", tmp_path / "twin", "--scale", scale).exit_code == 2
