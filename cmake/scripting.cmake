# The JavaScript of lib/scripting, bundled by esbuild into one C++ file of string literals. A package from npm brings that file along.
set(VAYU_SCRIPT_BUNDLES "${CMAKE_CURRENT_SOURCE_DIR}/vendor/script_bundles.cc")
if(NOT EXISTS "${VAYU_SCRIPT_BUNDLES}")
  find_program(VAYU_NODE node REQUIRED)
  file(GLOB_RECURSE VAYU_SCRIPTING_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/lib/scripting/*")
  set(VAYU_SCRIPT_BUNDLES "${CMAKE_CURRENT_BINARY_DIR}/generated/script_bundles.cc")
  add_custom_command(
    OUTPUT "${VAYU_SCRIPT_BUNDLES}"
    COMMAND "${VAYU_NODE}" "${CMAKE_CURRENT_SOURCE_DIR}/scripts/build-scripting.mjs" --out "${CMAKE_CURRENT_BINARY_DIR}/generated"
    DEPENDS ${VAYU_SCRIPTING_SOURCES} "${CMAKE_CURRENT_SOURCE_DIR}/scripts/build-scripting.mjs"
            "${CMAKE_CURRENT_SOURCE_DIR}/package-lock.json"
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    COMMENT "Bundling lib/scripting"
    VERBATIM)
endif()
add_library(vayu_scripting_bundle STATIC "${VAYU_SCRIPT_BUNDLES}")
target_include_directories(vayu_scripting_bundle PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}/native")
