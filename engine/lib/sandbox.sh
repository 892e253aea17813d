# shellcheck shell=bash
# Runs programs of an unpacked Debian tree without installing them.
#
# bubblewrap needs no root, but user namespaces. Where those are forbidden, as in many containers, root can chroot instead.
# Both show a program the same places: the tree's /usr and /etc, and DIR's data, log and run as /data, /log and /run.

# PostgreSQL refuses to run as root. In bubblewrap it is mapped to 1000; a chroot has to change the real user id.
readonly sandbox_uid=1000
readonly chroot_uid=${ENGINE_UID:-64017}

# bwrap_tree TREE [BWRAP_OPTION…] -- COMMAND…
# No --unshare-pid and no --unshare-ipc: PostgreSQL knows by pids and shared memory whether another one has the same data open.
bwrap_tree() {
    local tree=$1
    shift
    bwrap --unshare-user --uid $sandbox_uid --gid $sandbox_uid --cap-drop ALL \
        --ro-bind "$tree/usr" /usr --symlink usr/lib /lib --symlink usr/lib64 /lib64 --symlink usr/bin /bin --symlink usr/sbin /sbin \
        --ro-bind "$tree/etc" /etc --dev /dev --tmpfs /tmp \
        --clearenv --setenv PATH /usr/local/bin:/usr/lib/postgresql/18/bin:/usr/bin --setenv LC_ALL C.UTF-8 --setenv TZ UTC "$@"
}

# Sets $sandbox to bwrap or chroot, by trying, for the tree given.
choose_sandbox() {
    local tree=$1 why
    if [[ -n ${sandbox:-} ]]; then
        return
    fi
    sandbox=${ENGINE_SANDBOX:-}
    case $sandbox in
    bwrap | chroot) ;;
    '')
        if why=$(bwrap_tree "$tree" -- /bin/true 2>&1 3>&- 8>&- 9>&-); then
            sandbox=bwrap
        elif [[ $EUID == 0 ]]; then
            say "bubblewrap does not work here ($why): using chroot as user id $chroot_uid"
            sandbox=chroot
        else
            die "bubblewrap does not work here: $why
  The embedded engine needs user namespaces, which this machine forbids to ordinary users. Any of these helps:
  - allow them: sysctl kernel.unprivileged_userns_clone=1 (Debian), kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu)
  - set MONGODB_URI to a MongoDB server
  - docker compose up, which brings its own"
        fi
        ;;
    *) die "ENGINE_SANDBOX=$sandbox: use bwrap or chroot" ;;
    esac
    if [[ $sandbox == chroot && $EUID != 0 ]]; then
        die "ENGINE_SANDBOX=chroot needs root: use bwrap, or set MONGODB_URI"
    fi
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

# A chroot cannot show one folder inside another (mounts are forbidden as well), so HOME itself becomes the root:
# prepare_sandbox has put the tree beside the data.
chroot_home() {
    local home=$1
    shift
    setpriv --reuid "$chroot_uid" --regid "$chroot_uid" --clear-groups --no-new-privs --inh-caps=-all true || die "setpriv cannot change to user id $chroot_uid"
    env -i PATH=/usr/local/bin:/usr/lib/postgresql/18/bin:/usr/bin:/bin:/usr/sbin:/sbin LC_ALL=C.UTF-8 TZ=UTC \
        chroot --userspec="$chroot_uid:$chroot_uid" --groups= "$home" "$@"
}

# Makes HOME ready for in_sandbox: owned by whom the programs run as, and for a chroot with the tree in it.
prepare_sandbox() {
    local tree=$1 home=$2
    mkdir -p -m 0700 -- "$home/data" "$home/log" "$home/run"
    if [[ $sandbox == chroot ]]; then
        put_tree_into "$tree" "$home"
        own "$chroot_uid" "$home"
    else
        own "$EUID" "$home"
    fi
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

# Hard links where the cache is on the same file system, else a copy. Named by version, so that a newer engine replaces it.
put_tree_into() {
    local tree=$1 home=$2 name
    if [[ -f $home/tree && $(<"$home/tree") == "$tree" ]]; then
        return
    fi
    rm -rf -- "$home"/{usr,etc,dev,tmp,tree}
    for name in usr etc; do
        cp -al -- "$tree/$name" "$home/$name" 2>/dev/null || {
            rm -rf -- "${home:?}/$name"
            cp -a --reflink=auto -- "$tree/$name" "$home/$name"
        }
    done
    for name in lib lib64 bin sbin; do
        ln -sfn "usr/$name" "$home/$name"
    done
    mkdir -p -m 0755 -- "$home/dev"
    mkdir -p -m 1777 -- "$home/tmp"
    # Where devices are not allowed, an empty file does for what is read from and written to /dev/null here.
    mknod -m 0666 "$home/dev/null" c 1 3 2>/dev/null && true >"$home/dev/null" || {
        rm -f -- "$home/dev/null"
        (umask 0 && true >"$home/dev/null")
    }
    echo "$tree" >"$home/tree"
}
