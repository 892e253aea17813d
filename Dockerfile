# The three programs in one image: kpi-server (the default), kpi-load and kpi-sample.

FROM debian:bookworm-slim AS build
WORKDIR /src
# By itself, so that a changed source file does not install everything again.
COPY tools/setup tools/setup
RUN tools/setup build
COPY . .
RUN make -j"$(nproc)" programs && strip build/kpi-server build/kpi-load build/kpi-sample

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends \
        ca-certificates libbson-1.0-0 libcsv3 libcurl3-gnutls libjansson4 libmicrohttpd12 libmongoc-1.0-0 libnettle8 tzdata \
        zlib1g \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin kpi \
    && install -d -o kpi -g kpi /csv
COPY --from=build /src/build/kpi-server /src/build/kpi-load /src/build/kpi-sample /usr/local/bin/
COPY tools/kpi-healthy tools/kpi-load-folder /usr/local/bin/
COPY pipelines /usr/local/share/kpi-server/pipelines
COPY loader/profiles /usr/local/share/kpi-server/profiles
ENV KPI_LISTEN=0.0.0.0:8080 \
    KPI_PIPELINES=/usr/local/share/kpi-server/pipelines \
    KPI_PROFILES=/usr/local/share/kpi-server/profiles
USER kpi
VOLUME /csv
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s CMD ["kpi-healthy"]
CMD ["kpi-server"]
