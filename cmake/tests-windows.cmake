# The tests that need no server of POSIX. GoogleTest is compiled from source: a cross compiler has none.
set(VAYU_GTEST_SOURCE_DIR "/usr/src/googletest" CACHE PATH "Directory of GoogleTest's source")
add_subdirectory("${VAYU_GTEST_SOURCE_DIR}" googletest EXCLUDE_FROM_ALL)
foreach(name content_decoder cookie_jar curve histogram http1_parser lazy_deadlines load_shard pacer percent_encoding recorder
    sampler script_host script_isolation system test_table text_template token_bucket)
  add_executable(${name}_test "${CMAKE_CURRENT_SOURCE_DIR}/native/test/${name}_test.cc")
  target_link_libraries(${name}_test PRIVATE vayu_core vayu_options gtest_main)
endforeach()
