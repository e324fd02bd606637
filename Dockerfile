# The worker's image: `docker build --tag voice-worker .`
# Nothing is compiled and nothing is downloaded at start: models, time zones and sounds come with the wheels and the code.

ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_ROOT_USER_ACTION=ignore
RUN python -m venv /opt/venv
COPY requirements-runtime.lock ./
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements-runtime.lock
COPY agent /app/agent
COPY audio /app/audio
COPY tools /app/tools
# Compiled here, since the worker may not write there; the command is what an installation of the project would make.
RUN /opt/venv/bin/python -m compileall -q /opt/venv /app \
    && /opt/venv/bin/pip uninstall --yes --quiet pip setuptools \
    && printf '#!/bin/sh\nexec /opt/venv/bin/python -m agent "$@"\n' > /opt/venv/bin/voice-worker \
    && chmod 755 /opt/venv/bin/voice-worker

FROM python:${PYTHON}
LABEL org.opencontainers.image.title="voice-worker" org.opencontainers.image.licenses="Apache-2.0"
# As process 1, tini hands signals on and takes in whatever a killed job leaves behind.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends tini \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /tmp worker \
    && install --directory --owner worker --group worker /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
COPY LICENSE THIRD_PARTY_NOTICES.md /app/

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    VOICE_WORKER_HOST=0.0.0.0 \
    VOICE_WORKER_HEALTH_PORT=8081 \
    VOICE_WORKER_METRICS_PORT=8082 \
    VOICE_WORKER_DATA_DIR=/data

# A number, so that Kubernetes can see that it is not root.
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8081 8082

STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ['VOICE_WORKER_HEALTH_PORT'] + '/', timeout=4)"]
ENTRYPOINT ["tini", "--", "voice-worker"]
CMD ["worker"]
