#!/bin/sh
# Install Debian or Ubuntu packages, as root, without starting or creating a service of the machine's own.
#   sh apt.sh PACKAGE...
set -eu
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

policy=/usr/sbin/policy-rc.d
cluster=/etc/postgresql-common/createcluster.d/ckanext-pole.conf
made_policy= made_cluster=

finish() {
    [ -z "$made_policy" ] || rm -f "$policy"
    [ -z "$made_cluster" ] || rm -f "$cluster"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# What is installed must not start: not now, and not at the next boot of the machine.
if [ ! -e "$policy" ]; then
    made_policy=yes
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
fi
if [ ! -e "$cluster" ]; then
    made_cluster=yes
    mkdir -p "$(dirname "$cluster")"
    printf 'create_main_cluster = false\n' > "$cluster"
fi
had_redis=$(command -v redis-server || true)
had_nginx=$(command -v nginx || true)

apt-get update -q
apt-get install -y -q --no-install-recommends "$@"

if [ -d /run/systemd/system ]; then
    [ -n "$had_redis" ] || ! command -v redis-server > /dev/null || systemctl disable --now redis-server || true
    [ -n "$had_nginx" ] || ! command -v nginx > /dev/null || systemctl disable --now nginx || true
fi
