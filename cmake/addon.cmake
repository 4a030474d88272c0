file(GLOB VAYU_ADDON_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/native/addon/*.cc")
if(NOT WIN32)
  list(FILTER VAYU_ADDON_SOURCES EXCLUDE REGEX "_windows\\.cc$")
endif()
add_library(vayu SHARED ${VAYU_ADDON_SOURCES} ${CMAKE_JS_SRC})
set_target_properties(vayu PROPERTIES PREFIX "" SUFFIX ".node" INTERPROCEDURAL_OPTIMIZATION ${VAYU_LTO})
# npm puts it in this package's own node_modules or in one further up; Node knows which.
find_program(VAYU_NODE node REQUIRED)
execute_process(
  COMMAND "${VAYU_NODE}" -p "require('node-addon-api').include_dir"
  WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
  OUTPUT_VARIABLE VAYU_NODE_ADDON_API
  OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT VAYU_NODE_ADDON_API)
  message(FATAL_ERROR "node-addon-api is missing. Run `npm ci --ignore-scripts`.")
endif()
get_filename_component(VAYU_NODE_ADDON_API "${VAYU_NODE_ADDON_API}" ABSOLUTE BASE_DIR "${CMAKE_CURRENT_SOURCE_DIR}")
target_include_directories(vayu SYSTEM PRIVATE ${CMAKE_JS_INC} "${VAYU_NODE_ADDON_API}")
target_compile_definitions(vayu PRIVATE "VAYU_VERSION=\"${VAYU_VERSION}\"")
target_link_libraries(vayu PRIVATE vayu_core vayu_options ${CMAKE_JS_LIB})
if(MINGW)
  include(cmake/addon-mingw.cmake)
endif()
# What is inside must neither be taken by another library for its own nor give way to another's: only the entry points are seen.
if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
  set(VAYU_EXPORTS "${CMAKE_CURRENT_BINARY_DIR}/addon.map")
  file(WRITE "${VAYU_EXPORTS}" "{ global: napi_register_module_v*; node_api_module_get_api_version_v*; local: *; };\n")
  target_link_options(vayu PRIVATE -Wl,--exclude-libs,ALL "-Wl,--version-script=${VAYU_EXPORTS}" -Wl,-Bsymbolic
    -Wl,-z,nodelete -Wl,--gc-sections)
  if(DEFINED ENV{VCPKG_ROOT})
    # For machines of all ages, which have neither the folders of this one nor libraries as new as its compiler.
    target_link_options(vayu PRIVATE -static-libstdc++ -static-libgcc)
    set_target_properties(vayu PROPERTIES SKIP_BUILD_RPATH ON)
  endif()
elseif(APPLE)
  target_link_options(vayu PRIVATE "-Wl,-exported_symbol,_napi_register_module_v*"
    "-Wl,-exported_symbol,_node_api_module_get_api_version_v*")
endif()
