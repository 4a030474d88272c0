# One program per bench/native/*_bench.cc. bench/native/{bare_curl,bare_epoll,measure}.cc need nothing of ours; `npm run bench` compiles them itself.
file(GLOB VAYU_BENCH_SOURCES CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/bench/native/*_bench.cc")
foreach(source ${VAYU_BENCH_SOURCES})
  get_filename_component(name "${source}" NAME_WE)
  add_executable(${name} "${source}")
  target_link_libraries(${name} PRIVATE vayu_core vayu_options)
  set_target_properties(${name} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ${VAYU_LTO})
endforeach()
