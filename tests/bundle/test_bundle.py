from __future__ import annotations

import io
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
import tiny

from sabench import Alias, hookimpl
from sabench.bundle import archive, exporting, reading, verifying
from sabench.bundle.content import open_bundle
from sabench.cells.keys import evaluation_key, fit_key
from sabench.errors import BundleError, ResultsError
from sabench.hashing import digest
from sabench.interfaces.records import Draw
from sabench.registry.registry import Registry
from sabench.results.folder import Results
from sabench.results.runs import method_from
from sabench.running import runner
from sabench.running.observer import Observer
from sabench.running.preparation import corpus as prepared_corpus
from sabench.stats import metrics
from sabench.verdicts.entries import entries


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A results folder with runs on the tiny corpus."""
    folder = tmp_path_factory.mktemp("bundles")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SABENCH_CACHE", str(folder / "cache"))
        chosen = {"adapters": ["nearest", "nearest-norm", "shifted"], "pool": "neutral=2", "draws": ["first", "nth:1"]}
        runner.run(tiny.plan_in(folder, **chosen), registry=tiny.registry())
    return folder


@pytest.fixture(scope="module")
def results(place):
    return Results(place / "results")


def run_of(results, name):
    return next(run for run in results.runs() if run.method.name == name)


@pytest.fixture(scope="module")
def packed(place, results):
    """The bytes of a bundle with labels, of one draw."""
    return exported(results, "nearest-norm", place / "norm.zip")


@pytest.fixture(scope="module")
def blind(place, results):
    """The bytes of a bundle without labels, of two draws."""
    return exported(results, "shifted", place / "shifted.zip", labels=False)


@pytest.fixture
def corpus(place):
    plan = tiny.plan_in(place)
    return prepared_corpus(plan, tiny.registry(), "table", Observer())[1]


def exported(results, name, path, *, labels=True):
    exporting.export(results, run_of(results, name), path, labels_shareable=labels, registry=tiny.registry())
    return path.read_bytes()


def verified(path, **options):
    return verifying.verify(path, registry=tiny.registry(), **options)


class Tampered:
    """A bundle whose members a test changes; what depends on them is made to fit where a careful forger would."""

    def __init__(self, packed, folder):
        self.members = archive.unpack(packed)
        self._folder = folder

    def json(self, name):
        return json.loads(self.members[name])

    def change(self, name, edit):
        """Let `edit` change the JSON of a member in place."""
        value = self.json(name)
        edit(value)
        self.members[name] = archive.json_bytes(value)
        return self

    def replace(self, name, old, new, count=1):
        """Replace text of a member."""
        text = self.members[name].decode()
        assert old in text
        self.members[name] = text.replace(old, new, count).encode()
        return self

    def rows(self, edit, name="predictions/first.csv"):
        """Let `edit` change the lines of a table, as lists of values, in place."""
        lines = [line.split(",") for line in self.members[name].decode().splitlines()]
        edit(lines)
        self.members[name] = "".join(",".join(line) + "\n" for line in lines).encode()
        return self

    def rehash(self):
        """Make protocol hash, keys and the run's id fit what the card and the record say now."""

        def edit(run):
            record, parameters = run["record"], run["evaluation_parameters"]
            record["protocol_hash"] = digest(self.json("card.json"))
            method = method_from(record["method"])
            same = {name: record[name] for name in ("seed", "threads", "device", "validation_as_training")}
            given = {**same, "evaluation_parameters": parameters, "search": run["search"]}
            record["folds"] = {f: fit_key(record["protocol_hash"], f, method, **given) for f in record["folds"]}
            kept = {name: method.adapter.parameters.get(name) for name in parameters}
            record["evaluations"] = {
                draw: {f: evaluation_key(key, Draw.parse(draw), kept) for f, key in record["folds"].items()}
                for draw in record["evaluations"]
            }
            short = digest([list(record["folds"].values()), kept, method.name])[:8]
            record["run_id"] = f"{method.name}-{record['dataset']}-{record['task']}-s{record['seed']}-{short}"

        self.change("run.json", edit)
        folds = self.json("run.json")["record"]["folds"]
        return self.change("cells.json", lambda cells: [c.update(fit_key=folds[c["fold"]]) for c in cells["cells"]])

    def path(self):
        target = self._folder / "tampered.zip"
        target.write_bytes(archive.pack(self.members))
        return target


