// Data files of any bytes: the scanners and the row readers stay inside of them, and agree on where the records of a CSV text end.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "engine/data_set.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string error;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::shared_ptr<const vayu::DataSet> rows = vayu::DataSet::openText(text, error);
  if (rows == nullptr) {
    if (error.empty()) std::abort();
    return 0;
  }
  vayu::DataReader reader(rows);
  vayu::VariableScope scope;
  for (std::size_t row = 0; row < rows->rows(); ++row) {
    // What was accepted when it was opened can be read.
    if (!reader.read(row, scope)) std::abort();
    if (!rows->columns().empty() && scope.variables.size() != rows->columns().size()) std::abort();
  }
  return 0;
}
