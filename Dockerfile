# syntax=docker/dockerfile:1
# The server, and what `migrate` and `check` need of PostgreSQL (pg_dump, a scratch server), without tools
# to build: docker build -t passeplat .
# An image of your application: FROM passeplat, then COPY db /app/db (read by `passeplat migrate`).
FROM python:3.13-slim AS build
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore uv==0.13.9
ENV UV_CACHE_DIR=/tmp/uv \
    UV_COMPILE_BYTECODE=1 \
    UV_LINK_MODE=copy \
    UV_PROJECT_ENVIRONMENT=/opt/passeplat \
    UV_PYTHON_DOWNLOADS=never
WORKDIR /src
# The libraries are a layer of their own: it is built again when the lock changes, not the code.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/tmp/uv \
    uv sync --quiet --frozen --no-default-groups --extra embedded --no-install-project
COPY README.md LICENSE ./
COPY api api
COPY db db
RUN --mount=type=cache,target=/tmp/uv \
    uv sync --quiet --frozen --no-default-groups --extra embedded --no-editable

FROM python:3.13-slim
RUN groupadd --gid 10001 passeplat && \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /app --shell /usr/sbin/nologin passeplat
COPY --from=build /opt/passeplat /opt/passeplat
ENV PATH=/opt/passeplat/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PASSEPLAT_ADMIN_SERVER_PORT=3001
WORKDIR /app
USER 10001:10001
EXPOSE 3000 3001
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"PASSEPLAT_ADMIN_SERVER_PORT\"]}/ready', timeout=2)"]
ENTRYPOINT ["passeplat"]
CMD ["serve"]
