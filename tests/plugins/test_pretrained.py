"""Tiny models of the real classes, with random weights, loaded the way that real ones are."""

import json
import os
import shutil
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from sabench import FeatureError
from sabench.checks import Subject, run
from sabench.registry.registry import Registry, component

torch = pytest.importorskip("torch")
pipelines = pytest.importorskip("torchaudio.pipelines")
transformers = pytest.importorskip("transformers", reason="pip install 'sabench[ssl]'")

from sabench_plugins.features import _hub, ssl  # noqa: E402  (they need what was looked for above)
from sabench_plugins.features.hf import HuggingFace  # noqa: E402
from sabench_plugins.features.ssl import SSL  # noqa: E402

RATE, WIDTH, N_LAYERS = 16_000, 24, 3
NOWHERE = {"https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "no_proxy": ""}
CONVOLUTIONS = [(8, 10, 5), *[(8, 3, 2)] * 4, *[(8, 2, 2)] * 2]
SIZES = {
    "extractor_mode": "group_norm",
    "extractor_conv_layer_config": CONVOLUTIONS,
    "extractor_conv_bias": False,
    "encoder_embed_dim": WIDTH,
    "encoder_projection_dropout": 0.1,
    "encoder_pos_conv_kernel": 8,
    "encoder_pos_conv_groups": 2,
    "encoder_num_layers": N_LAYERS,
    "encoder_num_heads": 2,
    "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 32,
    "encoder_ff_interm_dropout": 0.0,
    "encoder_dropout": 0.1,
    "encoder_layer_norm_first": False,
    "encoder_layer_drop": 0.05,
    "aux_num_out": None,
}
WAVLM_SIZES = {**SIZES, "encoder_num_buckets": 8, "encoder_max_distance": 16}


def speech(seconds=1.0, seed=0):
    noise = np.random.default_rng(seed).standard_normal(int(seconds * RATE))
    return (0.1 * noise).astype(np.float32)[None]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny wav2vec 2.0 as transformers saves it."""
    place = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    config = transformers.Wav2Vec2Config(
        hidden_size=WIDTH,
        num_hidden_layers=N_LAYERS,
        num_attention_heads=2,
        intermediate_size=32,
        conv_dim=(8,) * 7,
        num_conv_pos_embeddings=8,
        num_conv_pos_embedding_groups=2,
        vocab_size=8,
    )
    transformers.Wav2Vec2Model(config).save_pretrained(place)
    transformers.Wav2Vec2FeatureExtractor(return_attention_mask=False).save_pretrained(place)
    return place


@pytest.fixture
def copy(folder, tmp_path):
    """A copy of the folder that a test may spoil."""
    return shutil.copytree(folder, tmp_path / "copy")


@pytest.fixture(params=["Wav2Vec2", "WavLM"])
def bundle(request, tmp_path, monkeypatch):
    """The name of a tiny bundle whose weights lie in torch's hub folder."""
    sizes = WAVLM_SIZES if request.param == "WavLM" else SIZES
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    checkpoints = tmp_path / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    tiny = pipelines.Wav2Vec2Bundle("tiny.pth", sizes, RATE, True, request.param)
    monkeypatch.setattr(pipelines, "TINY", tiny, raising=False)
    from torchaudio import models

    torch.manual_seed(0)
    make = models.wavlm_model if request.param == "WavLM" else models.wav2vec2_model
    torch.save(make(**sizes).state_dict(), checkpoints / "tiny.pth")
    ssl._loaded.cache_clear()
    yield "TINY"
    ssl._loaded.cache_clear()


def failures(extractor):
    return [f"{outcome.check}: {outcome.detail}" for outcome in run(Subject(extractor)) if outcome.status == "failed"]


@pytest.mark.parametrize("pooling", ["mean", "mean-sd", "frames"])
def test_models_of_transformers_keep_the_promises_of_extractors(folder, pooling):
    assert failures(HuggingFace(model=str(folder), pooling=pooling)) == []


@pytest.mark.parametrize("pooling", ["mean-sd", "frames"])
def test_models_of_torchaudio_keep_the_promises_of_extractors(bundle, pooling):
    assert failures(SSL(model=bundle, pooling=pooling)) == []


def test_features_are_what_transformers_gives_by_hand(folder):
    network = transformers.Wav2Vec2Model.from_pretrained(folder).eval()
    processor = transformers.Wav2Vec2FeatureExtractor.from_pretrained(folder)
    with torch.no_grad():
        inputs = processor(speech()[0], sampling_rate=RATE, return_tensors="pt").input_values
        states = torch.stack(network(inputs, output_hidden_states=True).hidden_states)[1:, 0]
    expected = {
        ("mean", "mean"): states.mean(dim=(0, 1)),
        (2, "mean"): states[1].mean(dim=0),
        (-1, "frames"): states[2],
        (1, "mean-sd"): torch.cat([states[0].mean(dim=0), states[0].std(dim=0, correction=0)]),
    }
    for (layer, pooling), values in expected.items():
        features = HuggingFace(model=str(folder), layer=layer, pooling=pooling).extract(speech(), RATE)
        assert np.allclose(features, values, atol=1e-5)


def test_features_are_what_torchaudio_gives_by_hand(bundle):
    model = getattr(pipelines, bundle).get_model()
    with torch.no_grad():
        states, _ = model.extract_features(torch.from_numpy(speech()))
    features = SSL(model=bundle, layer=[1, -1]).extract(speech(), RATE)
    expected = torch.cat([states[0][0].mean(dim=0), states[2][0].mean(dim=0)])
    assert np.allclose(features, expected, atol=1e-5)


def test_frames_are_sequences_and_others_functionals(folder):
    frames = HuggingFace(model=str(folder), pooling="frames")
    assert frames.kind == "sequences"
    assert frames.extract(speech(), RATE).shape == (49, WIDTH)
    assert HuggingFace(model=str(folder)).kind == "functionals"
    assert frames.hop_s == 0.02


@pytest.mark.parametrize("layer", [0, 4, -4, [], [1, 9]])
def test_a_layer_that_is_not_there_is_refused(folder, layer):
    with pytest.raises(FeatureError, match=r"layer is .*; the model has 3: expected 1 to 3, -1 for the last, or mean"):
        HuggingFace(model=str(folder), layer=layer).extract(speech(), RATE)


def test_a_long_utterance_is_computed_in_equal_pieces(folder):
    cut = HuggingFace(model=str(folder), pooling="frames", longest_s=1.0).extract(speech(2.0), RATE)
    whole = HuggingFace(model=str(folder), pooling="frames")
    halves = [whole.extract(half, RATE) for half in np.split(speech(2.0), 2, axis=1)]
    assert np.allclose(cut, np.concatenate(halves), atol=1e-6)


def test_half_precision_is_refused_on_a_processor(folder):
    with pytest.raises(FeatureError, match=r"dtype is float16, which is for graphics cards"):
        HuggingFace(model=str(folder), dtype="float16", device="cpu").prepare()


def test_the_content_of_a_folder_is_part_of_the_identity(folder, copy):
    before = component("hf", HuggingFace(model=str(copy)))
    assert before.version == component("hf", HuggingFace(model=str(folder))).version
    assert Registry().rebuild("features", before).model == str(copy)
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    os.utime(weights, ns=(1, 1))
    assert component("hf", HuggingFace(model=str(copy))).version != before.version


def test_a_run_whose_model_is_gone_says_what_is_missing(copy):
    made_with = component("hf", HuggingFace(model=str(copy)))
    shutil.rmtree(copy)
    with pytest.raises(FeatureError, match=r"is no folder here and not in the cache of Hugging Face"):
        Registry().rebuild("features", made_with)


def test_pickled_weights_are_refused(copy):
    torch.save(transformers.Wav2Vec2Model.from_pretrained(copy).state_dict(), copy / "pytorch_model.bin")
    (copy / "model.safetensors").unlink()
    with pytest.raises(
        FeatureError, match=r"no weights in safetensors \(there is pytorch_model.bin, a pickle, which can"
    ):
        HuggingFace(model=str(copy)).prepare()


def test_code_that_a_model_brings_is_not_run(copy):
    config = json.loads((copy / "config.json").read_text())
    config |= {"model_type": "strange", "auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.Own"}}
    (copy / "config.json").write_text(json.dumps(config))
    (copy / "own.py").write_text("raise SystemExit('this must not run')")
    with pytest.raises(FeatureError, match=r"cannot be loaded by transformers, whose code alone is used"):
        HuggingFace(model=str(copy)).prepare()


