# One libFuzzer program per native/test/fuzz/*_fuzz.cc; `npm run fuzz` builds and runs them.
file(GLOB VAYU_FUZZ_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/native/test/fuzz/*_fuzz.cc")
foreach(source ${VAYU_FUZZ_SOURCES})
  get_filename_component(name "${source}" NAME_WE)
  add_executable(${name} "${source}")
  target_link_libraries(${name} PRIVATE vayu_core quickjs vayu_options)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
endforeach()
