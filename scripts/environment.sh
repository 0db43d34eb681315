# Sourced by ./metarr, ./test and scripts (which set $root): makes .venv from a lock when it is missing or stale.

say() { printf '%s\n' "$*" >&2; }

# prepare KIND [VENV]: the lock locks/KIND.txt is installed in .venv (or VENV) when this returns. "dev" holds everything
# that "run" does.
prepare() {
    local kind=$1 venv=$root/${2:-.venv} base
    python=${METARR_PYTHON:-python3}
    check_python
    base=$("$python" -c 'import sys; print(sys.version, sys.base_prefix)')
    is_fresh "$venv" "$kind" "$base" && return
    exec 9>"$root/.venv.lock" && flock 9
    is_fresh "$venv" "$kind" "$base" || install "$venv" "$kind" "$base"
    exec 9>&-
}

check_python() {
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        say "Metarr needs Python 3.11 or newer (apt-get install python3); another one than $python is named with METARR_PYTHON."
        exit 1
    fi
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        say "Python's venv module is missing; install it with: apt-get install python3-venv"
        exit 1
    fi
}

install() {
    local venv=$1 kind=$2 base=$3 site
    say "Preparing the Python environment in ${venv##*/} (once; a minute or two) …"
    [ "$(cat "$venv/base" 2>/dev/null)" = "$base$root" ] || "$python" -m venv --clear "$venv"
    printf '%s' "$base$root" >"$venv/base"
    rm -f "$venv"/stamp-*
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r "$root/locks/$kind.txt" >&2
    site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    printf '%s\n' "$root/src" >"$site/metarr.pth"
    stamp "$kind" "$base" >"$venv/stamp-$kind"
    if [ "$kind" = dev ]; then stamp run "$base" >"$venv/stamp-run"; fi
}

stamp() { { cat "$root/locks/$1.txt"; printf '%s' "$2$root"; } | sha256sum; }

is_fresh() { [ "$(cat "$1/stamp-$2" 2>/dev/null)" = "$(stamp "$2" "$3")" ]; }