def test_weights_that_are_not_of_the_model_are_refused(copy):
    from safetensors.torch import load_file, save_file

    weights = load_file(copy / "model.safetensors")
    del weights["encoder.layers.1.attention.k_proj.weight"]
    save_file(weights, copy / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        FeatureError, match=r"lack 1 of its parameters, such as encoder.layers.1.attention.k_proj.weight"
    ):
        HuggingFace(model=str(copy)).prepare()


def test_a_folder_without_its_preprocessing_is_refused(copy):
    (copy / "preprocessor_config.json").unlink()
    with pytest.raises(FeatureError, match=r"has no preprocessor_config.json; expected what `save_pretrained`"):
        HuggingFace(model=str(copy)).prepare()


def test_without_a_model_hf_says_how_to_name_one():
    with pytest.raises(FeatureError, match=r"name a folder or a model of Hugging Face's hub with --set hf.model=MODEL"):
        HuggingFace().extract(speech(), RATE)


def test_an_unknown_bundle_is_refused_with_those_that_there_are():
    with pytest.raises(FeatureError, match=r"no speech model 'WAVLM_HUGE'; it has HUBERT_ASR_LARGE, .*WAVLM_LARGE"):
        SSL(model="WAVLM_HUGE").prepare()


def test_a_damaged_file_of_weights_is_told(bundle):
    file = ssl._hub_file(getattr(pipelines, bundle))
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(
        FeatureError, match=r"tiny.pth does not hold the weights of TINY \(.*\)\. Remove it, and run again"
    ):
        SSL(model=bundle).prepare()


