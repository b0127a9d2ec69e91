# sabench in a container: the whole of it, or without torch, MLflow and espeak.
#
#   docker build --tag sabench .                                    everything, with CUDA where the host has it
#   docker build --tag sabench-light --target light .               classifiers of scikit-learn, statistics, leaderboards
#   docker run --rm -v "$PWD:/work" -v /data/emodb:/emodb:ro sabench run -a svm -d emodb --root /emodb
#
# Results are written to sabench-results in the folder that is mounted, features to the volume /cache.

FROM python:3.11-slim AS base
RUN apt-get update \
 && apt-get install --yes --no-install-recommends libsndfile1 libgomp1 \
 && rm -rf /var/lib/apt/lists/*
ENV PIP_NO_CACHE_DIR=1 PYTHONUNBUFFERED=1 SABENCH_CACHE=/cache SABENCH_CONFIG=/cache/config
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY requirements requirements
COPY sabench sabench
COPY plugins plugins
RUN useradd --create-home researcher && mkdir /cache /work && chown researcher /cache /work
VOLUME /cache

FROM base AS light
RUN pip install --no-deps --requirement requirements/light.txt && pip install --no-deps .
USER researcher
WORKDIR /work
ENTRYPOINT ["sabench"]
CMD ["--help"]

FROM base AS full
RUN pip install --constraint requirements/constraints.txt .
USER researcher
WORKDIR /work
ENTRYPOINT ["sabench"]
CMD ["--help"]
