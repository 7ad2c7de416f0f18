#!/bin/sh
# Start one process of Home Miner Manager in a container: web, worker, beat, listeners, up, or any command
# of manage.py. `keys [FOLDER]` makes the passwords of the other containers, once.
set -eu
cd "$(dirname "$0")/.."

refuse() {
    echo "$1" >&2
    exit 1
}

number() {
    case "$2" in
        '' | *[!0-9]*) refuse "$1 is '$2'; it must be a number, as 'id' prints it." ;;
    esac
}

secret() {
    od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

make_keys() {
    folder=$1
    mkdir -p "$folder" || refuse "$folder cannot be made."
    if [ ! -s "$folder/database_password" ]; then
        database=$(secret)
        printf 'postgres://hmm:%s@postgres:5432/hmm' "$database" >"$folder/database_url"
        printf '%s' "$database" >"$folder/.draft" && mv "$folder/.draft" "$folder/database_password"
    fi
    if [ ! -s "$folder/redis_password" ]; then
        redis=$(secret)
        printf 'redis://:%s@redis:6379/0' "$redis" >"$folder/redis_url"
        printf '%s' "$redis" >"$folder/.draft" && mv "$folder/.draft" "$folder/redis_password"
    fi
    # Only containers that mount this volume can see it; their users differ, so all of them may read.
    chmod 0444 "$folder/database_password" "$folder/database_url" "$folder/redis_password" "$folder/redis_url"
}

if [ "${1:-web}" = keys ]; then
    make_keys "${2:-/keys}"
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    user=${PUID:-1000}
    group=${PGID:-1000}
    number PUID "$user"
    number PGID "$group"
    data=${HMM_DATA_DIR:-/data}
    mkdir -p "$data" || refuse "The data folder $data cannot be made."
    find "$data" ! -user "$user" -exec chown "$user:$group" {} + || refuse "The data folder $data cannot be given to user $user."
    if [ "$user" != 0 ]; then
        exec setpriv --reuid "$user" --regid "$group" --clear-groups "$0" "$@"
    fi
fi

case "${1:-web}" in
    web)
        python manage.py prepare
        exec python manage.py run web
        ;;
    worker | beat | listeners)
        python manage.py prepare --wait
        exec python manage.py run "$1"
        ;;
    *)
        exec python manage.py "$@"
        ;;
esac
