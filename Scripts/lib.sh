# shellcheck shell=bash
# What the scripts share. Sourced by them, after `set -euo pipefail`; sets `root` to the checkout and moves there.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root" || exit 1

# Debian packages needed to build and run, and the file by which each is known to be there.
# shellcheck disable=SC2034
build_packages=(
    libdeflate-dev:/usr/include/libdeflate.h
    libhiredis-dev:/usr/include/hiredis/hiredis.h
    librdkafka-dev:/usr/include/librdkafka/rdkafka.h
    libsqlite3-dev:/usr/include/sqlite3.h
    libzstd-dev:/usr/include/zstd.h
    zlib1g-dev:/usr/include/zlib.h
    redis-server:/usr/bin/redis-server
)

# A progress line, to stderr: stdout belongs to results.
say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }

# Says what is wrong and what to do, and ends the script.
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Runs a command as root; fails where that is impossible.
as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null && { [[ -t 0 ]] || sudo -n true 2>/dev/null; }; then
        sudo "$@"
    else
        return 1
    fi
}

# apt-get install, without starting or enabling the services that some packages bring (we start our own Redis).
install_quietly() {
    local policy=/usr/sbin/policy-rc.d guarded=no status=0
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
        guarded=yes
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2 || status=$?
    if [[ $guarded == yes ]]; then as_root rm -f "$policy"; fi
    if [[ " $* " == *" redis-server "* && -d /run/systemd/system ]]; then
        as_root systemctl disable --quiet redis-server || say "could not disable the redis-server service; it is not needed"
    fi
    return "$status"
}

# need PACKAGE:FILE… — installs the packages whose file is missing.
need() {
    local entry missing=()
    for entry in "$@"; do
        [[ -e ${entry#*:} ]] || missing+=("${entry%%:*}")
    done
    if [[ ${#missing[@]} -eq 0 ]]; then return; fi
    local command="sudo apt-get install --no-install-recommends ${missing[*]}"
    command -v apt-get >/dev/null || fail "missing: ${missing[*]} (names as in Debian); install them with this machine's package manager"
    as_root true || fail "missing packages and no way to become root; run: $command"
    say "installing ${missing[*]}"
    as_root apt-get update -qq >&2 || say "apt-get update failed; trying with the lists at hand"
    install_quietly "${missing[@]}" || fail "the installation failed; run: $command"
}

# Puts Swift on PATH.
need_swift() {
    local folder
    for folder in /opt/swift/usr/bin "$HOME/.local/share/swiftly/bin" /usr/libexec/swift/bin; do
        if ! command -v swift >/dev/null && [[ -x $folder/swift ]]; then PATH="$folder:$PATH"; fi
    done
    command -v swift >/dev/null ||
        fail "swift is missing; install Swift 6.2 or later as https://www.swift.org/install/linux tells, then run this again"
    export PATH
}

# Ends the process of that id, which this script started, and waits for it: TERM first, KILL after ten seconds.
stop_process() {
    local pid=$1 tenths=0
    kill -TERM "$pid" 2>/dev/null || return 0
    while kill -0 "$pid" 2>/dev/null && [[ $tenths -lt 100 ]]; do
        sleep 0.1
        tenths=$((tenths + 1))
    done
    if kill -KILL "$pid" 2>/dev/null; then say "process $pid had to be killed"; fi
    wait "$pid" 2>/dev/null || true
}
