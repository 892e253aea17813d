# shellcheck shell=bash
# Gets the embedded engine into the user's cache folder, without root: Debian packages that are only unpacked, never installed
# on the machine, and FerretDB built from its Go module.
#
# $engine_home/tree      /usr and /etc with PostgreSQL, DocumentDB and FerretDB
# $engine_home/template  a fresh database with the extension in it: a new instance starts as a copy
#
# Everything is built in a temporary folder beside and renamed into place, so what has the right name is whole.

readonly ferretdb_version=2.7.0
readonly ferretdb_module=github.com/FerretDB/FerretDB/v2/cmd/ferretdb
readonly go_at_least=1.25
readonly suite=forky
# Raise the last number when this file changes what is installed.
readonly engine_version=$ferretdb_version-2
readonly packages=postgresql-18-documentdb,libc-bin,tzdata,dash,coreutils,util-linux
readonly go_packages=golang-go,ca-certificates,dash,coreutils

cache=${XDG_CACHE_HOME:-${HOME:-$(getent passwd "$EUID" | cut -d: -f6 || true)}/.cache}/kpi-server
readonly cache engine_home=$cache/engine-$engine_version
readonly engine_tree=$engine_home/tree

install_engine() {
    if engine_is_installed; then
        return
    fi
    (umask 022 && mkdir -p -- "$cache") || die "cannot create $cache: set XDG_CACHE_HOME to a folder that you can write"
    exec 8>>"$cache/lock"
    if ! flock -n 8; then
        say "waiting for another installation to finish"
        flock 8
    fi
    if ! engine_is_installed; then
        (umask 022 && build_engine)
    fi
    exec 8>&-
}

engine_is_installed() {
    [[ -x $engine_tree/usr/lib/postgresql/18/bin/postgres && -x $engine_tree/usr/local/bin/ferretdb \
        && -f $engine_home/template/PG_VERSION ]]
}

# Runs in a subshell of its own, and cleans up after itself however it ends.
build_engine() {
    local started=$SECONDS
    say "installing the embedded engine into $engine_home: about a minute, 500 MB"
    end_killed_builds
    rm -rf -- "$cache"/building.* "$engine_home" || true
    need_programs
    build=$(mktemp -d "$cache/building.XXXXXX")
    trap 'end_build' EXIT
    chmod 0755 "$build"

    find_go
    if [[ $go == host ]]; then
        # The download of one and the build of the other go on together.
        start_build_on_host
    fi
    unpack_packages "$packages" "$build/tree"
    finish_tree
    make_template
    if [[ $go == host ]]; then
        say "waiting for FerretDB's build"
        wait "$build_job" || die "$(go_failure)"
        build_job=
    else
        build_ferretdb_in_sandbox
    fi
    mkdir -p "$build/engine"
    install -D -m 0755 "$build/bin/ferretdb" "$build/tree/usr/local/bin/ferretdb"
    mv "$build/tree" "$build/template" "$build/engine"
    mv -T "$build/engine" "$engine_home"
    say "installed in $((SECONDS - started)) s"
}

