# shellcheck shell=bash
# The embedded engine: PostgreSQL with the DocumentDB extension, and FerretDB, which speaks MongoDB's protocol in front of it.
#
# Two processes a user sees, postgres and ferretdb; both run in a sandbox, detached, with DIR/run as the only way to them.
# Their working folders tell them from those of other instances: DIR/data/pg and DIR/data/ferretdb.

embedded_start() {
    if embedded_running && ping_socket --write; then
        return
    fi
    use_sandbox_of_instance
    postgres_running || postgres_start
    if ferretdb_running; then
        # It finds a PostgreSQL that was started again by itself.
        if wait_until 10 ping_socket --write; then
            return
        fi
        say "FerretDB (pid $(pids_in ferretdb "$data/ferretdb")) does not answer: starting it again"
        ferretdb_stop
    fi
    ferretdb_start
    wait_until 30 answered_or_gone || true
    ping_socket --write || die "the engine does not answer: $("$here/ping.pl" --write "$socket" 2>&1)
$(last_lines "$log/start.log")
$(last_lines "$log/ferretdb.log")
$(last_lines "$log/postgresql.log")"
}

# What still runs keeps its sandbox, and what is started beside it has to be in the same.
use_sandbox_of_instance() {
    if [[ -n $(pids_in postgres "$data/pg")$(pids_in ferretdb "$data/ferretdb") && -f $dir/sandbox ]]; then
        sandbox=$(<"$dir/sandbox")
    else
        prepare_sandbox "$engine_tree" "$dir"
        record sandbox "$sandbox"
    fi
}

answered_or_gone() {
    ! ferretdb_running || ping_socket --write
}

embedded_stop() {
    ferretdb_stop
    # INT is PostgreSQL's fast shutdown, QUIT its immediate one; the next start repairs what that leaves.
    stop_processes postgres "$data/pg" 60 INT QUIT KILL
    forget_last_run
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
        create_database
    fi
    forget_last_run
    rotate_log "$log/postgresql.log"
    postgres_settings >"$data/pg/engine.conf"
    say "starting PostgreSQL in $dir, in $sandbox"
    detached_in_sandbox pg_ctl start -s -w -t 300 -D /data/pg -l /log/postgresql.log \
        || die "PostgreSQL does not start: $(last_lines "$log/start.log")
$(last_lines "$log/postgresql.log")"
    update_extensions
}

# A copy of the prepared one: several times as fast as making it. Synced, since it bypassed PostgreSQL's own care.
create_database() {
    local complaints
    rm -rf -- "$data/pg.new"
    # Not through a log: it may be the disk that is full.
    complaints=$(cp -a --reflink=auto -- "$engine_home/template" "$data/pg.new" 2>&1) \
        || die "cannot create a database in $data, is the disk full? ${complaints%%$'\n'*}"
    chown -R --reference="$data" -- "$data/pg.new"
    in_sandbox "$engine_tree" "$dir" initdb --sync-only -D /data/pg.new >"$log/start.log" 2>&1 \
        || die "cannot create a database: $(last_lines "$log/start.log")"
    mv -T -- "$data/pg.new" "$data/pg"
}

# Data that an older installation made gets the newer one's functions.
update_extensions() {
    local installed
    installed=$(extension_version "$engine_tree")
    if [[ $(cat "$data/pg/documentdb.version") != "$installed" ]]; then
        say "updating the database to DocumentDB $installed"
        sql "$engine_tree" "$update_sql" >>"$log/start.log" 2>&1 \
            || die "the database could not be updated to DocumentDB $installed: $(last_lines "$log/start.log")"
        printf '%s\n' "$installed" >"$data/pg/documentdb.version"
    fi
}

# sql TREE STATEMENT, in the running PostgreSQL of DIR.
sql() {
    in_sandbox "$1" "$dir" psql -q -h /run -U postgres -d postgres -v ON_ERROR_STOP=1 -c "$2"
}

# shellcheck disable=SC2016 # SQL
readonly update_sql='DO $$
DECLARE
    extension text;
BEGIN
    FOR extension IN
        SELECT name FROM pg_available_extensions WHERE installed_version <> default_version ORDER BY name <> $q$documentdb_core$q$
    LOOP
        EXECUTE format($q$ALTER EXTENSION %I UPDATE$q$, extension);
    END LOOP;
END $$'

extension_version() {
    sed -n "s/^default_version = '\(.*\)'/\1/p" "$1/usr/share/postgresql/18/extension/documentdb.control"
}

# PostgreSQL refuses to start while the pid of its last run belongs to any process: another one after a reboot, or its own
# that nobody has reaped yet. That none of it runs is known here already.
forget_last_run() {
    free_shared_memory
    rm -f -- "$data/pg/postmaster.pid" "$run"/.s.PGSQL.*
}

# A killed PostgreSQL leaves a few bytes of System V shared memory, whose key and id its pid file names.
free_shared_memory() {
    local key id
    if [[ -f $data/pg/postmaster.pid ]]; then
        read -r key id < <(sed -n 7p "$data/pg/postmaster.pid") || return 0
        # Of /proc/sysvipc/shm: key, id, and how many processes have it open.
        if awk -v key="$key" -v id="$id" '$1 == key && $2 == id && $7 == 0 { found = 1 } END { exit !found }' /proc/sysvipc/shm; then
            ipcrm -m "$id" 2>/dev/null || true
        fi
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
# Of long documents, such as those of rollups: several times as fast as the default, for somewhat more room.
default_toast_compression = 'lz4'
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
    mkdir -p -- "$data/ferretdb"
    chown --reference="$data" -- "$data/ferretdb"
    rm -f -- "$run/mongo.sock"
    rotate_log "$log/ferretdb.log"
    say "starting FerretDB in $dir, in $sandbox"
    detached_in_sandbox sh -c "cd /data/ferretdb && exec setsid ferretdb --postgresql-url='postgres://postgres@/postgres?host=/run&port=5432' \
        --listen-addr= --listen-unix=/run/mongo.sock --debug-addr=- --no-auth --state-dir=/data/ferretdb \
        --telemetry=disable --log-level=warn >>/log/ferretdb.log 2>&1 &"
    wait_until 5 ferretdb_running || true
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
