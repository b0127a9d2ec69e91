import pytest
import tiny

from sabench import AccessError, DatasetError, LeakageError, PlanError
from sabench.running.observer import Observer
from sabench.running.preparation import planned_runs
from sabench.testing import make_corpus

pytestmark = pytest.mark.usefixtures("warm")


class Notes(Observer):
    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


@pytest.fixture
def prepared(tones, tmp_path):
    """Return the jobs of a plan and what was noted."""

    def prepare(table=tones, **values):
        observer = Notes()
        plan = tiny.plan(table, tmp_path, **values)
        return planned_runs(plan, tiny.registry(), observer), observer.notes

    return prepare


@pytest.fixture
def written(tones, tmp_path):
    """Write another table over the same audio from its lines."""

    def write(change):
        lines = tones.read_text().replace("wav/", f"{tones.parent}/wav/").splitlines()
        (tmp_path / "other.csv").write_text("\n".join(change(lines)))
        return tmp_path / "other.csv"

    return write


def test_runs_come_in_the_order_dataset_method_seed(prepared):
    found, _ = prepared(adapters=["nearest-norm", "nearest"], seeds=[1, 0])
    told = [(planned.record.method.name, planned.record.seed) for planned in found]
    assert told == [("nearest-norm", 1), ("nearest-norm", 0), ("nearest", 1), ("nearest", 0)]


def test_nothing_is_written(prepared, tmp_path):
    prepared()
    assert list(tmp_path.iterdir()) == []


def test_a_task_can_be_named_with_its_dataset(prepared):
    found, _ = prepared(datasets=["table:label"])
    assert found[0].record.task == "label"


@pytest.mark.parametrize("values", [{"task": "labels"}, {"datasets": ["table:labels"]}])
def test_an_unknown_task_gets_a_hint(prepared, values):
    with pytest.raises(DatasetError, match=r"has no task 'labels'. Did you mean 'label'\?"):
        prepared(**values)


def test_one_root_serves_two_tasks_of_one_dataset(prepared):
    found, _ = prepared(datasets=["table:label", "table"])
    assert len({planned.record.run_id for planned in found}) == 1


def test_faults_that_forbid_a_run_are_told_before_anything_runs(prepared, written):
    table = written(lambda lines: [*lines, "gone.wav,s0,female,sad,false,train", "gone2.wav,,female,sad,false,train"])
    with pytest.raises(DatasetError, match=r"(?s)2 faults that forbid a run.*other.csv:38.*'gone.wav' is not there"):
        prepared(table=table)


def test_other_faults_are_noted(prepared, written):
    _, notes = prepared(table=written(lambda lines: [f"{line},extra" for line in lines]))
    assert any("Columns not used: extra" in note for note in notes)


def test_of_many_faults_five_are_noted_and_the_others_counted(prepared, tmp_path):
    table = make_corpus(tmp_path / "seven", n_speakers=7, n_per_class=1)
    table.write_text(table.read_text().replace("true", "false"))
    _, notes = prepared(table=table, pool="neutral=0")
    assert len([note for note in notes if "has no neutral utterance" in note]) == 5
    assert any("table: and 2 more; see them with: sabench dataset check table" in note for note in notes)


def test_leaks_are_told_before_anything_runs(prepared, written):
    def change(lines):
        sides = ("train", "test")
        return [lines[0], *(f"{line.rpartition(',')[0]},{sides[i % 2]}" for i, line in enumerate(lines[1:]))]

    with pytest.raises(LeakageError, match="would be in both training and test"):
        prepared(table=written(change), protocol="challenge")


def test_search_needs_a_method_with_a_grid(prepared):
    with pytest.raises(PlanError, match="none of nearest-to-neutral declares one"):
        prepared(adapters="nearest-to-neutral", search=True)
    found, _ = prepared(adapters=["nearest-to-neutral", "nearest"], search=True)
    assert len(found) == 2


def test_pools_that_are_too_small_are_noted(prepared):
    _, notes = prepared(pool="neutral=2")
    (note,) = notes
    assert note.startswith("table: pools are smaller than asked for: s0 supplies 1 of 2 neutral, s1")


def test_dropped_speakers_are_noted_as_such(prepared, written):
    def change(lines):
        return [line.replace("true", "false") if ",s1," in line else line for line in lines]

    found, notes = prepared(table=written(change), pool="require")
    assert "table: speakers are dropped: s1 supplies 0 of 1 neutral." in notes
    assert [fold.name for fold in found[0].split_corpus.protocol.folds] == ["s0", "s2", "s3"]


def test_training_speakers_who_cannot_be_enrolled_are_noted(prepared, written):
    def change(lines):
        return [line.replace("true", "false") if ",s0," in line else line for line in lines]

    _, notes = prepared(table=written(change), adapters=["nearest", "nearest-to-neutral"], protocol="challenge")
    told = "training speakers with fewer than 1 neutral utterances are enrolled with what they have: s0."
    assert [note for note in notes if "training speakers" in note] == [f"nearest-to-neutral: {told}"]


def test_targets_who_are_never_emotional_are_noted_where_they_should_be(prepared, written):
    def change(lines):
        return [line.replace("false", "true") if ",s1," in line else line for line in lines]

    adapters = ["nearest", "nearest-to-neutral"]
    _, notes = prepared(table=written(change), adapters=adapters, draws=["first", "emotional"])
    told = "target speakers scored on neutral utterances alone keep their neutral enrolment: s1."
    assert [note for note in notes if "emotional" in note] == [f"nearest-to-neutral, draw emotional: {told}"]
    assert not prepared(table=written(change), adapters=adapters)[1]


@pytest.mark.parametrize("accept_fewer", [False, True])
def test_a_draw_that_is_larger_than_declared_is_refused_also_where_fewer_are_accepted(prepared, accept_fewer):
    with pytest.raises(AccessError, match="Draw first/2 hands over 2 neutral, more than nearest-to-neutral declares"):
        prepared(adapters="nearest-to-neutral", draws=["first/2"], accept_fewer=accept_fewer)
