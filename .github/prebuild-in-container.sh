# Runs prebuild.sh as root of a fresh container, AlmaLinux 8 or Alpine, after installing what that needs.
set -eu
if [ -e /etc/alpine-release ]; then
  apk add bash build-base cmake curl git linux-headers ninja-build ninja-is-really-ninja openssl perl pkgconf python3 tar unzip xz zip
  # The programs that vcpkg would download are for glibc.
  export VCPKG_FORCE_SYSTEM_BINARIES=1
else
  dnf install -y cmake curl gcc-toolset-13 git make openssl perl perl-IPC-Cmd pkgconf-pkg-config python3.12 tar unzip xz zip
  # It reads variables that are not set.
  set +u
  . /opt/rh/gcc-toolset-13/enable
  set -u
  # The runner's Node, built for this glibc; AlmaLinux has none as new, and node-gyp does not take its default Python.
  export PATH="/opt/node/bin:$PATH" NODE_GYP_FORCE_PYTHON=/usr/bin/python3.12
fi
git config --global --add safe.directory '*'
bash .github/prebuild.sh "$@"
# The runner's own user caches the one and uploads the other.
chmod -R a+rX .vcpkg-cache prebuilds
