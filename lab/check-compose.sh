#!/bin/sh
# Starts docker-compose.yml, runs the queries in README.md and docs/tutorial/lab.md, checks the answers, and
# stops everything.
#
#   lab/check-compose.sh [SERVICE...]     the services to start; by default, all
#
# COMPOSE is the command of Compose, by default `docker compose`.
set -eu
cd "$(dirname "$0")/.."
compose=${COMPOSE:-command docker compose}
store=http://clickhouse:8123/mirrorlake

inside() { # service, command
  service=$1
  shift
  $compose exec -T "$service" "$@"
}
# shellcheck disable=SC2317 # called by the lines
docker() { # what README.md's lines call, without a terminal
  [ "$1 $2" = 'compose exec' ] || { echo "README.md: docker $1 $2?" >&2; exit 1; }
  shift 2
  inside "$@"
}
readme() { # a question: the line in README.md under `# question`, run
  line=$(sed -n "/^# $1/,/^[#\`]/{/^[#\`]/!p}" README.md)
  [ -n "$line" ] || { echo "README.md does not ask: $1" >&2; exit 1; }
  eval "$line"
}
sql() { inside collector mirrorlake query --store "$store" --format TSV "$1"; }
eval "$(grep '^ask() {' README.md)" # which the lines call
finish() {
  status=$?
  [ $status -eq 0 ] || $compose logs --tail=20 || true
  $compose down --volumes >/dev/null 2>&1 || true
  exit $status
}
right() { # what, the answer, a pattern it matches
  printf '%s\n%s\n\n' "$1" "$2"
  printf '%s\n' "$2" | grep -Eq "$3" || { echo "that is not the answer: /$3/ was expected" >&2; exit 1; }
}
wait_for() { # what, seconds, a command
  what=$1 left=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    left=$((left - 2))
    [ $left -gt 0 ] || { echo "waited in vain for $what" >&2; exit 1; }
    sleep 2
  done
}
stored() { [ "$(sql "SELECT count() > 100 AND countIf(tcp_state = 'S0') > 0 FROM sessions")" = 1 ]; }
minutes() {
  [ "$(sql "SELECT (SELECT uniqExact(mirror_session) FROM mirrors) = 2
    AND (SELECT uniqExact(name) FROM tunnels) = 2")" = 1 ]
}

trap finish EXIT
trap 'exit 1' INT TERM
$compose up --detach "$@"
wait_for 'sessions in the store' 60 stored

right 'Who talks most?' "$(readme 'Who talks most' | cut -f 1-3 | head -n 1)" \
  '^10\.20\.0\.1	10\.20\.0\.2	http$'
right 'Which connections fail?' "$(readme 'Which connections fail' | cut -f 2-4 | sort -u | tr '\n\t' '; ')" \
  '^10\.20\.0\.1 8443 REJ;10\.20\.0\.2 8443 REJ;10\.20\.0\.99 443 S0;$'
right 'Over IPv6 as well?' \
  "$(sql "SELECT count() FROM sessions WHERE ether_type = 34525 AND app_protocol = 'http'")" '^[1-9]'
right 'Does the tunnel carry?' "$(readme 'Does the tunnel carry')" ' 0% packet loss'
# shellcheck disable=SC2016 # for the shell in there
right 'Whose is the collector?' "$(inside collector sh -c 'for p in /proc/[0-9]*; do
  case $(tr "\0" " " <$p/cmdline) in *node*"collect --config"*) grep ^Uid $p/status ;; esac
done' | tail -n 1)" '^Uid:	[1-9]'
wait_for 'the minute of mirrors and tunnels' 90 minutes
console() { # what the console's API answers, as JSON
  inside console node -e '
    const token = require("node:fs").readFileSync("/var/lib/mirrorlake/console/token", "utf8").trim();
    fetch(`http://127.0.0.1:9480/api/v1${process.argv[1]}`, { headers: { authorization: `Bearer ${token}` } })
      .then((response) => response.text())
      .then((text) => console.log(text));
  ' "$1"
}
seen=$(console /status)
right 'Does the console see the collector?' "$seen" '"collector":"collector"'
right 'And its mirrors, by name?' "$seen" '"name":"enters".*"name":"leaves"'
right 'What did each mirror lose?' "$(readme 'What did each mirror lose' | tr '\n\t' '; ')" \
  '^erspan2 10 [1-9][0-9]* 0;erspan3 20 [1-9][0-9]* 0;$'
right 'Was anything malformed, or dropped by the kernel?' \
  "$(sql "SELECT sum(m.malformed) + max(m.kernel_drops) FROM mirrors AS m")" '^0$'
right 'What did the tunnel count?' "$(sql "SELECT collector, name, sum(t.rx_packets) > 0,
  sum(t.rx_errors + t.tx_errors) FROM tunnels AS t GROUP BY ALL ORDER BY name" | tr '\n\t' '; ')" \
  '^pc-1 Tunnel-1 1 0;pc-2 Tunnel-2 1 0;$'
# shellcheck disable=SC2016 # a pattern
tutorial=$(sed -n '/^docker compose exec/,/^```$/{/^```$/!p}' docs/tutorial/lab.md)
answers=$(eval "$tutorial")
right 'What does the tutorial get?' "$answers" '^Tunnel-1: gre remote'
right 'And of the mirrors?' "$answers" '^erspan3	20	[1-9]'
echo 'all as it should be'
