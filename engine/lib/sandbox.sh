# shellcheck shell=bash
# Runs programs of an unpacked Debian tree without installing them.
#
# bubblewrap needs no root, but user namespaces. Where those are forbidden, as in many containers, root can chroot instead.
# Both show a program the same places: the tree's /usr and /etc, and DIR's data, log and run as /data, /log and /run.

# PostgreSQL refuses to run as root. In bubblewrap it is mapped to 1000; a chroot has to change the real user id.
readonly sandbox_uid=1000
readonly chroot_uid=${ENGINE_UID:-64017}
readonly sandbox_path=/usr/local/bin:/usr/lib/postgresql/18/bin:/usr/bin:/usr/sbin

# bwrap_tree TREE [BWRAP_OPTION…] -- COMMAND…
# No --unshare-pid and no --unshare-ipc: PostgreSQL knows by pids and shared memory whether another one has the same data open.
bwrap_tree() {
    local tree=$1
    shift
    bwrap --unshare-user --uid $sandbox_uid --gid $sandbox_uid --cap-drop ALL \
        --ro-bind "$tree/usr" /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin --symlink usr/sbin /sbin \
        --ro-bind "$tree/etc" /etc --dev /dev --tmpfs /tmp \
        --clearenv --setenv PATH "$sandbox_path" --setenv LC_ALL C.UTF-8 --setenv TZ UTC "$@"
}

# Sets $sandbox to bwrap or chroot, and makes HOME ready for in_sandbox: owned by whom the programs run as, and for a chroot with the
# tree in it. Which of the two is found out by trying.
prepare_sandbox() {
    local tree=$1 home=$2 why
    mkdir -p -- "$home/data" "$home/log" "$home/run"
    sandbox=${ENGINE_SANDBOX:-bwrap}
    case $sandbox in
    bwrap)
        own "$EUID" "$home"
        if why=$(in_sandbox "$tree" "$home" true 2>&1); then
            return
        fi
        if [[ $EUID != 0 ]]; then
            die "bubblewrap does not work here: $why
$(sandbox_advice)"
        fi
        say "bubblewrap does not work here ($why): using chroot with user id $chroot_uid"
        ;;
    chroot)
        [[ $EUID == 0 ]] || die "ENGINE_SANDBOX=chroot needs root: use bwrap, or set MONGODB_URI to a MongoDB server"
        say "using chroot with user id $chroot_uid, as ENGINE_SANDBOX says"
        ;;
    *) die "ENGINE_SANDBOX=$sandbox: use bwrap or chroot" ;;
    esac
    sandbox=chroot
    put_tree_into "$tree" "$home"
    own "$chroot_uid" "$home"
    why=$(in_sandbox "$tree" "$home" true 2>&1) || die "neither bubblewrap nor chroot works here: $why
$(sandbox_advice)"
}

sandbox_advice() {
    cat <<'END'
  The embedded engine needs user namespaces, or root with chroot. Any of these helps:
  - an administrator allows user namespaces: sysctl kernel.unprivileged_userns_clone=1 (Debian),
    sysctl kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu), or seccomp and capabilities of the container
  - set MONGODB_URI to a MongoDB server
  - docker compose up, which brings its own
END
}

# in_sandbox TREE HOME COMMAND…: HOME has the folders data, log and run that the command sees as /data, /log and /run.
in_sandbox() {
    local tree=$1 home=$2
    shift 2
    if [[ $sandbox == bwrap ]]; then
        bwrap_tree "$tree" --bind "$home/data" /data --bind "$home/log" /log --bind "$home/run" /run --chdir /data -- "$@" 3>&- 8>&- 9>&-
    else
        chroot_home "$home" "$@" 3>&- 8>&- 9>&-
    fi
}

# A chroot cannot show one folder inside another (where namespaces are forbidden, mounts are too), so HOME itself becomes
# the root: prepare_sandbox has put the tree beside the data.
chroot_home() {
    local home=$1
    shift
    env -i PATH="$sandbox_path" LC_ALL=C.UTF-8 TZ=UTC \
        chroot --userspec="$chroot_uid:$chroot_uid" --groups='' "$home" /usr/bin/env -C /data "$@"
}

own() {
    local uid=$1 home=$2 part
    for part in "$home" "$home/data" "$home/log" "$home/run"; do
        if [[ $(stat -c %u -- "$part") != "$uid" ]]; then
            if [[ $part == "$home" ]]; then
                chown "$uid:$uid" -- "$part"
            else
                chown -R "$uid:$uid" -- "$part"
            fi
        fi
    done
}

# Hard links where the cache is on the same file system, else a copy. A newer installation replaces it.
put_tree_into() {
    local tree=$1 home=$2 name identity
    identity="$tree $(stat -c '%d:%i %Y' -- "$tree/usr/bin")"
    if [[ -f $home/tree && $(<"$home/tree") == "$identity" ]]; then
        return
    fi
    for name in tree usr etc dev tmp; do
        rm -rf -- "${home:?}/$name"
    done
    for name in usr etc; do
        if ! cp -al -- "$tree/$name" "$home/$name" 2>/dev/null; then
            rm -rf -- "${home:?}/$name"
            cp -a --reflink=auto -- "$tree/$name" "$home/$name"
        fi
    done
    for name in lib lib64 bin sbin; do
        ln -sfn "usr/$name" "$home/$name"
    done
    (umask 022 && mkdir "$home/dev" && mkdir -m 1777 "$home/tmp")
    make_null "$home/dev/null"
    printf '%s\n' "$identity" >"$home/tree"
}

# Where devices are not allowed, an empty file does for what is read from and written to /dev/null here.
make_null() {
    if ! mknod -m 0666 "$1" c 1 3 2>/dev/null || ! { true >"$1"; } 2>/dev/null; then
        rm -f -- "$1"
        (umask 0 && true >"$1")
    fi
}
