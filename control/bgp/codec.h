// BGP-4 messages to and from octets (RFC 4271 §4), with error handling by RFC 7606: an UPDATE whose
// attributes are wrong but whose prefixes can be read takes those prefixes back instead of ending
// the session.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "control/bgp/message.h"

namespace erbium::cp::bgp {

// What both sides have agreed upon; until then the defaults.
struct CodecOptions {
  bool as4 = false;                // 4-octet AS numbers in AS_PATH and AGGREGATOR
  bool extended_message = false;   // written are up to 65,535 octets
  bool receives_extended = false;  // read are as many
  bool multiprotocol_v4 = true;    // IPv4 unicast may be exchanged
  bool multiprotocol_v6 = false;
  bool external = true;  // eBGP: LOCAL_PREF from the peer is discarded
  // Prefixes stand behind path identifiers (RFC 7911), which are passed over. For dumps of others'
  // sessions (RFC 8050): never offered to a peer, never written.
  bool path_ids = false;
};

// What RFC 7606 §2 does about a malformed UPDATE; the session goes on.
struct AttributeError {
  enum class Action : uint8_t { discard, withdraw };
  Action action = Action::discard;
  uint8_t type = 0;  // attribute
  std::string what;
};

// What one message said. Under Action::withdraw the update withdraws all that it announced.
struct Decoded {
  Message message;
  std::vector<AttributeError> errors;
};

// The session ends with this NOTIFICATION.
struct FatalError {
  Notification notification;
  std::string what;
};

// Octets of the first message of `stream`, header included: 0 when more are needed to know. Fatal
// for a bad marker or length (RFC 4271 §6.1).
tl::expected<unsigned, FatalError> message_length(std::span<const uint8_t> stream,
                                                  const CodecOptions& options);

// Decodes one whole message, its header included. A ROUTE-REFRESH of a family that is not spoken
// here, or of a subtype never agreed upon, counts as a KEEPALIVE with an entry in `errors`; errors
// that are of no attribute have type 0. Prefixes come with their host bits cleared.
tl::expected<Decoded, FatalError> decode(std::span<const uint8_t> message,
                                         const CodecOptions& options);

// Appends the message. An UPDATE goes out as withdrawals, then announcements, each family in
// messages of its own (RFC 7606 §5.1), and what exceeds the longest message is split into several:
// no prefix is lost, attributes are repeated. Left out are families not agreed upon and, to an
// external peer, LOCAL_PREF (RFC 4271 §5.1.5). Where the attributes alone leave no room for a
// prefix, what was announced is withdrawn instead, so that nothing older stays (RFC 8654 §4).
// Announced prefixes need the next hop of their family.
void encode(const Message& message, const CodecOptions& options, std::vector<uint8_t>& out);

// Path attributes by themselves, as an UPDATE or a RIB dump (RFC 6396 §4.3.4) holds them: of
// MP_REACH_NLRI only the next hops are taken, nothing is missed, and ORIGIN is INCOMPLETE where
// there is none. Errors are appended.
tl::expected<PathAttributes, FatalError> decode_attributes(std::span<const uint8_t> octets,
                                                           const CodecOptions& options,
                                                           std::vector<AttributeError>& errors);

}  // namespace erbium::cp::bgp
