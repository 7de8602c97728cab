#include "cli/output.h"

#include <cerrno>
#include <utility>

namespace erbium::cli {

OutputFile::OutputFile(std::string path, Older older) : path_(std::move(path)) {
  if (older == Older::removed) std::remove(path_.c_str());
  const std::string partial = path_ + ".partial";
  file_ = std::fopen(partial.c_str(), "w");
  if (!file_) throw IoError("create", partial, errno);
}

OutputFile::~OutputFile() {
  if (file_) std::fclose(file_);
}

void OutputFile::append(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), file_) != text.size())
    throw IoError("write", path_ + ".partial", errno);
}

void OutputFile::close(bool whole) {
  std::FILE* file = std::exchange(file_, nullptr);
  if (std::fclose(file) != 0) throw IoError("write", path_ + ".partial", errno);
  if (whole && std::rename((path_ + ".partial").c_str(), path_.c_str()) != 0)
    throw IoError("rename", path_ + ".partial", errno);
}

}  // namespace erbium::cli
