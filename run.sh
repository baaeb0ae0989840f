#!/bin/sh
# Everything from a bare machine to the main job: sets .venv up, then sends the sample issue to the sample list through
# the built-in relay (nothing leaves this machine). Arguments go on to it, for instance:
#   sh run.sh --issue 快报.md --recipients 名单.xlsx --open --out 样张
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
. "$root/bootstrap.sh"
bootstrap "$root" requirements.lock
# Still in the caller's folder: file names in the arguments are his.
exec "$root/.venv/bin/mailer" demo "$@"
