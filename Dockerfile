# Two images: `collector` (the last stage, what `docker build .` makes) is the program and nothing else; `lab`
# adds what the hosts and the switch of docker-compose.yml need.

# Builds the program, and raw-socket's addon.
FROM node:24.14.1-bookworm-slim AS build
RUN apt-get update \
  && apt-get install -y --no-install-recommends python3 make g++ \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY packaging/build.ts packaging/
COPY src src
COPY web web
# In a container the store is a server: chDB, half a gigabyte, stays behind, with the objects of addons.
RUN npm run build \
  && npm prune --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/chdb node_modules/@chdb node_modules/raw-socket/build/Release/obj.target \
  && find dist node_modules -name '*.map' -delete && find node_modules -type d -empty -delete

FROM node:24.14.1-bookworm-slim AS runtime
# iproute2 sets tunnels' addresses and routes; libpcap compiles the filters of `mirrorlake mirror`.
RUN apt-get update \
  && apt-get install -y --no-install-recommends iproute2 libpcap0.8 \
  && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/* \
  && useradd --system --no-create-home --shell /usr/sbin/nologin mirrorlake \
  && install -d -o mirrorlake -g mirrorlake /var/lib/mirrorlake /run/mirrorlake \
  && ln -s /opt/mirrorlake/dist/cli/main.js /usr/local/bin/mirrorlake
WORKDIR /opt/mirrorlake
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY schemas schemas
COPY docs docs
COPY package.json LICENSE NOTICE README.md ./
RUN chmod +x dist/cli/main.js
ENTRYPOINT ["mirrorlake"]

FROM runtime AS lab
RUN apt-get update \
  && apt-get install -y --no-install-recommends openvswitch-switch ethtool iputils-ping tcpdump \
  && rm -rf /var/lib/apt/lists/*
COPY lab/host.mjs lab/switch.sh lab/
COPY lab/compose lab/compose
ENTRYPOINT []

# Last, so that it is what is built when no stage is named. It begins as root to open sockets and devices, and
# then becomes the user mirrorlake.
FROM runtime AS collector
VOLUME /var/lib/mirrorlake
EXPOSE 9470 9480
# By the control socket, which is there whether it listens or not. Unhealthy: docs/reference/metrics.md.
HEALTHCHECK --interval=5s --timeout=10s --start-period=60s \
  CMD ["mirrorlake", "status", "--health", "--control", "/run/mirrorlake/control.sock"]
CMD ["collect", "--user", "mirrorlake", "--control", "/run/mirrorlake/control.sock", \
  "--store", "http://clickhouse:8123/mirrorlake", "--listen", "0.0.0.0:9470"]
