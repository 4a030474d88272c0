# Makes the prebuilt addon of this machine with vcpkg's libraries and runs tests of the engine on it.
#   bash .github/prebuild.sh [-- <options of scripts/prebuild.mjs>]
set -eu
mkdir -p .vcpkg-cache
test -d "$VCPKG_ROOT" || git clone --depth 1 --branch "$VCPKG_RELEASE" https://github.com/microsoft/vcpkg "$VCPKG_ROOT"
sh "$VCPKG_ROOT/bootstrap-vcpkg.sh" -disableMetrics
npm ci --ignore-scripts
npm run prebuild "$@"
# It is the only addon of this checkout, hence the one that is loaded. Tests that measure time or need nginx are left out.
case "$*" in
  *--windows*) ;;
  *) node --import tsx --test test/engine/engine.test.ts test/engine/compressed-bodies.test.ts test/engine/scripts.test.ts ;;
esac