class Touch:
    def __init__(self, place):
        self.place = place

    def __reduce__(self):
        return os.mkdir, (self.place,)


def test_code_in_a_file_of_weights_is_not_run(bundle, tmp_path):
    torch.save(Touch(str(tmp_path / "touched")), ssl._hub_file(getattr(pipelines, bundle)))
    with pytest.raises(FeatureError, match=r"tiny.pth does not hold the weights of TINY"):
        SSL(model=bundle).prepare()
    assert not (tmp_path / "touched").exists()


WITHOUT_NETWORK = [
    (
        ["--features", "ssl"],
        r"the weights of WAV2VEC2_BASE cannot be fetched (<urlopen error",
        "expected them in {home}/hub/checkpoints/wav2vec2_fairseq_base_ls960.pth. Run once with a network, or copy",
    ),
    (
        ["--features", "hf", "--set", "hf.model=facebook/wav2vec2-base"],
        "'facebook/wav2vec2-base' is no folder here and not in the cache of Hugging Face, and its hub does not give it",
        "run once with a network, or name a folder with --set hf.model=FOLDER.",
    ),
]


@pytest.mark.parametrize(("features", "what", "advice"), WITHOUT_NETWORK, ids=["ssl", "hf"])
def test_without_a_network_one_sentence_says_what_to_do(features, what, advice, tones, tmp_path):
    command = [sys.executable, "-m", "sabench", "run", "-a", "svm", *features, "-d", "table", "--root", str(tones)]
    home = {"TORCH_HOME": str(tmp_path), "HF_HOME": str(tmp_path), "SABENCH_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [*command, "--no-track", "--results", str(tmp_path / "results")],
        env={**os.environ, **NOWHERE, **home},
        capture_output=True,
        text=True,
        check=False,
    )
    said = " ".join(done.stderr.split())
    assert done.returncode != 0
    assert what in said
    assert advice.format(home=tmp_path) in said
    assert "Traceback" not in said


def test_worker_processes_fill_the_store_and_a_second_run_reads_it(folder, tones, tmp_path):
    from sabench.corpora import loading
    from sabench.features.store import FeatureStore

    corpus = loading.load(Registry().create("datasets", "table"), tones, None)
    told = []
    for _ in range(2):
        extractor = HuggingFace(model=str(folder), device="cpu")
        store = FeatureStore(tmp_path)
        features = store.ensure(corpus.table, extractor, "hf", jobs=2, progress=lambda *done: told.append(done))
    assert told[-1] == (len(corpus.table), len(corpus.table))
    assert told.count(told[-1]) == 1
    stored = features.view(corpus.table["digest"]).stack()
    assert stored.shape == (len(corpus.table), WIDTH)


def test_registering_imports_no_heavy_library():
    script = """
        import sys
        from sabench_plugins.features import hf, ssl
        hf.HuggingFace(), ssl.SSL()
        print({"torch", "torchaudio", "transformers", "huggingface_hub"} & set(sys.modules))
    """
    command = [sys.executable, "-c", textwrap.dedent(script)]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip() == "set()"


def test_models_say_what_they_have_seen(copy):
    assert HuggingFace().trained_on == ()
    assert HuggingFace(also_trained_on=["emodb"]).trained_on == ("emodb",)
    config = json.loads((copy / "config.json").read_text())
    config["_name_or_path"] = "superb/wav2vec2-base-superb-er"
    (copy / "config.json").write_text(json.dumps(config))
    assert HuggingFace(model=str(copy), also_trained_on=["meld"]).trained_on == ("iemocap", "meld")


def test_known_models_name_datasets_that_there_are():
    named = {name for datasets in _hub.SEEN.values() for name in datasets}
    assert named <= set(Registry().names("datasets"))
