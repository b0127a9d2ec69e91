import pytest
import tiny

from sabench import ALL, Access, Alias, ParameterError, PlanError, UnknownPlugin, hookimpl
from sabench.registry.methods import Choice, resolve
from sabench.registry.registry import Registry


def parts(*names, **choice):
    return resolve(tiny.registry(), names, Choice(**choice))


def method(name, **choice):
    return parts(name, **choice)[0].method


def same_method(one, other):
    return (one.adapter, one.normaliser, one.features, one.access) == (
        other.adapter,
        other.normaliser,
        other.features,
        other.access,
    )


def test_a_method_has_all_its_parameters_resolved():
    made = method("svm")
    assert made.adapter.parameters == {"C": 1.0, "kernel": "rbf", "gamma": "scale", "class_weight": "balanced"}
    assert (made.adapter.name, made.features.name, made.normaliser, made.title) == ("svm", "egemaps", None, "svm")


def test_an_alias_expands_to_the_adapter_behind_its_normaliser():
    made = method("svm-norm")
    assert (made.name, made.adapter.name, made.normaliser.name) == ("svm-norm", "svm", "speaker-zscore")
    assert made.normaliser.parameters["unlabelled"] == ALL
    assert same_method(made, method("svm", normaliser="speaker-zscore"))


def test_an_alias_brings_the_parameters_of_its_normaliser():
    made = method("svm-neutral")
    assert (made.normaliser.parameters["neutral"], made.normaliser.parameters["shrinkage"]) == (1, 0.0)
    assert made.access == Access(neutral=1)


def test_access_is_what_normaliser_and_adapter_need_together():
    made = method("nearest-to-neutral", normaliser="speaker-zscore")
    assert made.access == Access(neutral=1, unlabelled=ALL)


def test_access_follows_the_parameters():
    assert method("svm", normaliser="speaker-zscore", settings={"speaker-zscore.unlabelled": 5}).access == Access(
        unlabelled=5
    )


def test_a_chosen_normaliser_stands_in_front_of_methods_that_have_none():
    plain, normed = (part.method for part in parts("svm", "svm-norm", normaliser="corpus-zscore"))
    assert (plain.normaliser.name, normed.normaliser.name) == ("corpus-zscore", "speaker-zscore")
    assert plain.title == "svm (normaliser=corpus-zscore)"
    assert normed.title == "svm-norm"


def test_other_features_can_be_chosen():
    made = method("nearest", features="tone-frames")
    assert made.features.name == "tone-frames"
    assert made.title == "nearest (features=tone-frames)"


def test_features_of_a_kind_that_a_method_does_not_take_are_refused():
    message = "svm takes functionals; tone-frames gives sequences. Its default is --features egemaps"
    with pytest.raises(PlanError, match=message):
        method("svm", features="tone-frames")


# Presets


def test_a_preset_sets_parameters_where_there_is_one():
    soft, plain = (part.method for part in parts("nearest", "svm", preset="soft"))
    assert soft.adapter.parameters["sharpness"] == 0.1
    assert (soft.title, plain.title) == ("nearest (preset=soft)", "svm")


def test_a_setting_wins_over_a_preset():
    made = method("nearest", preset="soft", settings={"nearest.sharpness": 0.5})
    assert made.adapter.parameters["sharpness"] == 0.5


class Seeing(tiny.Nearest):
    name = "seeing"
    preset_features = {"soft": "tone-frames"}


class SeeingPlugin:
    @hookimpl
    def sabench_adapters(self):
        return {"seeing": Seeing}


def test_a_preset_brings_its_own_features_unless_others_are_asked_for():
    registry = Registry(extra=[tiny, SeeingPlugin()])

    def seeing(**choice):
        return resolve(registry, ["seeing"], Choice(**choice))[0].method

    assert seeing().features.name == "tone"
    assert (seeing(preset="soft").features.name, seeing(preset="soft").title) == (
        "tone-frames",
        "seeing (preset=soft)",
    )
    other = seeing(preset="soft", features="tone")
    assert (other.features.name, other.title) == ("tone", "seeing (features=tone, preset=soft)")


