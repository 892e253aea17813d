# shellcheck shell=bash
# A private mongod: on a Unix socket in DIR, with no TCP port.

mongod_start() {
    if mongod_running; then
        wait_until 10 ping_socket --write && return
        die "mongod runs in $dir (pid $(mongod_pids)) but does not answer: see $log/mongod.log, then $0 stop $dir"
    fi
    mkdir -p -- "$data/mongod"
    rm -f -- "$run"/*.sock
    say "starting mongod ($(type -P mongod)) in $dir"
    # mongod makes a second socket by its port's number; the prefix keeps that one in DIR as well.
    (cd "$data/mongod" && detached mongod --fork --dbpath "$data/mongod" --logpath "$log/mongod.log" --logappend --pidfilepath "$run/mongod.pid" \
        --bind_ip "$socket" --unixSocketPrefix "$(dirname "$socket")" --filePermissions 0700) \
        || die "mongod does not start: $(tail -n 5 "$log/mongod.log" 2>/dev/null)"
    wait_until 60 ping_socket --write || die "mongod does not answer: see $log/mongod.log"
}

mongod_stop() {
    stop_processes mongod "$data/mongod" 60 TERM KILL
    rm -f -- "$run"/*.sock "$run/mongod.pid"
}

mongod_pids() {
    pids_in mongod "$data/mongod"
}

mongod_running() {
    [[ -n $(mongod_pids) ]]
}