@pytest.fixture
def tampered(packed, tmp_path):
    return Tampered(packed, tmp_path)


@pytest.fixture
def blind_tampered(blind, tmp_path):
    return Tampered(blind, tmp_path)


def refused(path, match, **options):
    with pytest.raises(BundleError, match=match):
        verified(path, **options)


# What is sound


class Plus:
    """An alias that no file could be called after."""

    @hookimpl
    def sabench_adapters(self):
        return {"nearest+norm": Alias("nearest", normaliser="speaker-zscore")}


def test_a_run_whose_name_is_rewritten_for_the_file_system_is_exported(tmp_path):
    registry = Registry(extra=[tiny, Plus()])
    runner.run(tiny.plan_in(tmp_path, adapters="nearest+norm"), registry=registry)
    results = Results(tmp_path / "results")
    (run,) = results.runs()
    exporting.export(results, run, tmp_path / "plus.zip", labels_shareable=True, registry=registry)
    assert verifying.verify(tmp_path / "plus.zip", registry=registry).recomputed


def test_a_bundle_verifies_and_gives_the_scores_of_its_run(results, place, packed):
    found = verified(place / "norm.zip")
    expected = metrics.scores(results.predictions(run_of(results, "nearest-norm")))
    assert found.recomputed
    assert found.scores["first"].uar_mean == expected.uar_mean
    assert found.sentence.startswith("Verified: nearest-norm-table-")


def test_the_same_run_gives_the_same_bytes(results, tmp_path, packed):
    assert exported(results, "nearest-norm", tmp_path / "again.zip") == packed


def test_a_bundle_reads_like_the_results_folder_it_came_from(results, place, packed):
    found = reading.read(place / "norm.zip", registry=tiny.registry())
    (entry,) = entries(found)
    (same,) = entries(results, [run_of(results, "nearest-norm")])
    assert entry.sample.value == same.sample.value
    assert found.card(entry.first.protocol_hash) == results.card(entry.first.protocol_hash)
    assert [cell.seconds for cell in found.cells(entry.first)] == [cell.seconds for cell in results.cells(same.first)]


def test_a_bundle_without_labels_holds_none(blind):
    header = archive.unpack(blind)["predictions/first.csv"].decode().splitlines()[0]
    assert header == "fold,id,speaker,p:happy,p:neutral,p:sad"


def test_without_labels_and_corpus_the_scores_are_not_recomputed(place, blind):
    found = verified(place / "shifted.zip")
    assert not found.recomputed
    assert "scores not recomputed" in found.sentence
    with pytest.raises(BundleError, match="scores not recomputed, since the bundle holds no labels"):
        reading.read(place / "shifted.zip", registry=tiny.registry())


def test_without_labels_the_corpus_gives_the_scores(place, blind, corpus):
    found = verified(place / "shifted.zip", corpus=corpus)
    assert found.recomputed
    assert set(found.scores) == {"first", "nth:1"}


def test_a_run_that_is_not_complete_is_not_exported(place, results, tmp_path):
    shutil.copytree(place / "results", tmp_path / "results")
    fewer = Results(tmp_path / "results")
    key = next(iter(run_of(fewer, "nearest").folds.values()))
    shutil.rmtree(fewer.cell(key).path)
    with pytest.raises(ResultsError, match="is partial: 3 of 4 folds are there"):
        exported(fewer, "nearest", tmp_path / "nearest.zip")


