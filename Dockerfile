# The three programs in one image: kpi-server (the default), kpi-load and kpi-sample.
# The release of Debian that both stages are of: a tag, or a tag with a digest where every build has to be the same.
ARG DEBIAN=bookworm-slim

FROM debian:${DEBIAN} AS build
WORKDIR /src
# By itself, so that a changed source file does not install everything again.
COPY tools/setup tools/setup
RUN tools/setup build
COPY . .
RUN make -j"$(nproc)" programs \
    && strip build/kpi-server build/kpi-load build/kpi-sample \
    && make install DESTDIR=/out

FROM debian:${DEBIAN}
# Versions are those of the release, which mends them; nothing of the build's tools is here.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates openssl libbson-1.0-0 libcsv3 libcurl3-gnutls libgnutls30 libjansson4 libmicrohttpd12 libmongoc-1.0-0 libnettle8 tzdata \
        zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin kpi \
    && install -d -o kpi -g kpi /csv
COPY --from=build /out/usr/local/bin/ /usr/local/bin/
COPY --from=build /out/usr/local/share/kpi-server/ /usr/local/share/kpi-server/
COPY --from=build /out/usr/local/share/doc/kpi-server/licenses/ /usr/local/share/doc/kpi-server/licenses/
COPY tools/kpi-healthy tools/kpi-load-folder /usr/local/bin/
# `docker run -p` publishes on every address of the machine unless it is told otherwise: who runs the image gives KPI_KEYS, or says
# KPI_PUBLIC=1 where the port is published on a loopback or behind something that asks.
ENV KPI_LISTEN=0.0.0.0:8080
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="kpi-server" \
      org.opencontainers.image.description="REST server for the key figures of a shop, over MongoDB, with its loader" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
USER 10001:10001
VOLUME /csv
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["kpi-healthy"]
CMD ["kpi-server"]
