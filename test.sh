#!/bin/sh
# Everything from a bare machine to the whole test suite. Arguments go on to pytest:  sh test.sh tests/unit
#
# Tests start real servers of their own on free loopback ports. As root on Debian what is missing is installed first;
# otherwise the rest runs and the end says what did not, and the command that would mend it. With CI set a missing
# server is a failure.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
cd "$root"
. ./bootstrap.sh

has() { command -v "$1" >/dev/null 2>&1; }

# Debian packages whose program is not there.
missing_packages() {
    has redis-server || echo redis-server
    ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || echo postgresql
    has postfix || [ -x /usr/sbin/postfix ] || echo postfix
    [ -x /usr/lib/dovecot/imap ] || [ -x /usr/libexec/dovecot/imap ] || echo dovecot-imapd
    has openssl || echo openssl
    has chromium || echo chromium
    ls /usr/lib/*/libpangoft2-1.0.so.0 >/dev/null 2>&1 || echo libpangoft2-1.0-0
    ls /usr/lib/*/libharfbuzz-subset.so.0 >/dev/null 2>&1 || echo libharfbuzz-subset0
    ls /usr/share/fonts/opentype/noto/NotoSansCJK-*.ttc >/dev/null 2>&1 || echo fonts-noto-cjk
}

restore_policy() {
    rm -f /usr/sbin/policy-rc.d
    [ ! -e "$policy_kept" ] || mv "$policy_kept" /usr/sbin/policy-rc.d
}

# No service may start on its usual port: packages obey policy-rc.d, which is put back afterwards.
install_packages() {
    say "·· 正在安装测试用的服务程序（约一两分钟） / installing servers for the tests: $*"
    mkdir -p "$root/.venv"
    log="$root/.venv/packages.log"
    policy_kept=/usr/sbin/policy-rc.d.kept-by-tests
    [ ! -e /usr/sbin/policy-rc.d ] || mv /usr/sbin/policy-rc.d "$policy_kept"
    trap restore_policy EXIT
    trap 'exit 130' INT TERM
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
    {
        code=0
        export DEBIAN_FRONTEND=noninteractive
        { apt-get -q update && apt-get -q -y install --no-install-recommends "$@"; } 2>&1 || code=$?
        echo "exit $code"
    } | progress "$log" '^(Get:|Setting up )' "步骤 / steps:" || {
        tail -n 5 "$log" >&2
        say "·· 没有全部装好，能运行的先运行 / not everything could be installed, running what can be run"
    }
    restore_policy
    trap - EXIT INT TERM
}

bootstrap "$root" requirements-test.lock
missing=$(missing_packages | tr '\n' ' ')
if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && has apt-get; then
    # shellcheck disable=SC2086  # a list of words
    install_packages $missing
    missing=$(missing_packages | tr '\n' ' ')
fi
if [ -n "$missing" ] && [ -n "${CI:-}" ]; then
    die "CI 要求全部测试都运行，但缺少：$missing" "CI wants every test to run, but these are missing: $missing"
fi
# Shown by tests/conftest.py just above pytest's closing line.
MAILER_TESTS_MISSING=$missing
export MAILER_TESTS_MISSING PYTHONUTF8=1
# Three also on two processors, for a third of the time a test waits for a server of its own. No more on more: a container
# may show the processors of a machine it was given only a share of.
exec .venv/bin/python -m pytest -n 3 --dist loadgroup "$@"
