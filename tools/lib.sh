# shellcheck shell=bash
# What tools/run and tools/test share: messages, and jobs that a signal ends cleanly.

# $tool, the first word of every message, is set by the script that reads this file.
say() {
    printf '%s: %s\n' "${tool:?}" "$*" >&2
}

die() {
    say "$@"
    exit 1
}

# Process groups of the jobs that run; each job leads its own.
groups=()

# start_job COMMAND…: in the background and away from the terminal's signals, so that this script alone decides how it ends; sets
# $job. (Without a group of its own a background job of a script would ignore SIGINT.)
start_job() {
    set -m
    "$@" </dev/null &
    job=$!
    set +m
    groups+=("$job")
}

# wait_job JOB: its exit status is the answer.
wait_job() {
    local status=0 group kept=()
    wait "$1" || status=$?
    for group in "${groups[@]}"; do
        if [[ $group != "$1" ]]; then
            kept+=("$group")
        fi
    done
    groups=("${kept[@]}")
    return "$status"
}

run_job() {
    start_job "$@"
    wait_job "$job"
}

# end_jobs SIGNAL SECONDS: asks every job's group to end, the newest first, and kills what is left of it after that time.
end_jobs() {
    local i group end
    for ((i = ${#groups[@]} - 1; i >= 0; i--)); do
        group=${groups[i]} end=$((SECONDS + $2))
        kill -s "$1" -- "-$group" 2>/dev/null || true
        while kill -0 -- "-$group" 2>/dev/null; do
            if ((SECONDS >= end)); then
                say "process group $group does not end on SIG$1: killing it"
                kill -s KILL -- "-$group" 2>/dev/null || true
                break
            fi
            sleep 0.05
        done
        wait "$group" 2>/dev/null || true
    done
    groups=()
}

# make_programs TARGET…: with every core, unless the make that called this one shares its own.
make_programs() {
    local jobs=()
    if [[ ${MAKEFLAGS:-} != *-j* ]]; then
        jobs=("-j$(nproc)")
    fi
    make --no-print-directory "${jobs[@]}" "$@"
}
