# shellcheck shell=sh
# The set-up shared by run.sh, test.sh and .ci/run; sourced, never run. It owns .venv and nothing else.
#
# bootstrap ROOT LOCK   makes ROOT/.venv hold exactly what LOCK names (hashes checked, wheels only) and this project in
#                       editable form. Needs Python >= 3.11 with pip, or with venv+ensurepip; no make, no python3-venv.
#                       Costs nothing when neither lock, pyproject.toml, Python nor the folder changed.

say() { printf '%s\n' "$*" >&2; }

die() {
    say ""
    for line in "$@"; do say "$line"; done
    exit 1
}

# Prints the path of the first interpreter that is new enough; $PYTHON, when set, is the only candidate.
find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        "$candidate" -c 'import sys; sys.version_info < (3, 11) and sys.exit(1); print(sys.executable)' 2>/dev/null && return 0
    done
    return 1
}

minor_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null; }

# Reads the output of pip or apt-get, keeps it in the log $1 and shows a running count of the lines that match $2.
# The last line of the input is "exit CODE"; the filter ends with that code.
progress() {
    if [ -t 2 ]; then tty=1; else tty=0; fi
    awk -v log_file="$1" -v pattern="$2" -v label="$3" -v tty="$tty" '
        /^exit [0-9]+$/ { code = $2; next }
        { print > log_file }
        $0 ~ pattern {
            done++
            if (tty) printf "\r  %s %d ", label, done > "/dev/stderr"
            else if (done % 25 == 0) printf "  %s %d\n", label, done > "/dev/stderr"
            fflush("/dev/stderr")
        }
        END { if (tty && done) printf "\n" > "/dev/stderr"; exit code }
    '
}

# The venv is remade when it does not run, was made for another Python, or was moved (its scripts carry the old path).
drop_foreign_venv() {
    [ -d "$root/.venv" ] || return 0
    version=$(minor_version "$root/.venv/bin/python") || version=none
    made_for=$(cat "$root/.venv/.made-for" 2>/dev/null) || made_for="$version $root"
    if [ "$made_for" = "$version $root" ]; then
        case $version in none | 2.* | 3.? | 3.10) ;; *)
            [ -n "${PYTHON:-}" ] || return 0
            [ "$(minor_version "$PYTHON")" != "$version" ] || return 0
            ;;
        esac
    fi
    say "·· .venv 属于另一个 Python 或另一个文件夹，重新建立 / .venv belongs to another Python or folder, making it anew"
    rm -rf "$root/.venv"
}

# Runs pip on .venv. An outer pip that can work on another environment is preferred: it spares python3-venv.
pip_on_venv() {
    if [ -x "$root/.venv/bin/pip" ]; then
        "$root/.venv/bin/python" -m pip "$@"
    else
        "$python" -m pip --python "$root/.venv/bin/python" "$@"
    fi
}

make_venv() {
    python=$(find_python) || die \
        "没有找到 Python 3.11 或更新的版本。Debian/Ubuntu 上请先运行：apt-get install python3 python3-pip（也可用 PYTHON=… 指定）" \
        "No Python 3.11 or newer was found. On Debian/Ubuntu run first: apt-get install python3 python3-pip (or set PYTHON=…)"
    [ -x "$root/.venv/bin/python" ] && [ -x "$root/.venv/bin/pip" ] && return 0
    if "$python" -m pip --python "$python" --version >/dev/null 2>&1; then
        [ -x "$root/.venv/bin/python" ] || "$python" -m venv --without-pip "$root/.venv"
    elif "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv "$root/.venv"
    else
        die "这个 Python 没有可用的 pip（需要 22.3 以上）。Debian/Ubuntu 上请先运行：apt-get install python3-pip" \
            "This Python has no usable pip (22.3 or newer). On Debian/Ubuntu run first: apt-get install python3-pip"
    fi
}

install_lock() {
    count=$(grep -c '^[A-Za-z0-9]' "$root/$lock")
    say "·· 正在安装 $count 个软件包（首次约半分钟） / installing $count packages from $lock"
    log="$root/.venv/install.log"
    {
        code=0
        PYTHONUNBUFFERED=1 pip_on_venv install --no-input --disable-pip-version-check --progress-bar off \
            --require-hashes --only-binary :all: -r "$root/$lock" 2>&1 || code=$?
        echo "exit $code"
    } | progress "$log" '^ *(Collecting|Processing) ' "软件包 / packages:" || {
        tail -n 5 "$log" >&2
        die "安装没有完成。请检查网络（或用 PIP_INDEX_URL 指定本单位的镜像），再运行同一命令即可继续。全部输出：$log" \
            "The installation did not finish. Check the network (or name your mirror in PIP_INDEX_URL) and run the same command again. Full output: $log"
    }
    # The build back end is in the lock, so nothing is fetched here.
    pip_on_venv install --quiet --no-input --disable-pip-version-check --no-index --no-build-isolation --no-deps \
        -e "$root" >"$log" 2>&1 || {
        tail -n 20 "$log" >&2
        die "本项目没有装好，全部输出见 $log" "The project itself could not be installed, full output: $log"
    }
}

stamp_of() { (cd "$root" && cksum "$1" pyproject.toml); }

# bootstrap ROOT LOCK. In a subshell: neither the caller's folder nor its settings change.
bootstrap() (
    root=$1 lock=$2
    # Settings that would send pip elsewhere than .venv.
    unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_PREFIX
    PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0
    export PIP_USER PIP_REQUIRE_VIRTUALENV
    drop_foreign_venv
    if [ "$(cat "$root/.venv/.installed-$lock" 2>/dev/null)" = "$(stamp_of "$lock")" ]; then return 0; fi
    make_venv
    rm -f "$root"/.venv/.installed-*
    install_lock
    # The test lock holds everything the other one holds, in the same versions.
    stamp_of "$lock" >"$root/.venv/.installed-$lock"
    stamp_of requirements.lock >"$root/.venv/.installed-requirements.lock"
    printf '%s %s\n' "$(minor_version "$root/.venv/bin/python")" "$root" >"$root/.venv/.made-for"
)
