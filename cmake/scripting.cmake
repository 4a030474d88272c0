# The JavaScript of lib/scripting, bundled into C++ byte arrays. An empty library until the bundle exists.
add_library(vayu_scripting_bundle INTERFACE)
