#!/usr/bin/env bash
# Makes .venv from requirements.lock, with the system libraries that its packages are built on.
# Run by make before anything that needs it; says nothing when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")"

oldest=3.11
newest=3.14
stamp=.venv/.complete
fingerprint="$(cat requirements.lock setup.sh | cksum)"

is_complete() {
    [ -x .venv/bin/python ] && [ "$(cat "$stamp" 2>/dev/null)" = "$fingerprint" ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(identity "$PYTHON")" = "$(identity .venv/bin/python)" ]
}

identity() { "$1" -c 'import sys; print(sys.base_prefix, sys.version)' 2>/dev/null; }

stop() {
    printf '%s\n' "$@" >&2
    exit 1
}

find_python() {
    local name minor candidates=(python3)
    local suits="import sys; print((${oldest/./, }) <= sys.version_info[:2] <= (${newest/./, }))"
    for ((minor = ${newest#3.}; minor >= ${oldest#3.}; minor--)); do
        candidates+=("python3.$minor")
    done
    for name in ${PYTHON:+"$PYTHON"} "${candidates[@]}"; do
        if [ "$("$name" -c "$suits" 2>/dev/null)" = True ]; then
            command -v "$name"
            return
        fi
        # A Python asked for by name is used or refused, never exchanged for another.
        [ -z "${PYTHON:-}" ] || break
    done
    return 1
}

# What is missing on Linux, in words of Debian. pycairo and manimpango have no Linux wheels.
missing_packages() {
    local python="$1" version headers
    { command -v cc && command -v c++; } >/dev/null || echo build-essential
    command -v pkg-config >/dev/null || echo pkg-config
    pkg-config --exists cairo 2>/dev/null || echo libcairo2-dev
    pkg-config --exists pangocairo pangoft2 2>/dev/null || echo libpango1.0-dev
    if [ -z "$python" ]; then
        printf '%s\n' python3 python3-dev python3-venv
        return
    fi
    version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    headers="$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')"
    [ -f "$headers/Python.h" ] || echo "python$version-dev"
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo "python$version-venv"
}

install_with_apt() {
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        as_root=(sudo)
        sudo -n true 2>/dev/null || stop "Missing system packages: $*" \
            "Install them, then run make again:" \
            "    sudo apt-get update && sudo apt-get install -y $*"
    fi
    echo "set-up: installing system packages: $*"
    quietly ${as_root[@]+"${as_root[@]}"} apt-get -q update
    quietly ${as_root[@]+"${as_root[@]}"} env DEBIAN_FRONTEND=noninteractive \
        apt-get -q install -y --no-install-recommends "$@"
}

# Output is shown only where it explains a failure.
quietly() {
    local output
    output="$("$@" 2>&1)" || stop "$output" "failed: $*"
}

provide_libraries() {
    local python="$1" missing
    if [ "$(uname)" = Darwin ]; then
        pkg-config --exists cairo pangocairo 2>/dev/null ||
            stop "Missing: cairo and pango. Install them, then run make again:" \
                "    brew install cairo pango pkg-config"
        return
    fi
    missing="$(missing_packages "$python")"
    [ -n "$missing" ] || return 0
    if command -v apt-get >/dev/null; then
        # shellcheck disable=SC2086 # one word per package
        install_with_apt $missing
        missing="$(missing_packages "${python:-python3}")"
        [ -z "$missing" ] || stop "Still missing after the installation:" "$missing"
    elif command -v dnf >/dev/null; then
        stop "Missing system packages. Install them, then run make again:" \
            "    sudo dnf install gcc gcc-c++ pkgconf cairo-devel pango-devel python3-devel"
    elif command -v pacman >/dev/null; then
        stop "Missing system packages. Install them, then run make again:" \
            "    sudo pacman -S --needed base-devel cairo pango"
    else
        stop "Missing, in Debian's names; install what your system calls them, then run make again:" \
            "$missing"
    fi
}

install_python_hint() {
    case "$(uname)" in
        Darwin) echo "    brew install python@$newest" ;;
        *) if command -v dnf >/dev/null; then
               echo "    sudo dnf install python$newest python$newest-devel"
           elif command -v pacman >/dev/null; then
               echo "    from the AUR: python${newest/./}"
           else
               echo "    sudo apt-get update && sudo apt-get install -y python3 python3-dev python3-venv"
               echo "    (older releases: a package named python$oldest, or https://docs.astral.sh/uv)"
           fi ;;
    esac
}

# The browser that the tests of the preview page drive.
provide_browser() {
    command -v chromium chromium-browser >/dev/null && return
    if [ "$(uname)" = Darwin ]; then
        stop "Missing for the tests: chromium. Install it, then run make again:" \
            "    brew install --cask chromium"
    elif command -v apt-get >/dev/null; then
        install_with_apt chromium
    else
        stop "Missing for the tests: chromium. Install it, then run make again."
    fi
}

if [ "${1:-}" = browser ]; then
    provide_browser
    exit
fi

is_complete && exit 0

# Two runs at once (a film in one terminal, tests in another) must not build into one folder.
if command -v flock >/dev/null; then
    exec 9<setup.sh
    flock 9
    is_complete && exit 0
fi

python="$(find_python || true)"
if [ -z "$python" ] && [ -z "${PYTHON:-}" ] && command -v apt-get >/dev/null &&
    ! command -v python3 >/dev/null; then
    provide_libraries ""
    python="$(find_python || true)"
fi
if [ -z "$python" ]; then
    looked="python3 ($(python3 --version 2>/dev/null || echo none)), python$newest … python$oldest"
    stop "No suitable Python: version $oldest to $newest is needed; looked for ${PYTHON:-$looked}." \
        "Install one, or name one with PYTHON=/path/to/python, then run make again:" \
        "$(install_python_hint)"
fi
provide_libraries "$python"

if [ -L .venv ]; then # to clear it would empty another project's
    stop ".venv is a link to $(readlink .venv), whose packages are not those of this project." \
        "Remove the link, or run make where it leads, then run make again:" "    rm .venv"
fi
echo "set-up: creating .venv with $("$python" --version)"
"$python" -m venv --clear .venv
# Dependencies are resolved, though all but torch's CUDA libraries are in the lock: the Linux build
# of PyPI cannot be imported without them, builds for the processor alone do not ask for them, and
# only the metadata of the build that is found tells which it is. pip's own PIP_EXTRA_INDEX_URL
# leads it to a small one.
echo "set-up: installing packages (a few minutes the first time, and up to 6 GB of disk)"
quietly .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
    --use-pep517 -r requirements.lock
# The manim command starts outside this folder's import path; scenes import mathcore and lessonkit.
pwd >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/lessons.pth"
echo "$fingerprint" >"$stamp"
echo "set-up: done"
