{
  # node-gyp builds nothing itself: its one action runs the CMake build and leaves build/Release/vayu.node, where npm,
  # node-gyp-build and prebuildify look for it.
  "targets": [
    {
      "target_name": "vayu",
      "type": "none",
      "actions": [
        {
          "action_name": "cmake_build",
          "inputs": ["CMakeLists.txt"],
          "outputs": ["<(module_root_dir)/build/Release/vayu.node"],
          "action": ["node", "scripts/build-native.mjs"]
        }
      ]
    }
  ]
}
