import pytest
from robots import Robots, SimulatedRobots

from sabench import ContractError, DatasetError, simulation_of
from sabench.corpora import twins
from sabench.interfaces.records import Twin


def make(dataset, folder, **changes) -> bool:
    return twins.simulate("robots", dataset, folder, Twin(**{"scale": 0.1, **changes}))


def test_a_failed_simulation_leaves_nothing(tmp_path):
    class Failing(SimulatedRobots):
        def simulate(self, root, **options) -> None:
            super().simulate(root, **options)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        make(Failing(), tmp_path / "twin")
    assert list(tmp_path.iterdir()) == []


def test_a_twin_without_its_mark_is_refused(tmp_path):
    class Unmarked(SimulatedRobots):
        def simulate(self, root, **options) -> None:
            (root / "speech").write_text("beep")

    with pytest.raises(ContractError, match=r"simulated a twin without sabench-twin\.json in its root"):
        make(Unmarked(), tmp_path / "twin")
    assert list(tmp_path.iterdir()) == []


def test_the_same_twin_in_its_place_is_kept(tmp_path):
    assert make(SimulatedRobots(), tmp_path / "twin")
    assert not make(SimulatedRobots(), tmp_path / "twin")


def test_another_twin_in_its_place_is_refused(tmp_path):
    make(SimulatedRobots(), tmp_path / "twin")
    with pytest.raises(DatasetError, match="holds another twin already"):
        make(SimulatedRobots(), tmp_path / "twin", seed=3)


def test_a_folder_with_other_content_is_never_written_to(tmp_path):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match="holds something else already"):
        make(SimulatedRobots(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_dataset_without_a_twin_says_where_the_recordings_are(tmp_path):
    with pytest.raises(DatasetError, match=r"no simulated twin. Get the recordings: https://robots.example"):
        make(Robots(), tmp_path / "twin")


def test_a_twin_is_known_from_every_folder_in_it_and_through_links(tmp_path):
    make(SimulatedRobots(), tmp_path / "twin")
    inner = tmp_path / "twin" / "Session1" / "wav"
    inner.mkdir(parents=True)
    (tmp_path / "link").symlink_to(inner)
    for place in (tmp_path / "twin", inner, tmp_path / "link"):
        assert simulation_of(place)["dataset"] == "robots"
    assert simulation_of(tmp_path) is None


def test_a_damaged_mark_is_not_taken_for_a_real_recording(tmp_path):
    (tmp_path / twins.MARKER).write_text("{")
    with pytest.raises(DatasetError, match="marks a simulated twin and cannot be read"):
        simulation_of(tmp_path)
    (tmp_path / twins.MARKER).write_text("[]")
    with pytest.raises(DatasetError, match="expected one JSON object"):
        simulation_of(tmp_path)
