// Loads the tfjs-node binding that lies beside this one, without the lines that TensorFlow 2.21 prints while it is
// loaded, before it reads the log level that the environment asks for. What other threads print meanwhile comes after.
#include <dlfcn.h>
#include <node_api.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>

namespace {

using Register = napi_value (*)(napi_env, napi_value);

bool IsNoise(const std::string& line) {
  return line.rfind("WARNING: All log messages before absl::InitializeLog()", 0) == 0 ||
         line.find("oneDNN custom operations are on.") != std::string::npos;
}

void PrintTheRest(int file) {
  std::string text;
  char part[4096];
  lseek(file, 0, SEEK_SET);
  for (ssize_t got; (got = read(file, part, sizeof part)) > 0;) text.append(part, got);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (!IsNoise(line)) std::fprintf(stderr, "%s\n", line.c_str());
}

void* Open(const std::string& path) {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  if (level == nullptr || std::atoi(level) < 1) return dlopen(path.c_str(), RTLD_LAZY);
  const int aside = memfd_create("gradpool-stderr", MFD_CLOEXEC);
  const int stderr_copy = dup(STDERR_FILENO);
  dup2(aside, STDERR_FILENO);
  void* binding = dlopen(path.c_str(), RTLD_LAZY);
  dup2(stderr_copy, STDERR_FILENO);
  close(stderr_copy);
  PrintTheRest(aside);
  close(aside);
  return binding;
}

Register LoadBinding() {
  Dl_info self;
  dladdr(reinterpret_cast<void*>(&IsNoise), &self);
  const std::string path(self.dli_fname);
  void* binding = Open(path.substr(0, path.rfind('/')) + "/tfjs_binding_plain.node");
  return binding == nullptr ? nullptr : reinterpret_cast<Register>(dlsym(binding, "napi_register_module_v1"));
}

}  // namespace

NAPI_MODULE_INIT() {
  // Threads that load at the same time wait here for the first.
  static const Register binding = LoadBinding();
  if (binding == nullptr) {
    napi_throw_error(env, nullptr, dlerror());
    return nullptr;
  }
  return binding(env, exports);
}
