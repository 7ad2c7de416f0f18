# The full form of Home Miner Manager. Nothing here depends on the machine's architecture: amd64 and arm64.

FROM node:24-slim AS browser-libraries
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

FROM python:3.13-slim AS packages
COPY requirements/runtime.txt /requirements.txt
RUN python -m venv /venv \
    && /venv/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /requirements.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HMM_DATA_DIR=/data \
    HMM_STATIC_DIR=/app/staticfiles
WORKDIR /app
COPY --from=packages /venv /venv
COPY --from=browser-libraries /app/node_modules ./node_modules
COPY . .
# The key is used for nothing but this step, and the collected files are read only afterwards.
RUN HMM_SECRET_KEY=build HMM_ENCRYPTION_KEY=build HMM_DATA_DIR=/tmp/build python manage.py prepare --static-only \
    && mkdir /data && chown 1000:1000 /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 CMD ["python", "manage.py", "alive", "web"]
# Started as root, the entrypoint gives /data to PUID:PGID and goes on as that user; never as root.
ENTRYPOINT ["/app/docker/entrypoint.sh"]
CMD ["web"]
