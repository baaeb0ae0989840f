# One image for every role: web, worker, beat, migrate. The command names the role.
FROM python:3.11-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/mailer
WORKDIR /src
# The dependencies change rarely and are a layer of their own.
COPY requirements.lock ./
RUN /opt/mailer/bin/pip install --require-hashes --only-binary :all: -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY templates templates
COPY recipients recipients
COPY mailer mailer
# The build back end came with the lock, so nothing is fetched here. The templates go into the package.
RUN /opt/mailer/bin/pip install --no-index --no-build-isolation --no-deps .

FROM python:3.11-slim-bookworm
COPY --from=build /opt/mailer /opt/mailer
# The only place that is written to. It holds the send journals: one volume for all containers of a machine.
RUN useradd --system --uid 10001 --home-dir /data --no-create-home mailer && install -d -o 10001 -g 10001 -m 0700 /data
ENV PATH=/opt/mailer/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONUTF8=1 MAILER_DATA_DIR=/data
USER 10001
WORKDIR /data
VOLUME /data
EXPOSE 8025
ENTRYPOINT ["mailer"]
CMD ["serve", "--listen", "0.0.0.0:8025", "--in-container"]
