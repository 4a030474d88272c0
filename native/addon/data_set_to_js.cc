#include "addon/data_set_to_js.h"

#include <memory>
#include <string>
#include <utility>

#include "engine/data_set.h"

namespace vayu::addon {

namespace {

using DataHandle = std::shared_ptr<const DataSet>;

class OpenWork final : public Napi::AsyncWorker {
 public:
  OpenWork(Napi::Env env, std::string path, std::string text)
      : AsyncWorker(env), path_(std::move(path)), text_(std::move(text)), deferred_(env) {}
  Napi::Promise promise() const { return deferred_.Promise(); }

 private:
  void Execute() override {
    std::string error;
    data_ = path_.empty() ? DataSet::openText(std::move(text_), error) : DataSet::openFile(path_, error);
    if (data_ == nullptr) SetError(error);
  }
  void OnOK() override {
    const Napi::Env env = Env();
    const Napi::HandleScope scope(env);
    Napi::Object object = Napi::Object::New(env);
    object.Set("rows", static_cast<double>(data_->rows()));
    Napi::Array columns = Napi::Array::New(env);
    for (const std::string& column : data_->columns()) columns.Set(columns.Length(), Napi::String::New(env, column));
    object.Set("columns", columns);
    object.Set("handle", Napi::External<DataHandle>::New(env, new DataHandle(std::move(data_)),
                                                         [](Napi::Env, DataHandle* handle) { delete handle; }));
    deferred_.Resolve(object);
  }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

  const std::string path_;
  std::string text_;
  DataHandle data_;
  Napi::Promise::Deferred deferred_;
};

}  // namespace

Napi::Value openData(const Napi::CallbackInfo& info) {
  const bool isFile = info[0].IsString();
  auto* work = new OpenWork(info.Env(), isFile ? info[0].As<Napi::String>().Utf8Value() : std::string(),
                            isFile ? std::string() : info[1].As<Napi::String>().Utf8Value());
  const Napi::Promise promise = work->promise();
  work->Queue();
  return promise;
}

Napi::Value readRow(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const DataHandle data = *info[0].As<Napi::External<DataHandle>>().Data();
  const auto row = static_cast<std::size_t>(info[1].As<Napi::Number>().Int64Value());
  VariableScope scope;
  if (row >= data->rows() || !DataReader(data).read(row, scope)) {
    throw Napi::Error::New(env, "the data file cannot be read any more");
  }
  Napi::Array triples = Napi::Array::New(env, scope.variables.size() * 3);
  std::uint32_t index = 0;
  for (const Variable& variable : scope.variables) {
    triples.Set(index++, Napi::String::New(env, variable.name));
    triples.Set(index++, Napi::Number::New(env, static_cast<int>(variable.value.kind)));
    triples.Set(index++, Napi::String::New(env, variable.value.text));
  }
  return triples;
}

}  // namespace vayu::addon
