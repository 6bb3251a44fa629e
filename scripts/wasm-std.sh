#!/usr/bin/env bash
# usage: bash scripts/wasm-std.sh      (needs rustc; without rustup also apt-get and dpkg-deb)
# Makes the standard library for wasm32-unknown-unknown available to the rustc on PATH. Idempotent.
# Three ways, in this order: it is there; rustup; built once from Debian's rust-src of exactly this version.
# NO_RUSTUP=1 leaves rustup out, WASM_STD_DIR says where to build (77 MB stay there; worth keeping in a CI cache).
set -euo pipefail
T=wasm32-unknown-unknown
ROOT=$(rustc --print sysroot); VER=$(rustc -vV | sed -n 's/^release: //p')
LIB=$ROOT/lib/rustlib/$T/lib
have() { compgen -G "$LIB/libstd-*.rlib" >/dev/null; }
have && { echo "wasm std: present ($LIB)"; exit 0; }
if [ -z "${NO_RUSTUP:-}" ] && command -v rustup >/dev/null; then
  timeout 90 rustup target add $T >/dev/null 2>&1 || true
  have && { echo "wasm std: by rustup"; exit 0; }
fi
W=${WASM_STD_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/negatoscope/wasm-std-$VER}; mkdir -p "$W"
if [ ! -f "$W/library/Cargo.lock" ]; then                      # fetch the source with a private apt root (no root needed)
  A=$W/apt; mkdir -p "$A"/{state/lists/partial,cache/archives/partial}
  M=$( (cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true) | grep -v '^ *#' | grep -oE 'https?://[^ ]+/debian/?( |$)' | head -1 | tr -d ' ' || true)
  : >"$A/sources.list"
  for s in trixie-backports trixie forky sid bookworm-backports; do echo "deb [arch=amd64] $M $s main" >>"$A/sources.list"; done
  apt_() { "$1" -o Dir::State="$A/state" -o Dir::Cache="$A/cache" -o Dir::Etc::sourcelist="$A/sources.list" -o Dir::Etc::sourceparts=/dev/null -o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false "${@:2}"; }
  apt_ apt-get -qq update
  V=$(apt_ apt-cache madison rust-src | awk '{print $3}' | grep -E "^${VER//./\\.}\+dfsg" | head -1)
  [ -n "$V" ] || { echo "no rust-src $VER in Debian; rust-src there: $(apt_ apt-cache madison rust-src | awk '{print $3}' | xargs)"; exit 1; }
  (cd "$W" && apt_ apt-get -qq download "rust-src=$V")
  dpkg-deb --fsys-tarfile "$W"/rust-src_*.deb | tar -x -C "$W" --strip-components=4 --wildcards "./usr/src/rustc-$VER/library/*"
fi
# a private sysroot whose only difference is the library source; the user's toolchain is not touched before the copy
S=$W/sysroot; mkdir -p "$S/lib/rustlib/src/rust" "$W/seed/src"
ln -sfn "$W/library" "$S/lib/rustlib/src/rust/library"
printf '[package]\nname="seed"\nversion="0.0.0"\nedition="2021"\n[workspace]\n' >"$W/seed/Cargo.toml"; : >"$W/seed/src/lib.rs"
(cd "$W/seed" && env -u CARGO_BUILD_TARGET -u CARGO_ENCODED_RUSTFLAGS RUSTC_BOOTSTRAP=1 __CARGO_TESTS_ONLY_SRC_ROOT="$S/lib/rustlib/src/rust/library" \
  RUSTFLAGS="-Cembed-bitcode=yes -Cforce-unwind-tables=no" CARGO_TARGET_DIR="$W/target" CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1 CARGO_PROFILE_RELEASE_DEBUG=0 \
  cargo build --quiet -j2 --release --target $T -Zbuild-std=std,panic_abort,proc_macro,test)
N=$LIB.new; rm -rf "$N"; mkdir -p "$N"
for f in "$W/target/$T/release/deps"/*.rlib; do case $f in */libseed-*) ;; *) cp "$f" "$N/";; esac; done
rm -rf "$LIB"; mv "$N" "$LIB"
have && echo "wasm std: built from rust-src ($LIB)"
