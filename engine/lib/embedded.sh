# shellcheck shell=bash
# The embedded engine: PostgreSQL with the DocumentDB extension, and FerretDB, which speaks MongoDB's protocol in front of it.
#
# Two processes a user sees, postgres and ferretdb; both run in a sandbox, detached, with DIR/run as the only way to them.
# Their working folders tell them from those of other instances: DIR/data/pg and DIR/data/ferretdb.

embedded_start() {
    choose_sandbox "$engine_tree"
    if embedded_running && ping_socket --write; then
        return
    fi
    prepare_sandbox "$engine_tree" "$dir"
    postgres_running || postgres_start
    ferretdb_running || ferretdb_start
    if ! wait_until 20 ping_socket --write; then
        say "FerretDB does not answer: starting it once more"
        ferretdb_stop
        ferretdb_start
        wait_until 20 ping_socket --write || die "the engine does not answer: $("$here/ping.pl" --write "$socket" 2>&1)
$(last_lines "$log/ferretdb.log")
$(last_lines "$log/postgresql.log")"
    fi
}

embedded_stop() {
    ferretdb_stop
    # INT is PostgreSQL's fast shutdown, QUIT its immediate one; the next start repairs what that leaves.
    stop_processes postgres "$data/pg" 60 INT QUIT KILL
    rm -f -- "$run"/.s.PGSQL.*
}

embedded_pids() {
    local pids
    pids="$(postmaster_pid) $(pids_in ferretdb "$data/ferretdb")"
    pids=${pids# }
    echo "${pids% }"
}

embedded_running() {
    postgres_running && ferretdb_running
}

# The postmaster's pid, or nothing where it does not run.
postmaster_pid() {
    local pid
    if { read -r pid <"$data/pg/postmaster.pid"; } 2>/dev/null && [[ /proc/$pid/cwd -ef $data/pg ]]; then
        echo "$pid"
    fi
}

postgres_running() {
    [[ -n $(postmaster_pid) ]]
}

postgres_start() {
    # After a kill of the postmaster its children end by themselves, and no second one may touch the data before.
    if ! wait_until 10 none_in postgres "$data/pg"; then
        stop_processes postgres "$data/pg" 10 QUIT KILL
    fi
    if [[ ! -d $data/pg ]]; then
        rm -rf -- "$data/pg.new"
        cp -a --reflink=auto -- "$engine_home/template" "$data/pg.new"
        chown -R --reference="$data" -- "$data/pg.new"
        mv -T -- "$data/pg.new" "$data/pg"
    fi
    forget_recycled_pid
    rotate_log "$log/postgresql.log"
    postgres_settings >"$data/pg/engine.conf"
    say "starting PostgreSQL in $dir"
    detached_in_sandbox pg_ctl start -s -w -t 300 -D /data/pg -l /log/postgresql.log \
        || die "PostgreSQL does not start: $(last_lines "$log/start.log")
$(last_lines "$log/postgresql.log")"
}

# PostgreSQL refuses to start while the pid of its last run belongs to any process, such as another one after a reboot.
forget_recycled_pid() {
    if ! postgres_running; then
        rm -f -- "$data/pg/postmaster.pid"
    fi
}

# Written at every start, so that a new version of this file reaches old data. DIR/data/pg/local.conf overrides it.
postgres_settings() {
    cat <<END
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
cron.host = '/run'
# The extension connects back to itself; without this every insert fails.
documentdb.localhost_connection_string = 'host=/run'

listen_addresses = ''
unix_socket_directories = '/run'
unix_socket_permissions = 0700
# FerretDB holds 50 connections at most.
max_connections = 100

shared_buffers = '$(shared_buffers)MB'
dynamic_shared_memory_type = $(if [[ $sandbox == bwrap ]]; then echo posix; else echo sysv; fi)
jit = off
# Nothing replicates from here.
wal_level = minimal
max_wal_senders = 0
max_wal_size = '2GB'

cluster_name = '$(basename "$dir" | LC_ALL=C tr -c 'A-Za-z0-9._\n-' '_' | cut -c 1-60)'
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
END
}

# 512 MB, or an eighth of a small machine's memory.
shared_buffers() {
    local kib eighth
    kib=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
    eighth=$((kib / 8192))
    echo $((eighth < 64 ? 64 : eighth > 512 ? 512 : eighth))
}

ferretdb_running() {
    ! none_in ferretdb "$data/ferretdb"
}

ferretdb_start() {
    mkdir -p -m 0700 -- "$data/ferretdb"
    chown --reference="$data" -- "$data/ferretdb"
    rm -f -- "$run/mongo.sock"
    rotate_log "$log/ferretdb.log"
    say "starting FerretDB in $dir"
    detached_in_sandbox sh -c "cd /data/ferretdb && exec setsid ferretdb --postgresql-url='postgres://postgres@/postgres?host=/run&port=5432' \
        --listen-addr= --listen-unix=/run/mongo.sock --debug-addr=- --no-auth --state-dir=/data/ferretdb \
        --telemetry=disable --log-level=warn >>/log/ferretdb.log 2>&1 &"
}

ferretdb_stop() {
    stop_processes ferretdb "$data/ferretdb" 15 TERM KILL
    rm -f -- "$run/mongo.sock"
}

# For a command that leaves a process behind.
detached_in_sandbox() {
    detached in_sandbox "$engine_tree" "$dir" "$@"
}

last_lines() {
    printf '%s:\n' "$1"
    tail -n 8 -- "$1" 2>/dev/null || true
}
