# shellcheck shell=bash
# What every part uses: messages, the folder of one instance, its lock, its socket, and its processes.
#
# DIR/kind      embedded or mongod; its presence is what makes a folder an instance
# DIR/data/     databases          DIR/log/     logs          DIR/run/   sockets and pid files
# DIR/socket    path of the socket as clients know it, while running
# DIR/sandbox   how the embedded engine was run last

# 107 bytes is the most that a Unix socket's address takes.
readonly socket_path_max=107
readonly longest_socket_name=mongodb-27017.sock

say() {
    printf 'engine: %s\n' "$*" >&2
}

die() {
    say "$@"
    exit 1
}

wrong_use() {
    say "$1"
    usage >&2
    exit 2
}

instance_paths() {
    dir=$(realpath -m -- "$1")
    [[ $dir != / ]] || wrong_use "/ is no folder for an engine"
    case $dir in
    *$'\n'*) wrong_use "a folder whose name has a line break cannot hold an engine" ;;
    esac
    data=$dir/data log=$dir/log run=$dir/run
}

# Makes DIR, private to its owner. A folder that holds something else is refused rather than taken over.
create_instance_folder() {
    [[ ! -e $dir || -d $dir ]] || die "$dir is no folder: give a new or empty folder"
    if [[ ! -e $dir ]]; then
        mkdir -p -- "$(dirname "$dir")"
        mkdir -m 0700 -- "$dir" 2>/dev/null || [[ -d $dir ]] || die "cannot create $dir"
    elif [[ ! -f $dir/kind && -n $(find "$dir" -mindepth 1 -maxdepth 1 ! -name lock ! -name '*.new' -print -quit) ]]; then
        # Looked at once more, since another start may be creating it this moment: the kind is what it writes first.
        [[ -f $dir/kind ]] || die "$dir holds something that is not an engine: give a new or empty folder"
    fi
    is_mine "$dir" || die "$dir belongs to another user"
    if [[ $(stat -c %a -- "$dir") != 700 ]]; then
        chmod 0700 -- "$dir"
    fi
}

# record NAME VALUE: writes DIR/NAME, whole or not at all.
record() {
    printf '%s\n' "$2" >"$dir/$1.new"
    mv -f -T -- "$dir/$1.new" "$dir/$1"
}

# Root owns what it made, and what it handed to the user id that its chroot runs as.
is_mine() {
    local owner
    owner=$(stat -c %u -- "$1")
    [[ $owner == "$EUID" || ($EUID == 0 && $owner == "$chroot_uid") ]]
}

# One start or stop of DIR at a time; the lock ends with this process.
lock_instance() {
    exec 9>>"$dir/lock" || die "cannot lock $dir"
    if ! flock -n 9; then
        say "waiting for another start or stop of $dir"
        flock -w 300 9 || die "$dir is locked for 300 s by another start or stop: look for it with 'fuser $dir/lock'"
    fi
}

# Sets $socket: in DIR where its path is short enough, else through a link in a short private folder.
choose_socket_path() {
    mkdir -p -- "$run" "$log" "$data"
    if recall_socket_path && [[ $(dirname "$socket") -ef $run ]]; then
        return
    fi
    forget_socket_path
    socket=$run/mongo.sock
    if (($(byte_length "$run/$longest_socket_name") > socket_path_max)); then
        local base short
        base=${XDG_RUNTIME_DIR:-/tmp}
        if [[ ! -w $base ]] || (($(byte_length "$base") > 60)); then
            base=/tmp
        fi
        short=$(mktemp -d "$base/kpi-engine.XXXXXX")
        ln -s -- "$run" "$short/run"
        socket=$short/run/mongo.sock
    fi
    record socket "$socket"
}

recall_socket_path() {
    [[ -f $dir/socket ]] && IFS= read -r socket <"$dir/socket"
}

# Removes the short folder, if there is one, and the note of the path.
forget_socket_path() {
    local short
    if recall_socket_path; then
        short=$(dirname "$(dirname "$socket")")
        if [[ $short != "$dir" && $(basename "$short") == kpi-engine.* && $short/run -ef $run ]]; then
            rm -f -- "$short/run"
            rmdir -- "$short" || true
        fi
        rm -f -- "$dir/socket"
    fi
}

byte_length() {
    local LC_ALL=C
    echo "${#1}"
}

socket_uri() {
    printf 'mongodb://%s/\n' "$(percent_encode "$socket")"
}

percent_encode() {
    local LC_ALL=C i char out=''
    for ((i = 0; i < ${#1}; i++)); do
        char=${1:i:1}
        case $char in
        [a-zA-Z0-9._~-]) out+=$char ;;
        *) out+=$(printf '%%%02X' "'$char") ;;
        esac
    done
    printf '%s' "$out"
}

ping_socket() {
    "$here/ping.pl" "$@" "$socket" 2>/dev/null
}

# wait_until SECONDS COMMAND…: repeats the command until it succeeds.
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.03
    done
}

# Runs a command or function that leaves a process behind: away from the terminal, with no file of ours open.
detached() {
    (
        trap '' HUP INT
        local fd
        for fd in /proc/"$BASHPID"/fd/*; do
            fd=${fd##*/}
            ((fd <= 2 || fd == 255)) || eval "exec $fd>&-"
        done
        "$@" </dev/null >/dev/null 2>"$log/start.log"
    )
}

# Pids of the processes called NAME (a comm) whose working folder is FOLDER. A process keeps its working folder whatever its
# pid file says, and in a sandbox too, so a recycled pid is never taken for ours and an orphan is never missed.
pids_in() {
    local name=$1 folder=$2 proc comm pids=()
    for proc in /proc/[0-9]*; do
        if { read -r comm <"$proc/comm"; } 2>/dev/null && [[ $comm == "$name" && $proc/cwd -ef $folder ]]; then
            pids+=("${proc#/proc/}")
        fi
    done
    echo "${pids[*]}"
}

none_in() {
    [[ -z $(pids_in "$@") ]]
}

# stop_processes NAME FOLDER SECONDS SIGNAL…: sends each signal in turn until no such process is left.
stop_processes() {
    local name=$1 folder=$2 seconds=$3 signal pids
    shift 3
    for signal in "$@"; do
        pids=$(pids_in "$name" "$folder")
        if [[ -z $pids ]]; then
            return
        fi
        # shellcheck disable=SC2086 # one word a pid
        kill -s "$signal" $pids 2>/dev/null || true
        if wait_until "$seconds" none_in "$name" "$folder"; then
            return
        fi
        say "$name does not end on SIG$signal: pid $pids"
    done
    die "cannot stop $name, pid $pids: see $log"
}

# Keeps a log from growing for ever: one old file beside the new one.
rotate_log() {
    if [[ -f $1 && $(stat -c %s -- "$1") -gt 16777216 ]]; then
        mv -f -- "$1" "$1.1"
    fi
}
