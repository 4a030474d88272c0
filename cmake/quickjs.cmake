# Debian's libquickjs.a is not position-independent, so the five C files are compiled here.
if(NOT VAYU_QUICKJS_SOURCE_DIR)
  file(GLOB VAYU_QUICKJS_CANDIDATES "${CMAKE_CURRENT_SOURCE_DIR}/.cache/quickjs-*/quickjs.c")
  if(VAYU_QUICKJS_CANDIDATES)
    list(GET VAYU_QUICKJS_CANDIDATES -1 VAYU_QUICKJS_FILE)
    get_filename_component(VAYU_QUICKJS_SOURCE_DIR "${VAYU_QUICKJS_FILE}" DIRECTORY)
  else()
    message(FATAL_ERROR "QuickJS's C source is missing. Run `npm run setup`, or pass -DVAYU_QUICKJS_SOURCE_DIR=<directory with quickjs.c>.")
  endif()
endif()
file(STRINGS "${VAYU_QUICKJS_SOURCE_DIR}/VERSION" VAYU_QUICKJS_VERSION LIMIT_COUNT 1)
# A copy that a script's time limit reaches everywhere; as it comes where there is no Node to write it.
set(VAYU_QUICKJS_MAIN "${VAYU_QUICKJS_SOURCE_DIR}/quickjs.c")
find_program(VAYU_NODE node)
if(VAYU_NODE)
  set(VAYU_QUICKJS_MAIN "${CMAKE_CURRENT_BINARY_DIR}/generated/quickjs.c")
  add_custom_command(
    OUTPUT "${VAYU_QUICKJS_MAIN}"
    COMMAND "${VAYU_NODE}" "${CMAKE_CURRENT_SOURCE_DIR}/scripts/steps/poll-quickjs.mjs" "${VAYU_QUICKJS_SOURCE_DIR}/quickjs.c"
            "${VAYU_QUICKJS_MAIN}"
    DEPENDS "${VAYU_QUICKJS_SOURCE_DIR}/quickjs.c" "${CMAKE_CURRENT_SOURCE_DIR}/scripts/steps/poll-quickjs.mjs"
    COMMENT "Preparing quickjs.c"
    VERBATIM)
endif()
add_library(quickjs STATIC
  "${VAYU_QUICKJS_MAIN}"
  "${VAYU_QUICKJS_SOURCE_DIR}/libregexp.c"
  "${VAYU_QUICKJS_SOURCE_DIR}/libunicode.c"
  "${VAYU_QUICKJS_SOURCE_DIR}/cutils.c"
  "${VAYU_QUICKJS_SOURCE_DIR}/dtoa.c")
target_include_directories(quickjs SYSTEM PUBLIC "${VAYU_QUICKJS_SOURCE_DIR}")
target_compile_definitions(quickjs PRIVATE _GNU_SOURCE "CONFIG_VERSION=\"${VAYU_QUICKJS_VERSION}\"")
target_compile_definitions(quickjs INTERFACE "VAYU_QUICKJS_VERSION=\"${VAYU_QUICKJS_VERSION}\"")
target_compile_options(quickjs PRIVATE -w -fwrapv)
if(VAYU_USE_ASAN)
  # QuickJS relies on shifts and casts that UBSan reports; memory errors in it are still found.
  target_compile_options(quickjs PRIVATE -fno-sanitize=undefined)
endif()
if(VAYU_BUILD_FUZZERS)
  # What is fuzzed is our own code; with the sanitizers in it QuickJS takes two minutes to compile and most of the fuzzers' time.
  target_compile_options(quickjs PRIVATE -fno-sanitize=all)
endif()
target_link_libraries(quickjs PUBLIC m ${CMAKE_DL_LIBS} Threads::Threads)
