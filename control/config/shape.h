// The grammar of the configuration file as data: one table per section. The strict walk, the typed
// reader, the JSON Schema and docs/config.md all read these tables, so a key exists in one place.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "control/config/scalar.h"

namespace erbium::cp {

struct Object;

// What may stand in one place of the file.
struct Shape {
  enum class Kind { scalar, object, list, map };
  Kind kind = Kind::scalar;
  Scalar scalar;                         // scalar, or the key of a map
  const Object* object = nullptr;        // object
  std::shared_ptr<const Shape> element;  // list, map
  bool or_all = false;                   // list: the word "all" will do as well
};

struct Key {
  std::string name;
  Shape shape;
  std::string doc = {};  // one sentence
  bool required = false;
  std::string fallback = {};  // scalar: the default, written as in the file; empty: none
};

// The keys that one word of the discriminator adds.
struct Variant {
  std::string word;
  std::vector<std::string> required = {};
  std::vector<std::string> optional = {};
  std::vector<std::string> any_of = {};  // at least one of these is present
};

struct Object {
  std::string title = {};  // path in the file, "circuits.NAME.links.primary": unique
  std::string doc = {};    // a paragraph for the reference
  std::vector<Key> keys = {};
  // Exactly one of these sets of keys is present, whole, and nothing of the other sets.
  std::vector<std::vector<std::string>> one_of = {};
  std::vector<std::string> any_of = {};  // at least one of these is present
  std::string discriminator = {};        // a required key whose word selects the variant
  std::vector<Variant> variants = {};    // keys in no variant are always allowed
  std::string not_a_scalar = {};         // advice for who writes a scalar here
  std::vector<Variant> subjects = {};    // exactly one of the words is a key, and adds its keys

  const Key* find(std::string_view key) const;
};

// Builders, so that the tables read like tables.
Shape scalar(const Scalar& type);
Shape object(const Object& object);
Shape list(Shape element);
Shape list_or_all(Shape element);
Shape map(const Scalar& key, Shape element);

// Of one entry with `count`.
inline constexpr int64_t kMostPrefixes = 100'000;

// The top of the file.
const Object& scenario_object();

// The sections, in the order of the reference; each is defined in one of the sections_*.cpp.
const Object& about_object();
const Object& port_object();
const Object& circuit_object();
const Object& sku_object();
const Object& ethertype_object();
const Object& limiter_object();
const Object& links_object();
const Object& link_object();
const Object& peerings_object();
const Object& private_peering_object();
const Object& microsoft_peering_object();
const Object& ipv4_object();
const Object& ipv6_object();
const Object& secret_object();
const Object& timers_object();
const Object& bfd_object();
const Object& max_prefixes_object();
const Object& route_filter_object();
const Object& backbone_object();
const Object& gateway_object();
const Object& gateway_circuit_object();
const Object& microsoft_edge_object();
const Object& service_prefix_object();
const Object& vnet_object();
const Object& vnet_peering_object();
const Object& subnet_object();
const Object& nsg_rule_object();
const Object& route_table_object();
const Object& route_object();
const Object& next_hop_object();
const Object& macsec_object();
const Object& ipsec_object();
const Object& vpn_object();
const Object& ce_object();
const Object& graceful_restart_object();
const Object& stateful_object();
const Object& mistake_object();
const Object& icmp_object();
const Object& router_icmp_object();
const Object& announcement_object();
const Object& impairment_object();
const Object& impairment_delay_object();
const Object& impairment_loss_object();
const Object& impairment_reorder_object();
const Object& apply_object();
const Object& replay_object();
const Object& rewrite_object();
const Object& split_object();
const Object& probe_object();
const Object& event_object();
const Object& expectation_object();
const Object& outputs_object();
const Object& pcapng_object();
const Object& metrics_object();
const Object& control_object();
const Object& gateway_delay_object();
const Object& time_object();
const Object& dataplane_object();

// Throws Fault at the first place, in file order, where `node` departs from `object`.
void check_object(const YamlNode& node, const Object& object, const std::string& where);

}  // namespace erbium::cp
