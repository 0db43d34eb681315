#!/bin/sh
# `metarr` in the image: what the container starts, and what `docker exec NAME metarr …` runs. Root becomes PUID:PGID first
# and gives them the data folder; whoever else starts it (`docker run --user`) stays who they are.
set -eu

program=/opt/metarr/bin/metarr
data=${METARR_DATA:-/config}
puid=${PUID:-1000}
pgid=${PGID:-1000}

say() { printf 'metarr: %s\n' "$*" >&2; }

# must_be KIND NAME VALUE EXAMPLE: stops where a variable holds something else.
must_be() {
    case $1:$3 in
        id:*[!0-9]* | umask:*[!0-7]*)
            say "$2 is $3, which is no number; it is something like $4."
            exit 2
            ;;
    esac
}

must_be id PUID "$puid" 1000
must_be id PGID "$pgid" 1000
must_be umask UMASK "${UMASK:-}" 022

# Of what is written into libraries; nothing else in the container is for others to read.
if [ -n "${UMASK:-}" ]; then export METARR_UMASK="${METARR_UMASK:-$UMASK}"; fi
export HOME="$data"

if [ "$(id -u)" != 0 ]; then exec "$program" "$@"; fi

mkdir -p "$data"
# The first start, or other ids than before. The folder itself comes last, so what was interrupted is begun anew.
if [ "$(stat -c %u:%g "$data")" != "$puid:$pgid" ]; then
    chown -R "$puid:$pgid" "$data" || say "$data cannot be given to $puid:$pgid; it has to be writable for them."
fi
exec setpriv --reuid "$puid" --regid "$pgid" --clear-groups --inh-caps=-all --no-new-privs "$program" "$@"
