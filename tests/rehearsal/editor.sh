#!/bin/sh
# What a person would type into the settings: the lines of /srv/settings instead of those of the same keys.
set -eu
while IFS= read -r pair; do
    sed -i "/^#\{0,1\}${pair%%=*}=/d" "$1"
    printf '%s\n' "$pair" >>"$1"
done </srv/settings
