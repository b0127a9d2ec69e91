import pytest
from robots import OneFile, Robots, SimulatedRobots

from sabench import DatasetError
from sabench.corpora import roots
from sabench.interfaces.records import Twin


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
        roots.find("robots", SimulatedRobots)


def test_a_root_that_is_not_there_is_refused_with_its_source(tmp_path, monkeypatch):
    with pytest.raises(DatasetError, match=r"gone is not there; expected the folder of Talking robots"):
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
    dataset = SimulatedRobots()
    first = roots.twin("robots", dataset, Twin(scale=0.1))
    assert roots.twin("robots", dataset, Twin(scale=0.1)) == first
    assert dataset.made == 1
    assert roots.twin("robots", dataset, Twin(scale=0.1, seed=1)) != first
    assert dataset.made == 2
    assert first.is_relative_to(roots.cache_folder())


def test_a_newer_way_to_simulate_makes_a_new_twin():
    class Newer(SimulatedRobots):
        simulation_version = "2"

    assert roots.twin("robots", Newer(), Twin(scale=0.1)) != roots.twin("robots", SimulatedRobots(), Twin(scale=0.1))


def test_a_place_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("SABENCH_CACHE", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match="The twin cannot be written to .*Name a folder that you may write to"):
        roots.twin("robots", SimulatedRobots())
    monkeypatch.setenv("SABENCH_CONFIG", str(tmp_path / "file"))
    with pytest.raises(DatasetError, match="link cannot be remembered in .*Name another folder with SABENCH_CONFIG"):
        roots.link("robots", tmp_path)
