#!/bin/sh
# Stands in for systemctl where no systemd runs: starts and stops what the guide names, units by their own lines.
set -eu
units=/etc/systemd/system state=/run/units
mkdir -p "$state"

line() { sed -n "s/^$2=//p" "$units/$1" | sed "s/%i/${3:-}/g"; }

start() {
    case $1 in
        postgresql)
            install -d -o postgres -g postgres -m 2775 /run/postgresql
            pg_ctlcluster 15 main start
            head -n 1 /var/lib/postgresql/15/main/postmaster.pid >"$state/postgresql" ;;
        redis-server)
            install -d -o redis -g redis /run/redis
            setpriv --reuid=redis --regid=redis --init-groups redis-server /etc/redis/redis.conf --daemonize yes \
                --pidfile /run/redis/rehearsed.pid --logfile "" >/dev/null
            until [ -s /run/redis/rehearsed.pid ]; do :; done
            cp /run/redis/rehearsed.pid "$state/redis-server" ;;
        *)
            instance=$(echo "$1" | sed -n 's/^[^@]*@//p')
            file=$(echo "$1" | sed 's/@.*/@/').service
            user=$(line "$file" User)
            set -- "$1" "$file" "$instance" "$user"
            export_file=$(line "$file" EnvironmentFile)
            while IFS= read -r pair; do
                case $pair in '' | '#'*) ;; *) export "${pair%%=*}=${pair#*=}" ;; esac
            done <"$export_file"
            # shellcheck disable=SC2046  # the unit's own words
            runuser -u "$user" -- $(line "$file" ExecStartPre "$instance") >&2
            # shellcheck disable=SC2046
            setsid setpriv --reuid="$user" --regid="$user" --init-groups --no-new-privs \
                $(line "$file" ExecStart "$instance") >>"/var/log/$1.log" 2>&1 </dev/null &
            echo $! >"$state/$1" ;;
    esac
}

stop() {
    pid=$(cat "$state/$1")
    kill -"${2:-TERM}" "$pid" 2>/dev/null || true
    n=0
    # one that ended and that nobody has asked for yet is over as well
    while [ -e "/proc/$pid" ] && ! grep -q '^State:.Z' "/proc/$pid/status" && [ $n -lt 400 ]; do sleep 0.1; n=$((n + 1)); done
    rm -f "$state/$1"
}

action=$1
shift
[ "${1:-}" != --now ] || shift
case $action in
    enable | start) for unit; do start "$unit"; done ;;
    stop) for unit; do stop "$unit"; done ;;
    kill-all) for file in "$state"/*; do [ -e "$file" ] && stop "$(basename "$file")" KILL; done ;;
    daemon-reload) ;;
    *) echo "systemctl $action: not known here" >&2; exit 1 ;;
esac
