from sabench_plugins.simulation import pair


def test_a_pair_differs_in_the_speaker_effect_alone_and_is_made_whole(tmp_path, monkeypatch):
    made = []

    def simulate(place, *, per_speaker, speaker_effect, seed):
        place.mkdir()
        made.append((place.name, per_speaker, speaker_effect, seed))

    monkeypatch.setattr(pair.aibo, "simulate", simulate)
    (tmp_path / ".speakers-alike").mkdir()
    (tmp_path / ".speakers-alike" / "left by a kill").touch()
    places = pair.write(tmp_path, seed=3)
    assert [place.name for place in places] == ["speakers-differ", "speakers-alike"]
    assert made == [(".speakers-differ", 25, 1.0, 3), (".speakers-alike", 25, 0.0, 3)]
    assert list((tmp_path / "speakers-alike").iterdir()) == []
    pair.write(tmp_path, seed=3)
    assert len(made) == 2
