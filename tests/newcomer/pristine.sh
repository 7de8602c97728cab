#!/usr/bin/env bash
# The newcomer's hour on a bare machine: makes a Debian 12 root that holds nothing but git and
# ca-certificates, clones the project into it, runs `./run demo` twice and `./run test`, and prints
# how long each took. Not part of `./run test`: it needs root, debootstrap, a Debian mirror and
# about 6 GB. Exit code 0 when all three succeed and the second demo took less than 10 s.
#
# usage: pristine.sh [--root DIR] [--tar FILE] [--worktree] [--no-test]
#   --root DIR   where the root is made, and replaced if it is there   (default: a new directory)
#   --tar FILE   the bare root as a tarball: unpacked when there, written when not
#   --worktree   take the files as they stand instead of the last commit
#   --no-test    only the two demos
# ERBIUM_MIRROR and ERBIUM_SECURITY_MIRROR name other mirrors than Debian's.
set -euo pipefail

repo=$(cd "$(dirname "$(readlink -f "$0")")/../.." && pwd)
mirror=${ERBIUM_MIRROR:-http://deb.debian.org/debian}
security=${ERBIUM_SECURITY_MIRROR:-http://deb.debian.org/debian-security}
root='' tarball='' worktree=false with_test=true

die() { printf 'pristine.sh: %s\n' "$*" >&2; exit 5; }

while (($# > 0)); do
  case $1 in
    --root) root=$2; shift ;;
    --tar) tarball=$2; shift ;;
    --worktree) worktree=true ;;
    --no-test) with_test=false ;;
    *) printf 'pristine.sh: unknown argument %s\n' "$1" >&2; exit 2 ;;
  esac
  shift
done
((EUID == 0)) || die 'needs root, for chroot and mounts'

# In a mount namespace of its own, whatever is mounted below goes away with this process.
if [[ -z ${PRISTINE_NAMESPACE:-} ]]; then
  root=${root:-$(mktemp -d)}
  args=(--root "$root")
  [[ -z $tarball ]] || args+=(--tar "$tarball")
  ! $worktree || args+=(--worktree)
  $with_test || args+=(--no-test)
  PRISTINE_NAMESPACE=1 exec unshare --mount --propagation private "$0" "${args[@]}"
fi

make_root() {
  if [[ -n $(ls -A "$root" 2>/dev/null) && ! -e $root/.pristine ]]; then
    die "$root holds something else, it is not replaced"
  fi
  rm -rf "${root:?}"
  mkdir -p "$root"
  touch "$root/.pristine"
  if [[ -n $tarball && -f $tarball ]]; then
    tar -C "$root" -xf "$tarball"
  else
    command -v debootstrap >/dev/null || die 'needs debootstrap'
    debootstrap --variant=minbase --include=ca-certificates,git bookworm "$root" "$mirror"
    [[ -z $tarball ]] || tar -C "$root" -cf "$tarball" .
  fi
  cat >"$root/etc/apt/sources.list" <<SOURCES
deb $mirror bookworm main
deb $mirror bookworm-updates main
deb $security bookworm-security main
SOURCES
  cp -L /etc/resolv.conf /etc/hosts "$root/etc/"
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount --rbind /dev "$root/dev"
}

bare() { chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin TERM=dumb "$@"; }

clone() {
  if $worktree; then
    mkdir "$root/erbium"
    tar -C "$repo" --exclude='./build*' --exclude=./out --exclude=./.git -cf - . |
      tar -C "$root/erbium" --no-same-owner -xf -
  else
    git -C "$repo" -c safe.directory="$repo" bundle create -q "$root/erbium.bundle" HEAD --all
    bare git clone -q /erbium.bundle /erbium
  fi
}

# Runs ./run with the arguments inside the root; leaves the seconds in `took`.
step() {
  local began=$SECONDS
  printf '\n== ./run %s\n' "$*"
  bare /erbium/run "$@" || {
    printf 'pristine.sh: ./run %s failed after %d s in %s\n' "$*" "$((SECONDS - began))" "$root" >&2
    exit 1
  }
  took=$((SECONDS - began))
}

make_root
clone
step demo
first=$took
step demo
second=$took
test_took='not run'
if $with_test; then
  step test
  test_took="$took s"
fi
printf '\n./run demo, first time:  %d s\n' "$first"
printf './run demo, second time: %d s\n' "$second"
printf './run test:              %s\n' "$test_took"
((second < 10)) || { printf 'pristine.sh: the second demo took 10 s or more\n' >&2; exit 1; }
