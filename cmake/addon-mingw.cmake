# The functions of Node-API are in the program that loads the addon. They are looked up when first called, by
# native/addon/host_process_windows.cc, because that program need not be called node.exe: Electron's is not.
set(VAYU_NODE_API_FUNCTIONS "${CMAKE_JS_INC}/../def/node_api.def")
set(VAYU_NODE_API_LIBRARY "${CMAKE_CURRENT_BINARY_DIR}/libnode_api.a")
add_custom_command(
  OUTPUT "${VAYU_NODE_API_LIBRARY}"
  COMMAND "${CMAKE_DLLTOOL}" --input-def "${VAYU_NODE_API_FUNCTIONS}" --output-delaylib "${VAYU_NODE_API_LIBRARY}"
  DEPENDS "${VAYU_NODE_API_FUNCTIONS}"
  COMMENT "Listing the functions of Node-API"
  VERBATIM)
add_custom_target(vayu_node_api DEPENDS "${VAYU_NODE_API_LIBRARY}")
add_dependencies(vayu vayu_node_api)
target_link_libraries(vayu PRIVATE "${VAYU_NODE_API_LIBRARY}" delayimp)
