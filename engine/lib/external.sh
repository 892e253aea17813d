# shellcheck shell=bash
# A server that MONGODB_URI names: asked whether it answers, and otherwise left alone.

external_start() {
    external_ping || die "no server answers at MONGODB_URI=$(without_password "$MONGODB_URI")
  Start it, or unset MONGODB_URI to use an engine of your own."
    printf '%s\n' "$MONGODB_URI" >&3
}

external_status() {
    local state=running code=0
    if ! external_ping; then
        state=stopped code=3
    fi
    printf 'state: %s\nkind: external\nuri: %s\n' "$state" "$(without_password "$MONGODB_URI")" >&3
    return $code
}

# mongosh understands every URI. Without it, the hosts of a plain one are asked in turn; what needs DNS records or TLS is left
# to the client.
external_ping() {
    local uri=$MONGODB_URI
    if type -P mongosh >/dev/null; then
        mongosh --quiet "$uri" --eval 'db.adminCommand({ ping: 1 }).ok || quit(1)' >/dev/null 3>&-
    elif [[ $uri == mongodb+srv://* || ${uri,,} =~ [?\&](tls|ssl)=true ]]; then
        say "not asked whether MONGODB_URI answers: that needs mongosh on PATH for a URI with TLS or +srv"
    elif [[ $uri == mongodb://* ]]; then
        any_host_answers "$uri"
    else
        die "MONGODB_URI is no MongoDB URI: it has to begin with mongodb:// or mongodb+srv://"
    fi
}

any_host_answers() {
    local hosts=${1#mongodb://} host
    hosts=${hosts%%[/?]*}
    hosts=${hosts##*@}
    for host in ${hosts//,/ }; do
        printf -v host '%b' "${host//%/\\x}"
        if "$here/ping.pl" "$host" 3>&-; then
            return 0
        fi
    done
    return 1
}

without_password() {
    sed -E 's#(://[^:@/]*):[^@/]*@#\1:…@#' <<<"$1"
}
