"""Folders and bundles of many folds name who does not train; those that list everybody read as before."""

import json

import pytest
import tiny

from sabench.bundle import archive, exporting, verifying
from sabench.hashing import digest
from sabench.machine.files import write_json
from sabench.results.folder import Results
from sabench.running import runner
from sabench.testing import make_corpus

pytestmark = pytest.mark.usefixtures("warm")


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A results folder with a run over eight speakers."""
    folder = tmp_path_factory.mktemp("eight")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SABENCH_CACHE", str(folder / "cache"))
        plan = tiny.plan(make_corpus(folder, n_speakers=8), folder / "results", protocol="loso")
        runner.run(plan, registry=tiny.registry())
    return Results(folder / "results")


def test_the_folder_names_who_does_not_train(results):
    (run,) = results.runs()
    path = results.folder / "protocols" / run.protocol_hash / "card.json"
    kept, card = json.loads(path.read_text()), results.card(run.protocol_hash)
    assert kept["folds"][0]["train"] == {"all_but": ["s0", "s1"]}
    assert card["folds"][0]["train"] == ["s2", "s3", "s4", "s5", "s6", "s7"]
    assert digest(card) == run.protocol_hash
    write_json(path, card)  # as earlier versions wrote it
    assert Results(results.folder).card(run.protocol_hash) == card


def test_bundles_of_both_kinds_are_verified(results, tmp_path):
    (run,) = results.runs()
    path = tmp_path / "run.zip"
    exporting.export(results, run, path, labels_shareable=True, registry=tiny.registry())
    members = archive.unpack(path.read_bytes())
    assert json.loads(members["card.json"])["training_speakers"] == [f"s{number}" for number in range(8)]
    now = verifying.verify(path, registry=tiny.registry())
    members["card.json"] = archive.json_bytes(results.card(run.protocol_hash))
    path.write_bytes(archive.pack(members))
    before = verifying.verify(path, registry=tiny.registry())
    assert now.sentence == before.sentence
    assert now.bundle.card(run.protocol_hash) == before.bundle.card(run.protocol_hash)


def test_somebody_else_left_out_is_another_protocol(results, tmp_path):
    (run,) = results.runs()
    path = tmp_path / "run.zip"
    exporting.export(results, run, path, labels_shareable=True, registry=tiny.registry())
    members = archive.unpack(path.read_bytes())
    for left_out, told in ((["s0", "s2"], "the card has been changed"), (["s9"], "not in 'training_speakers'")):
        card = json.loads(members["card.json"])
        card["folds"][0]["train"]["all_but"] = left_out
        path.write_bytes(archive.pack({**members, "card.json": archive.json_bytes(card)}))
        with pytest.raises(verifying.BundleError, match=told):
            verifying.verify(path, registry=tiny.registry())
