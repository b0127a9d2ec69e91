import json
from pathlib import Path

import pytest

from sabench import ContractError, Corpus, Dataset, DatasetError, roots, simulation_of


class Robots(Dataset):
    name = "robots"
    title = "Talking robots"
    licence = "for robots only"
    url = "https://robots.example"
    tasks = ("2class",)

    def load(self, root, task) -> Corpus:
        raise NotImplementedError


class Twins(Robots):
    can_simulate = True

    def __init__(self) -> None:
        self.made = 0

    def simulate(self, root: Path, *, scale, seed, speaker_effect, jobs, progress) -> None:
        self.made += 1
        recipe = {"dataset": "robots", "scale": scale, "seed": seed, "speaker_effect": speaker_effect}
        (root / roots.MARKER).write_text(json.dumps(recipe))
        (root / "speech").write_text("beep")


class OneFile(Robots):
    root_is_file = True


def make(dataset, folder, **changes) -> bool:
    return roots.simulate("robots", dataset, folder, **{"scale": 0.1, "seed": 0, "speaker_effect": 1.0, **changes})


def test_a_given_root_comes_before_the_environment_and_the_link(tmp_path, monkeypatch):
    for name in ("given", "environment", "linked"):
        (tmp_path / name).mkdir()
    roots.link("robots", tmp_path / "linked")
    assert roots.find("robots", Robots) == tmp_path / "linked"
    monkeypatch.setenv("SABENCH_ROBOTS_ROOT", str(tmp_path / "environment"))
    assert roots.find("robots", Robots) == tmp_path / "environment"
    assert roots.find("robots", Robots, tmp_path / "given") == tmp_path / "given"


def test_links_are_remembered_by_name_and_replaced(tmp_path):
    roots.link("robots", tmp_path / "one")
    roots.link("others", tmp_path / "two")
    roots.link("robots", tmp_path / "three")
    assert roots.linked() == {"robots": tmp_path / "three", "others": tmp_path / "two"}


def test_without_a_root_the_error_says_where_to_get_it_and_how_to_name_it():
    with pytest.raises(DatasetError) as caught:
        roots.find("robots", Robots)
    for words in (
        "No root is known for dataset 'robots' (Talking robots)",
        "obtained from https://robots.example; licence: for robots only",
        "--root FOLDER",
        "SABENCH_ROBOTS_ROOT=FOLDER",
        "sabench dataset link robots FOLDER",
    ):
        assert words in str(caught.value)
    assert "twin" not in str(caught.value)


def test_without_a_root_the_error_offers_the_twin_where_there_is_one():
    with pytest.raises(DatasetError, match=r"add --simulated .*\n?.*sabench dataset simulate robots FOLDER"):
        roots.find("robots", Twins)


def test_a_root_that_is_not_there_is_refused_with_its_source(tmp_path, monkeypatch):
    with pytest.raises(DatasetError, match=r"gone \(from --root\) is not there; expected the folder of Talking robots"):
        roots.find("robots", Robots, tmp_path / "gone")
    monkeypatch.setenv("SABENCH_ROBOTS_ROOT", str(tmp_path / "gone"))
    with pytest.raises(DatasetError, match=r"\(from SABENCH_ROBOTS_ROOT\) is not there"):
        roots.find("robots", Robots)


def test_a_folder_is_refused_where_a_file_is_the_root(tmp_path):
    with pytest.raises(DatasetError, match="is a folder; expected the file of Talking robots"):
        roots.find("robots", OneFile, tmp_path)


def test_damaged_links_are_told(tmp_path):
    roots.link("robots", tmp_path)
    store = roots.config_folder() / "roots.json"
    store.write_text("{")
    with pytest.raises(DatasetError, match=r"roots\.json remembers linked corpora and cannot be read"):
        roots.linked()
    store.write_text("[1]")
    with pytest.raises(DatasetError, match="should hold one JSON object"):
        roots.linked()


def test_folders_follow_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SABENCH_CACHE", str(tmp_path / "c"))
    assert roots.cache_folder() == tmp_path / "c"
    monkeypatch.delenv("SABENCH_CACHE")
    assert roots.cache_folder().name == "sabench"


def test_a_twin_is_made_once_and_again_for_other_values():
    dataset = Twins()
    first = roots.twin("robots", dataset, scale=0.1)
    assert roots.twin("robots", dataset, scale=0.1) == first
    assert dataset.made == 1
    assert roots.twin("robots", dataset, scale=0.1, seed=1) != first
    assert dataset.made == 2
    assert first.is_relative_to(roots.cache_folder())


def test_a_failed_simulation_leaves_nothing(tmp_path):
    class Failing(Twins):
        def simulate(self, root, **options) -> None:
            super().simulate(root, **options)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        make(Failing(), tmp_path / "twin")
    assert list(tmp_path.iterdir()) == []


def test_a_twin_without_its_mark_is_refused(tmp_path):
    class Unmarked(Twins):
        def simulate(self, root, **options) -> None:
            (root / "speech").write_text("beep")

    with pytest.raises(ContractError, match=r"simulated a twin without sabench-twin\.json in its root"):
        make(Unmarked(), tmp_path / "twin")
    assert list(tmp_path.iterdir()) == []


def test_the_same_twin_in_its_place_is_kept(tmp_path):
    assert make(Twins(), tmp_path / "twin")
    assert not make(Twins(), tmp_path / "twin")


def test_another_twin_in_its_place_is_refused(tmp_path):
    make(Twins(), tmp_path / "twin")
    with pytest.raises(DatasetError, match="holds another twin already"):
        make(Twins(), tmp_path / "twin", seed=3)


def test_a_folder_with_other_content_is_never_written_to(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match="holds something else already"):
        make(Twins(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_dataset_without_a_twin_says_where_the_recordings_are(tmp_path):
    with pytest.raises(DatasetError, match=r"no simulated twin. Get the recordings: https://robots.example"):
        make(Robots(), tmp_path / "twin")


def test_a_twin_is_known_from_every_folder_in_it_and_through_links(tmp_path):
    make(Twins(), tmp_path / "twin")
    inner = tmp_path / "twin" / "Session1" / "wav"
    inner.mkdir(parents=True)
    (tmp_path / "link").symlink_to(inner)
    for place in (tmp_path / "twin", inner, tmp_path / "link"):
        assert simulation_of(place)["dataset"] == "robots"
    assert simulation_of(tmp_path) is None


def test_a_damaged_mark_is_not_taken_for_a_real_recording(tmp_path):
    (tmp_path / roots.MARKER).write_text("{")
    with pytest.raises(DatasetError, match="marks a simulated twin and cannot be read"):
        simulation_of(tmp_path)
    (tmp_path / roots.MARKER).write_text("[]")
    with pytest.raises(DatasetError, match="expected one JSON object"):
        simulation_of(tmp_path)