def test_a_preset_that_no_method_has_is_refused():
    with pytest.raises(PlanError, match="No chosen adapter has a preset 'hard'. They have: soft"):
        parts("nearest", "svm", preset="hard")


# Settings


def test_a_setting_for_one_plugin_leaves_the_others():
    svm, nearest = (part.method for part in parts("svm", "nearest", settings={"nearest.feature": 1}))
    assert nearest.adapter.parameters["feature"] == 1
    assert (svm.title, nearest.title) == ("svm", "nearest (feature=1)")


def test_a_setting_for_an_adapter_reaches_its_aliases():
    found = [part.method.adapter.parameters["C"] for part in parts("svm", "svm-norm", settings={"svm.C": 0.1})]
    assert found == [0.1, 0.1]


def test_a_setting_for_an_alias_leaves_the_plain_adapter():
    found = [part.method.adapter.parameters["C"] for part in parts("svm", "svm-norm", settings={"svm-norm.C": 0.1})]
    assert found == [1.0, 0.1]


def test_a_setting_for_all_adapters_reaches_those_that_have_the_parameter():
    svm, nearest = parts("svm", "nearest", settings={"adapter.C": 0.1})
    assert svm.method.adapter.parameters["C"] == 0.1
    assert nearest.method.variant == ""


def test_the_more_special_setting_wins():
    settings = {"svm.C": 2.0, "adapter.C": 0.1}
    assert method("svm", settings=settings).adapter.parameters["C"] == 2.0
    assert method("svm-norm", settings={**settings, "svm-norm.C": 3.0}).adapter.parameters["C"] == 3.0


def test_normaliser_and_features_have_settings_too():
    settings = {"normaliser.shrinkage": 2.0, "features.fails_on_level_above": 0.0}
    made = method("nearest-norm", settings=settings)
    assert made.normaliser.parameters["shrinkage"] == 2.0
    assert made.features.parameters["fails_on_level_above"] == 0.0
    assert made.variant == "shrinkage=2.0, fails_on_level_above=0.0"


def test_a_setting_that_no_chosen_adapter_has_is_refused():
    with pytest.raises(ParameterError, match="No chosen adapter has a parameter 'C'"):
        method("nearest", settings={"adapter.C": 0.1})


def test_a_setting_for_a_plugin_outside_the_plan_is_refused_with_a_hint():
    message = r"Setting nearets.feature is for 'nearets', which is not part of this plan. Did you mean 'nearest'\?"
    with pytest.raises(ParameterError, match=message):
        method("nearest", settings={"nearets.feature": 1})


def test_a_parameter_that_the_named_plugin_lacks_is_refused():
    with pytest.raises(ParameterError, match=r"svm has no parameter 'c'. It has: C, kernel"):
        method("svm", settings={"svm.c": 1})


def test_a_setting_without_owner_is_refused():
    with pytest.raises(ParameterError, match=r"Setting 'C' names no plugin; write svm.C=... for one, adapter.C"):
        method("svm", settings={"C": 1})


# Names


def test_unknown_parts_are_told():
    with pytest.raises(UnknownPlugin, match="Unknown adapter 'svmm'. Did you mean 'svm'"):
        method("svmm")
    with pytest.raises(UnknownPlugin, match="Unknown normaliser 'zscore'"):
        method("svm", normaliser="zscore")
    with pytest.raises(UnknownPlugin, match="Unknown features 'egemap'. Did you mean 'egemaps'"):
        method("svm", features="egemap")


def test_an_alias_of_an_alias_is_refused():
    class Plugin:
        @hookimpl
        def sabench_adapters(self):
            return {"twice": Alias("svm-norm")}

    with pytest.raises(PlanError, match="alias 'twice' stands for another alias, 'svm-norm'"):
        resolve(Registry(extra=[Plugin()]), ["twice"], Choice())