# An install that was killed may have left programs running. All of them were given a folder for temporary files in the
# build's, and with the lock in our hands no build is alive.
end_killed_builds() {
    local environ pid
    while IFS= read -r environ; do
        pid=${environ#/proc/}
        kill "${pid%/environ}" 2>/dev/null || true
    done < <(grep -lsaF "TMPDIR=$cache/building." /proc/[0-9]*/environ || true)
}

end_build() {
    set +e # whatever fails here, the rest is still to be cleaned up
    if [[ -n ${build_job:-} ]]; then
        kill "$build_job" 2>/dev/null
        wait "$build_job" 2>/dev/null
    fi
    # A PostgreSQL of a template that failed half-way.
    stop_processes postgres "$build/home/data/pg" 10 QUIT KILL
    chmod -R u+w -- "$build" 2>/dev/null
    rm -rf -- "$build"
}

# Makes sure of the host's programs; installs them where this user may.
need_programs() {
    local missing=() program
    for program in mmdebstrap bwrap fakeroot fakechroot; do
        if ! type -P $program >/dev/null && ! [[ $program == bwrap && ${ENGINE_SANDBOX:-} == chroot ]]; then
            missing+=("${program/#bwrap/bubblewrap}")
        fi
    done
    if [[ ! -f /usr/share/keyrings/debian-archive-keyring.gpg ]]; then
        missing+=(debian-archive-keyring)
    fi
    if ((${#missing[@]} == 0)); then
        return
    fi
    say "missing on this machine: ${missing[*]}"
    if apt_install "${missing[@]}"; then
        return
    fi
    die "could not install ${missing[*]}: as an administrator run
    apt-get update && apt-get install ${missing[*]}
  or set MONGODB_URI to a MongoDB server, or use docker compose"
}

# Straight away as root, else through sudo: without a terminal to ask for a password only where it needs none.
apt_install() {
    local as_root=(env DEBIAN_FRONTEND=noninteractive)
    type -P apt-get >/dev/null || return 1
    if [[ $EUID != 0 ]]; then
        type -P sudo >/dev/null || return 1
        if [[ -t 0 && -t 2 ]]; then
            as_root=(sudo "${as_root[@]}")
        else
            as_root=(sudo -n "${as_root[@]}")
        fi
    fi
    say "installing with apt-get: $*"
    "${as_root[@]}" apt-get install -y -q --no-install-recommends "$@" 3>&- 8>&- 9>&- \
        || { "${as_root[@]}" apt-get update -q && "${as_root[@]}" apt-get install -y -q --no-install-recommends "$@"; } 3>&- 8>&- 9>&-
}

# unpack_packages PACKAGES TREE
unpack_packages() {
    local mirror
    mirror=$(find_mirror)
    say "downloading packages of Debian $suite"
    apt_settings >"$build/apt.conf"
    TMPDIR=$build mmdebstrap --mode=fakechroot --variant=extract --aptopt="$build/apt.conf" --include="$1" "$suite" "$2" "deb $mirror $suite main" \
        </dev/null 3>&- 8>&- 9>&- \
        || die "the packages of Debian $suite could not be downloaded from the mirror of this machine's apt sources (see above)
  Check that 'apt-get update' works here; ENGINE_MIRROR=URL names another Debian mirror; or set MONGODB_URI to a MongoDB server."
}

# The way to the mirror is this machine's own (proxy, certificates). A mirror that is a few weeks behind has an expired Release,
# which is fine: its signature is still checked.
apt_settings() {
    echo 'Acquire::Check-Valid-Until "false";'
    echo 'Acquire::Retries "3";'
    apt-config dump --format '%F "%v";%n' | grep -E '^Acquire::https?::[A-Za-z:.0-9-]+ ".+"' || true
}

# A Debian mirror that this machine uses already: its security archive has no $suite in it.
find_mirror() {
    local mirror
    if [[ -n ${ENGINE_MIRROR:-} ]]; then
        echo "$ENGINE_MIRROR"
        return
    fi
    mirror=$(cat /dev/null /etc/apt/sources.list.d/*.sources 2>/dev/null | mirror_in_stanzas | head -n 1 || true)
    if [[ -z $mirror ]]; then
        mirror=$(cat /dev/null /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null | mirror_in_lines | head -n 1 || true)
    fi
    [[ -n $mirror ]] || die "found no Debian mirror in /etc/apt/sources.list and /etc/apt/sources.list.d: name one with ENGINE_MIRROR=URL"
    echo "$mirror"
}

mirror_in_stanzas() {
    awk -v RS= '{
        uri = suites = ""; on = 1
        n = split($0, lines, "\n")
        for (i = 1; i <= n; i++) {
            split(lines[i], word, /[ \t]+/)
            key = tolower(word[1])
            if (key == "uris:") uri = word[2]
            if (key == "suites:") suites = lines[i]
            if (key == "enabled:" && tolower(word[2]) == "no") on = 0
        }
        if (on && uri != "" && is_debian(uri, suites)) print uri
    }'"$awk_is_debian"
}

mirror_in_lines() {
    awk '$1 == "deb" {
        sub(/\[[^]]*\]/, "")
        if (is_debian($2, $3)) print $2
    }'"$awk_is_debian"
}

# shellcheck disable=SC2016 # awk
readonly awk_is_debian='
    function is_debian(uri, suites) {
        return uri ~ /^(https?|mirror(\+file|\+https?)?|file|copy|tor\+https?):/ && uri ~ /debian/ \
            && uri !~ /security/ && suites !~ /security/ && suites ~ /(bookworm|trixie|forky|duke|sid|stable|testing|unstable)/
    }'

# What the packages' own scripts would have done.
finish_tree() {
    ln -sfn postgis-3.control "$build/tree/usr/share/postgresql/18/extension/postgis.control"
    printf '%s\n' "postgres:x:$sandbox_uid:$sandbox_uid::/:/bin/sh" "engine:x:$chroot_uid:$chroot_uid::/:/bin/sh" >"$build/tree/etc/passwd"
    printf '%s\n' "postgres:x:$sandbox_uid:" "engine:x:$chroot_uid:" >"$build/tree/etc/group"
    rm -rf -- "$build"/tree/usr/share/{doc,man,locale,icons,fonts} "$build/tree/var"
}

# A database as every new instance gets it.
make_template() {
    local dir=$build/home
    local data=$dir/data log=$dir/log run=$dir/run
    say "preparing a fresh database"
    prepare_sandbox "$build/tree" "$dir"
    fill_template >"$build/template.log" 2>&1 </dev/null || die "a fresh database could not be made:
$(last_lines "$build/template.log")
$(last_lines "$log/postgresql.log")"
    mv "$data/pg" "$build/template"
    chown -R "$EUID" "$build/template"
    rm -rf -- "$dir"
}

fill_template() {
    in_sandbox "$build/tree" "$dir" initdb -D /data/pg -U postgres --auth=trust -E UTF8 --locale=C.UTF-8 \
        && postgres_settings >"$data/pg/engine.conf" \
        && printf '%s\n' "include 'engine.conf'" "include_if_exists 'local.conf'" >"$data/pg/postgresql.conf" \
        && in_sandbox "$build/tree" "$dir" pg_ctl start -s -w -D /data/pg -l /log/postgresql.log \
        && sql "$build/tree" 'CREATE EXTENSION documentdb CASCADE' \
        && in_sandbox "$build/tree" "$dir" pg_ctl stop -s -w -m fast -D /data/pg \
        && extension_version "$build/tree" >"$data/pg/documentdb.version"
}

# Sets $go to host, or to sandbox where the host has none that is new enough.
find_go() {
    local version
    go=sandbox
    if type -P go >/dev/null && version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null); then
        version=${version#go}
        if printf '%s\n' "$go_at_least" "$version" | sort -V -C; then
            go=host
            say "building FerretDB $ferretdb_version with this machine's Go $version"
            return
        fi
        say "this machine's Go $version is older than $go_at_least: taking Debian's"
    fi
}

# The job is go itself, so that end_build can end it.
start_build_on_host() {
    GOTOOLCHAIN=local CGO_ENABLED=0 GOOS='' GOARCH='' GOTMPDIR="$build" GOBIN="$build/bin" \
        go install "$ferretdb_module@v$ferretdb_version" >"$build/go.log" 2>&1 </dev/null 3>&- 8>&- 9>&- &
    build_job=$!
}

build_ferretdb_in_sandbox() {
    local home=$build/home name settings=()
    say "getting Debian's Go, to build FerretDB $ferretdb_version"
    unpack_packages "$go_packages" "$build/gotree"
    bring_certificates
    for name in GOPROXY GOFLAGS GOSUMDB GONOSUMDB GONOPROXY GOPRIVATE GOINSECURE \
        http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        if [[ -n ${!name:-} ]]; then
            settings+=("$name=${!name}")
        fi
    done
    say "building FerretDB $ferretdb_version"
    prepare_sandbox "$build/gotree" "$home"
    settings+=(HOME=/data GOROOT=/usr/lib/go GOPATH=/data/go GOCACHE=/data/cache GOTOOLCHAIN=local CGO_ENABLED=0)
    in_sandbox "$build/gotree" "$home" env "${settings[@]}" /usr/lib/go/bin/go install "$ferretdb_module@v$ferretdb_version" >"$build/go.log" 2>&1 </dev/null \
        || die "$(go_failure)"
    mv "$home/data/go/bin" "$build/bin"
}

# The sandbox reaches the network as this machine does: its resolver, its certificates.
bring_certificates() {
    local etc=$build/gotree/etc
    cp -L /etc/resolv.conf /etc/hosts "$etc/" 2>/dev/null || true
    mkdir -p "$etc/ssl"
    rm -rf -- "$etc/ssl/certs"
    cp -rL "${SSL_CERT_DIR:-/etc/ssl/certs}" "$etc/ssl/certs" 2>/dev/null || true
    if [[ -n ${SSL_CERT_FILE:-} ]]; then
        mkdir -p "$etc/ssl/certs"
        cp -L "$SSL_CERT_FILE" "$etc/ssl/certs/ca-certificates.crt" || die "cannot read SSL_CERT_FILE=$SSL_CERT_FILE"
    fi
    chmod -R a+rX "$etc/ssl"
}

go_failure() {
    cat <<END
FerretDB $ferretdb_version could not be built with 'go install':
$(tail -n 20 "$build/go.log")
  Its modules come through GOPROXY, which is passed on as it is set here.
  Check that 'go install' works, or set MONGODB_URI to a MongoDB server.
END
}