def test_a_method_that_is_not_installed_here_is_verified_all_the_same(place, packed):
    found = verifying.verify(place / "norm.zip")
    assert found.recomputed
    assert any("taken as stated: Unknown adapter 'nearest'" in note for note in found.notes)


# The file


def test_text_is_no_bundle(tmp_path):
    (tmp_path / "a.zip").write_text("no zip at all")
    refused(tmp_path / "a.zip", "is no zip, or it is cut short")


def test_a_file_that_is_not_there_is_told(tmp_path):
    refused(tmp_path / "a.zip", "cannot be read: No such file")


def test_a_bundle_cut_short_is_refused(packed, tmp_path):
    (tmp_path / "a.zip").write_bytes(packed[: len(packed) // 2])
    refused(tmp_path / "a.zip", "is no zip, or it is cut short")


def test_a_flipped_byte_is_refused(packed, tmp_path):
    at = packed.index(b"predictions/first.csv") + 400
    (tmp_path / "a.zip").write_bytes(packed[:at] + bytes([packed[at] ^ 0xFF]) + packed[at + 1 :])
    refused(tmp_path / "a.zip", "'predictions/first.csv' is damaged and cannot be unpacked")


def zip_of(path, members, edit=lambda info: None):
    """Write a zip as others write them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members:
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            edit(info)
            packed.writestr(info, content)
    return path


@pytest.mark.parametrize("name", ["../outside.json", "/etc/passwd", "a/../../b", "C:\\x", "folder/"])
def test_a_name_that_leads_out_of_the_bundle_is_refused(tmp_path, name):
    refused(zip_of(tmp_path / "a.zip", [(name, b"")]), "written outside of the bundle's own folder")


def test_two_members_of_one_name_are_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = zip_of(tmp_path / "a.zip", [("card.json", b"1"), ("card.json", b"2")])
    refused(path, "two members named 'card.json'")


def test_a_link_is_refused(tmp_path):
    def link(info):
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    refused(zip_of(tmp_path / "a.zip", [("card.json", b"/etc/passwd")], link), "'card.json' is a link or a device")


def test_a_member_that_unpacks_to_too_much_is_refused_unread(tmp_path):
    path = zip_of(tmp_path / "a.zip", [("card.json", b"\0" * (archive.MEMBER_LIMIT + 1))])
    assert path.stat().st_size < 2**20
    refused(path, "'card.json' unpacks to 64 MiB; no member of a bundle is larger")


def test_many_members_that_unpack_to_too_much_together_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "TOTAL_LIMIT", 3000)
    path = zip_of(tmp_path / "a.zip", [(f"m{i}", b"\0" * 1000) for i in range(4)])
    refused(path, "unpacks to 4 members of 0 MiB; expected at most 1000 members")


def test_a_member_that_says_it_is_smaller_than_it_is_is_refused(packed, tmp_path):
    content = bytearray(packed)
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(signature)
        struct.pack_into("<I", content, at + offset, 10)
    (tmp_path / "a.zip").write_bytes(content)
    refused(tmp_path / "a.zip", "'card.json' is damaged")


def test_an_encrypted_member_is_refused(packed, tmp_path):
    content = bytearray(packed)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    (tmp_path / "a.zip").write_bytes(content)
    refused(tmp_path / "a.zip", "'card.json' is encrypted")


def test_a_zip_that_is_no_bundle_is_refused(tmp_path):
    refused(zip_of(tmp_path / "a.zip", [("card.json", b"{}")]), "a zip without manifest.json, so it is no bundle")


def test_an_unknown_format_is_refused(packed, tmp_path):
    members = {**archive.unpack(packed)}
    manifest = {"kind": archive.KIND, "format": 2, "members": {}}
    path = zip_of(tmp_path / "a.zip", [*members.items(), ("manifest.json", json.dumps(manifest).encode())])
    refused(path, "of format 2; this sabench reads 'sabench bundle' of format 1")


def raw(packed):
    """Return all members as they stand there, the manifest among them."""
    with zipfile.ZipFile(io.BytesIO(packed)) as content:
        return {name: content.read(name) for name in content.namelist()}


def test_a_changed_byte_in_a_member_is_told_by_its_hash(packed, tmp_path):
    members = raw(packed)
    members["scores.json"] = members["scores.json"].replace(b'"uar_mean": ', b'"uar_mean": 1')
    refused(zip_of(tmp_path / "a.zip", members.items()), "scores.json has been changed: its SHA-256 is")


def test_a_missing_member_is_told(packed, tmp_path):
    members = raw(packed)
    del members["cells.json"]
    refused(zip_of(tmp_path / "a.zip", members.items()), "lists the member 'cells.json', which is missing")


def test_an_added_member_is_told(packed, tmp_path):
    members = {**raw(packed), "extra.txt": b"hello"}
    refused(zip_of(tmp_path / "a.zip", members.items()), "a member 'extra.txt' that manifest.json does not list")


def test_a_member_taken_out_of_the_manifest_too_is_told(tampered):
    del tampered.members["environment.json"]
    refused(tampered.path(), "The bundle has no environment.json")


def test_broken_json_is_told(tampered):
    tampered.members["card.json"] = b'{"dataset": '
    refused(tampered.path(), "card.json is no JSON as a bundle holds it")


def test_a_key_that_stands_twice_is_told(tampered):
    tampered.replace("scores.json", '"n_scored"', '"uar_mean": 1.0,\n"n_scored"')
    refused(tampered.path(), "the key 'uar_mean' stands there twice")


def test_infinity_is_no_number_of_a_bundle(tampered):
    tampered.replace("cells.json", '"seconds": ', '"seconds": Infinity, "was": ')
    refused(tampered.path(), "Infinity is no number of JSON")


def test_a_number_too_large_for_a_float_is_told(tampered):
    tampered.replace("cells.json", '"seconds": ', '"seconds": 1e999, "was": ')
    refused(tampered.path(), "cells.json is no JSON as a bundle holds it: Out of range float values")


def test_half_of_a_surrogate_pair_is_told(tampered):
    tampered.replace("card.json", '"notes": [', '"notes": ["\\ud800"')
    refused(tampered.path(), "card.json is no JSON as a bundle holds it: 'utf-8' codec can't encode")


@pytest.mark.parametrize(
    ("name", "edit"),
    [
        ("cells.json", lambda cells: cells["cells"][0].update(fold=[])),
        ("scores.json", lambda scores: scores["first"].update(uar_mean=10**400)),
    ],
)
def test_a_value_that_no_record_could_hold_is_told(tampered, name, edit):
    refused(tampered.change(name, edit).path(), "holds a value that sabench never writes there")


# The card and the record


def test_a_changed_card_is_told_by_its_hash(tampered):
    tampered.change("card.json", lambda card: card["notes"].append("everything was fair"))
    refused(tampered.path(), "card.json has the hash .* the card has been changed")


def test_a_card_of_another_task_is_told(tampered):
    tampered.change("card.json", lambda card: card.update(task="other")).rehash()
    refused(tampered.path(), "The task of card.json is 'other'; run.json says 'label'")


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>", "loso\n\n# pwned", "speaker-kfold:03"])
def test_a_name_that_no_protocol_has_is_told(tampered, name):
    tampered.change("card.json", lambda card: card.update(protocol=name))
    tampered.change("run.json", lambda run: run["record"].update(protocol=name)).rehash()
    refused(tampered.path(), r"card\.json: (Unknown protocol|the protocol is called 'speaker-kfold:03'; its name is)")


def test_a_run_that_hides_its_simulation_is_told(tampered):
    tampered.change("card.json", lambda card: card.update(simulated={"seed": 0})).rehash()
    refused(tampered.path(), "The simulation of card.json is {'seed': 0}; run.json says None")


def test_a_fold_left_out_of_the_run_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"]["folds"].pop("s0"))
    refused(tampered.path(), "The folds of card.json is .*'s0'")


def test_a_card_whose_speakers_leak_is_told(tampered):
    tampered.change("card.json", lambda card: card["folds"][0]["train"].append("s0")).rehash()
    refused(tampered.path(), "speaker 's0' is on two sides of fold s0")


def test_a_card_that_scores_what_it_enrols_is_told(tampered):
    def enrol(card):
        card["speakers"]["s0"]["neutral"] = card["speakers"]["s0"]["scored"][:1]

    refused(tampered.change("card.json", enrol).rehash().path(), "is enrolled and scored, against the pool rule")


def test_a_card_without_its_speakers_is_told(tampered):
    tampered.change("card.json", lambda card: card["speakers"].pop("s0")).rehash()
    refused(tampered.path(), "does not say which utterances of the target speaker 's0' are scored")


def test_a_field_of_the_card_that_is_missing_is_told(tampered):
    tampered.change("card.json", lambda card: card.pop("folds"))
    refused(tampered.path(), "card.json is not as a bundle holds it: folds: field required")


def test_a_changed_seed_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"].update(seed=5))
    refused(tampered.path(), "its method, dataset, task and seed make it nearest-norm-table-label-s5-")


def test_a_changed_parameter_is_told_by_the_key(tampered):
    tampered.change("run.json", lambda run: run["record"]["method"]["adapter"]["parameters"].update(feature=1))
    refused(tampered.path(), "the model of fold s0 has the key .* one of them has been changed")


def test_a_changed_fit_key_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"]["folds"].update(s1="0" * 20))
    refused(tampered.path(), "the model of fold s1 has the key 0{20}")


def test_a_changed_draw_is_told(blind_tampered):
    def swap(run):
        keys = run["record"]["evaluations"]
        keys["first"], keys["nth:1"] = keys["nth:1"], keys["first"]

    refused(blind_tampered.change("run.json", swap).path(), "keys of draw first do not follow")


def test_a_renamed_run_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"].update(run_id="nearest-norm-table-label-s0-00000000"))
    refused(tampered.path(), "its models make it nearest-norm-table-label-s0-")


def test_cells_of_another_run_are_told(tampered):
    tampered.change("cells.json", lambda cells: cells["cells"][0].update(fit_key="0" * 20))
    refused(tampered.path(), "cells.json tells of other folds or models")


def test_training_speakers_that_the_card_does_not_give_are_told(tampered):
    tampered.change("cells.json", lambda cells: cells["cells"][1].update(n_training_speakers=9))
    refused(tampered.path(), r"fold s1 is said to have 9 training speakers; card\.json gives it 3")


def test_a_run_that_is_marked_partial_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"].update(status="partial"))
    refused(tampered.path(), "the run is marked partial")


def test_a_record_with_more_than_a_run_has_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"].update(award="best"))
    refused(tampered.path(), "run.json is not as a bundle holds it: record.award: unexpected")


def test_a_record_without_its_method_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"].pop("method"))
    refused(tampered.path(), "run.json is not as a bundle holds it: record.method")


def test_a_method_that_claims_a_lower_price_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"]["method"]["access"].update(unlabelled=0))
    refused(tampered.path(), "said to need none; with its parameters it needs transductive")


def test_a_method_under_a_false_name_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"]["method"].update(name="shifted")).rehash()
    refused(tampered.path(), "'shifted' stands for shifted; the run is one of nearest behind speaker-zscore")


def test_a_run_marked_stochastic_that_is_not_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"].update(stochastic=True))
    refused(tampered.path(), "the run is marked stochastic, which nearest is not")


def test_another_baseline_than_the_adapters_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"].update(adapts="weak"))
    refused(tampered.path(), "the run is to be held against weak; nearest is a method of its own")


def test_a_parameter_kept_out_of_the_keys_is_told(tampered):
    tampered.change("run.json", lambda run: run.update(evaluation_parameters=["feature"])).rehash()
    refused(tampered.path(), "feature are said to be the parameters that change no fit of nearest; they are not")


def test_a_parameter_that_the_method_does_not_have_is_told(tampered):
    tampered.change("run.json", lambda run: run["record"]["method"]["adapter"]["parameters"].update(magic=1)).rehash()
    refused(tampered.path(), "the method cannot be what it says: nearest has no parameter 'magic'")


# The predictions


def test_a_missing_utterance_is_told(tampered):
    refused(tampered.rows(lambda lines: lines.pop(1)).path(), "is scored by the protocol, and has no prediction")


def test_an_extra_utterance_is_told(tampered):
    refused(
        tampered.rows(lambda lines: lines.append([lines[1][0], "x", *lines[1][2:]])).path(), "'x' is predicted, and"
    )


def test_an_utterance_that_stands_twice_is_told(tampered):
    refused(tampered.rows(lambda lines: lines.append(lines[1])).path(), "is predicted 2 times; expected once")


def test_an_utterance_in_another_fold_is_told(tampered):
    refused(tampered.rows(lambda lines: lines[1].__setitem__(0, "s3")).path(), "stands in fold s3; the protocol has it")


def test_an_utterance_of_another_speaker_is_told(tampered):
    refused(
        tampered.rows(lambda lines: lines[1].__setitem__(2, "s3")).path(), "given to speaker 's3'; the protocol says"
    )


def test_classes_in_another_order_are_told(tampered):
    tampered.replace("predictions/first.csv", "p:happy,p:neutral", "p:neutral,p:happy")
    refused(tampered.path(), "has the classes neutral, happy, sad; the protocol has happy, neutral, sad, in this order")


def test_a_table_with_another_header_is_told(tampered):
    tampered.replace("predictions/first.csv", "fold,id", "id,fold")
    refused(tampered.path(), "expected fold,id,speaker")


def test_a_row_cut_short_is_told(tampered):
    refused(tampered.rows(lambda lines: lines[3].pop()).path(), "line 4: 6 values; expected 7")


@pytest.mark.parametrize(
    ("values", "match"),
    [
        (("0.9", "0.9", "0.9"), "probabilities that do not sum to one"),
        (("nan", "0.5", "0.5"), "a probability that is not finite"),
        (("-0.5", "0.5", "1.0"), "a probability below zero"),
        (("much", "0.5", "0.5"), "line 2: a probability is no number"),
    ],
)
def test_what_is_no_probability_is_told(tampered, values, match):
    refused(tampered.rows(lambda lines: lines[1].__setitem__(slice(4, 7), values)).path(), match)


def test_a_label_that_is_no_class_is_told(tampered):
    refused(tampered.rows(lambda lines: lines[1].__setitem__(3, "joy")).path(), "'joy', which is no class of the task")


def test_labels_that_differ_between_draws_are_told(results, tmp_path):
    forged = Tampered(exported(results, "shifted", tmp_path / "s.zip"), tmp_path)
    other = {"happy": "sad", "sad": "neutral", "neutral": "happy"}
    forged.rows(lambda lines: lines[1].__setitem__(3, other[lines[1][3]]), "predictions/nth-1.csv")
    refused(forged.path(), "in another draw")


def test_labels_in_some_draws_only_are_told(results, tmp_path):
    forged = Tampered(exported(results, "shifted", tmp_path / "s.zip"), tmp_path)
    forged.rows(lambda lines: [line.pop(3) for line in lines], "predictions/nth-1.csv")
    refused(forged.path(), "Some draws of the bundle have labels and others have none")


def test_a_draw_without_predictions_is_told(blind_tampered):
    del blind_tampered.members["predictions/nth-1.csv"]
    refused(blind_tampered.path(), "has the draws first, nth:1; the bundle holds predictions/first.csv")


# The scores


def test_an_altered_digit_of_a_score_is_told(tampered):
    score = tampered.json("scores.json")["first"]["uar_pooled"]
    tampered.change("scores.json", lambda scores: scores["first"].update(uar_pooled=round(score + 1e-9, 9)))
    refused(tampered.path(), "uar_pooled of draw first is said to be .*; the predictions give")


def test_an_altered_prediction_is_told_by_the_score(tampered):
    def turn(lines):
        for line in lines[1:5]:
            line[4:7] = line[5:7] + line[4:5]

    refused(tampered.rows(turn).path(), "of draw first is said to be .*; the predictions give")


def test_an_altered_confusion_matrix_is_told(tampered):
    def edit(scores):
        scores["first"]["confusion"][0][0] += 1

    refused(tampered.change("scores.json", edit).path(), "confusion.0.0 of draw first is said to be")


def test_a_score_left_out_is_told(tampered):
    tampered.change("scores.json", lambda scores: scores["first"].pop("uar_mean"))
    refused(tampered.path(), "uar_mean of draw first is missing")


def test_scores_of_a_draw_that_never_was_are_told(tampered):
    tampered.change("scores.json", lambda scores: scores.update(zeros=scores["first"]))
    refused(tampered.path(), "scores.json has scores of first, zeros; the run has the draws first")


def test_without_labels_an_altered_prediction_is_told_by_the_corpus(blind_tampered, corpus):
    def turn(lines):
        for line in lines[1:5]:
            line[3:6] = line[4:6] + line[3:4]

    path = blind_tampered.rows(turn).path()
    assert not verified(path).recomputed
    refused(path, "of draw first is said to be .*; the predictions give", corpus=corpus)


# The corpus


def test_labels_that_are_not_those_of_the_corpus_are_told(tampered, corpus):
    other = {"happy": "sad", "sad": "neutral", "neutral": "happy"}
    path = tampered.rows(lambda lines: lines[1].__setitem__(3, other[lines[1][3]])).path()
    refused(path, "the linked corpus says", corpus=corpus)


def test_another_copy_of_the_corpus_gives_no_scores(place, blind, corpus):
    table = corpus.table.assign(digest=corpus.table["digest"].map(lambda text: text[::-1]))
    found = verified(place / "shifted.zip", corpus=corpus.with_table(table))
    assert not found.recomputed
    assert "another copy of table" in found.notes[-1]


def test_a_corpus_of_another_task_is_told(place, packed, corpus):
    refused(
        place / "norm.zip", "is of table label; the corpus given is table other", corpus=replace(corpus, task="other")
    )


def test_scored_utterances_chosen_by_hand_are_told_by_the_corpus(tampered, corpus):
    """A forger who leaves the hard utterances out, and makes every hash and score fit."""
    left_out = tampered.json("card.json")["speakers"]["s0"]["scored"][0]
    tampered.change("card.json", lambda card: card["speakers"]["s0"]["scored"].remove(left_out))
    tampered.rows(lambda lines: lines.__setitem__(slice(None), [line for line in lines if line[1] != left_out]))
    path = tampered.rehash().path()
    with pytest.raises(BundleError, match=r"scores\.json"):
        verified(path)
    found = open_bundle(path)
    assert left_out not in found.rows["first"].ids
    refused(path, "is not the card that loso gives on the linked corpus", corpus=corpus)


# The commands


def sabench(*arguments):
    return subprocess.run(
        [sys.executable, "-c", "from sabench.cli import main; main()", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


def test_verify_says_what_it_proves_and_ends_well(place, packed):
    done = sabench("verify", place / "norm.zip")
    assert done.returncode == 0, done.stderr
    assert "not who made it" in done.stdout


def test_verify_ends_with_one_and_a_sentence(tampered):
    tampered.change("scores.json", lambda scores: scores["first"].update(uar_mean=0.99))
    done = sabench("verify", tampered.path())
    assert done.returncode == 1
    assert done.stderr.startswith("Error: scores.json: uar_mean of draw first is said to be 0.99")
    assert "Traceback" not in done.stderr


def test_verify_prints_json_for_programs(tampered):
    tampered.change("scores.json", lambda scores: scores["first"].update(uar_mean=0.99))
    done = sabench("verify", tampered.path(), "--json")
    told = json.loads(done.stdout)
    assert (done.returncode, told["verified"]) == (1, False)
    assert "uar_mean" in told["reason"]


def test_the_leaderboard_takes_bundles_of_others(place, packed, results, tmp_path, monkeypatch):
    exported(results, "nearest", place / "nearest.zip")
    monkeypatch.chdir(tmp_path)
    done = sabench("leaderboard", "--add", place / "norm.zip", place / "nearest.zip", "--json")
    assert done.returncode == 0, done.stderr
    (table,) = json.loads(done.stdout)["tables"]
    assert {row["method"] for row in table["rows"]} == {"nearest", "nearest-norm"}


def test_a_bundle_of_a_run_that_is_there_already_counts_once(place, packed):
    done = sabench("leaderboard", "--results", place / "results", "--add", place / "norm.zip", "--json")
    assert "is there already; the bundle is left out" in done.stderr
    (table,) = json.loads(done.stdout)["tables"]
    assert [row["method"] for row in table["rows"]].count("nearest-norm") == 1


def test_a_bundle_of_a_run_that_is_not_complete_here_counts(place, packed, results, tmp_path):
    folder = shutil.copytree(place / "results", tmp_path / "results")
    shutil.rmtree(Results(folder).cell(run_of(results, "nearest-norm").folds["s0"]).path)
    done = sabench("leaderboard", "--results", folder, "--add", place / "norm.zip", "--json")
    (table,) = json.loads(done.stdout)["tables"]
    (row,) = (row for row in table["rows"] if row["method"] == "nearest-norm")
    assert (row["note"], row["rank"]) == ("", [1, 1])


def test_the_leaderboard_refuses_a_bundle_that_does_not_verify(tampered):
    tampered.change("scores.json", lambda scores: scores["first"].update(uar_mean=0.99))
    path = tampered.path()
    done = sabench("leaderboard", "--add", path)
    assert done.returncode == 1
    assert f"{path}: scores.json: uar_mean of draw first" in done.stderr


# What would exhaust a machine


@pytest.mark.parametrize(
    "content",
    [b"[" + b"[]," * 3_000_000 + b"[]]", b"{" + b'"a": 1,' * 1_500_000 + b'"a": 1}', b" " * (17 * 2**20) + b"{}"],
    ids=["brackets", "one key", "blanks"],
)
def test_more_text_than_any_bundle_needs_is_refused_before_it_is_parsed(tampered, content):
    tampered.members["card.json"] = content
    refused(tampered.path(), "card.json has .* MiB, or more than 2,000,000 values; no bundle needs so many")


def test_keys_that_stand_twice_among_many_are_told_at_once(tampered):
    tampered.members["card.json"] = b"{" + b", ".join(b'"a%d": 1' % (i % 100_000) for i in range(200_000)) + b"}"
    refused(tampered.path(), "the key 'a0' stands there twice")


def test_a_card_that_scores_more_than_the_bundle_predicts_is_refused_before_it_is_listed(tampered):
    def every_target_in_every_fold(card):
        speakers = list(card["speakers"])
        for fold in card["folds"]:
            fold["test"] = speakers * 200

    tampered.change("card.json", every_target_in_every_fold).rehash()
    refused(tampered.path(), r"The protocol scores [\d,]+ utterances|stands in two folds|leak|more than once|train")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_plain_file_is_refused_unread(tmp_path, make):
    make(tmp_path / "odd.zip")
    refused(tmp_path / "odd.zip", "is no plain file|cannot be read: Is a directory")


def test_a_device_is_refused_unread():
    refused(Path("/dev/zero"), "/dev/zero is no plain file")
