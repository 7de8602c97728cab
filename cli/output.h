// The text files of a run. Each is written as NAME.partial and renamed when it is whole, so that no
// partial file looks whole.
#pragma once

#include <cstdio>
#include <string>

#include "common/io_error.h"

namespace erbium::cli {

class OutputFile {
 public:
  // What becomes of an older file of that name: `kept` until this one is whole.
  enum class Older { removed, kept };
  // Throws IoError, here and below.
  explicit OutputFile(std::string path, Older older = Older::removed);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void append(const std::string& text);
  // Closes the file; under its own name when the run was whole, else it stays NAME.partial.
  void close(bool whole);

 private:
  std::string path_;
  std::FILE* file_ = nullptr;
};

}  // namespace erbium::cli
