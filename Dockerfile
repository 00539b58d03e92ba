# The program with everything in it, SQL by DataFusion and buckets too. As nobody in particular, with
# one directory to write to. See docs/deploy.md.
FROM rust:1.95-slim-trixie AS build
WORKDIR /src
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends git \
    && rm -rf /var/lib/apt/lists/*
COPY . .
RUN cargo build --release --locked --features query,s3 \
    && install -D target/release/throughline /out/throughline

FROM debian:trixie-slim
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin throughline \
    && install -d -o throughline -g throughline -m 0700 /data
COPY --from=build /out/throughline /usr/local/bin/throughline
USER 10001
VOLUME /data
WORKDIR /data
EXPOSE 8080
ENTRYPOINT ["throughline"]
# Inside a container nothing is reached but through its network: a proxy that speaks TLS stands before it.
CMD ["serve", "--listen", "0.0.0.0:8080", "--behind-proxy", "--data", "/data"]
