// The control-to-dataplane messages (dataplane.proto) and their addresses as values.
#pragma once

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#include "common/api/dataplane.pb.h"
#pragma GCC diagnostic pop

#include <algorithm>
#include <optional>
#include <string>

#include "common/net/address.h"

namespace erbium::api {

inline std::string to_bytes(const net::Ip& ip) {
  return {reinterpret_cast<const char*>(ip.bytes.data()), ip.bits() / 8};
}
inline std::string to_bytes(const net::Mac& mac) {
  return {reinterpret_cast<const char*>(mac.bytes.data()), mac.bytes.size()};
}

// nullopt unless the bytes are 4 or 16.
inline std::optional<net::Ip> ip_from(const std::string& bytes) {
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  net::Ip ip{bytes.size() == 4 ? net::Family::v4 : net::Family::v6, {}};
  std::copy(bytes.begin(), bytes.end(), ip.bytes.begin());
  return ip;
}
// nullopt unless the bytes are 6.
inline std::optional<net::Mac> mac_from(const std::string& bytes) {
  net::Mac mac;
  if (bytes.size() != mac.bytes.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), mac.bytes.begin());
  return mac;
}

}  // namespace erbium::api
