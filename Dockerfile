# Written without a container engine at hand: this file has not been built yet.
FROM python:3.13-slim AS build
RUN apt-get update && apt-get install --yes --no-install-recommends git make && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN make wheel

FROM python:3.13-slim
RUN useradd --create-home --uid 10001 firstfix && install -d -o firstfix -g firstfix /data
COPY requirements/runtime.txt /tmp/
RUN pip install --no-cache-dir --require-hashes --requirement /tmp/runtime.txt
RUN --mount=type=bind,from=build,source=/build/dist,target=/dist pip install --no-cache-dir --no-deps /dist/*.whl
USER firstfix
ENV FIRSTFIX_DATA=/data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["firstfix"]
CMD ["serve", "--host", "0.0.0.0"]
