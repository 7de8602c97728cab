// Sections: impairments and where they are applied.
#include "control/config/shape.h"

namespace erbium::cp {

const Object& impairment_object() {
  static const Object table{
      "impairments.NAME",
      "What goes wrong on a link, in one direction or both. It happens behind the sender: "
      "departures "
      "are those of a clean link, and what is lost has taken its time on the link.",
      {{"delay", object(impairment_delay_object()), "Delay and its variation."},
       {"loss", object(impairment_loss_object()), "Loss."},
       {"duplicate", scalar(percent_type()),
        "Chance that a packet arrives twice; the second draws a jitter of its own."},
       {"reorder", object(impairment_reorder_object()), "Packets that others overtake."},
       {"corrupt", scalar(percent_type()), "Chance that one bit of the frame is flipped."},
       {"trace", scalar(text_type()),
        "File of delivery opportunities as Mahimahi has it, in place of the link's rate: a line a "
        "millisecond at which 1,504 bytes may leave (an IP packet counts 4 more than its length), "
        "repeated behind its last line. Relative to this file's directory. It counts from scenario "
        "time 0, or from the event that applies it."}},
      {},
      {"delay", "loss", "duplicate", "reorder", "corrupt", "trace"}};
  return table;
}

const Object& impairment_delay_object() {
  static const Object table{
      "impairments.NAME.delay",
      "`uniform` spreads evenly from `jitter` below the delay to `jitter` above it. `normal` has "
      "the "
      "standard deviation `jitter`, cut off at four of them. `pareto` never falls below the delay "
      "and "
      "is `jitter` above it on average: shape 3, cut off at 30 times `jitter`.",
      {{"base", scalar(duration_type()),
        "Delay, each way; at least 1us; absent: that of the link."},
       {"jitter", scalar(duration_type()), "Spread around it, at most 10s."},
       {"dist", scalar(words_type({"uniform", "normal", "pareto"})), "Distribution of the jitter.",
        false, "normal"},
       {"order", scalar(words_type({"keep", "free"})),
        "`keep`: a packet waits for those in front of it; `free`: it overtakes them.", false,
        "keep"}},
      {},
      {"base", "jitter"}};
  return table;
}

const Object& impairment_loss_object() {
  static const Object table{
      "impairments.NAME.loss",
      "`random` loses each packet by itself. `gilbert_elliott` loses in bursts: each packet first "
      "moves the model from its good state to the bad one with probability `p`, or back with `r`, "
      "and is then lost with the probability of the state it finds; `mean` and `burst` say the "
      "same "
      "by the share of loss and the mean length of bursts. `every_nth` loses the n-th packet, the "
      "2n-th and so on.",
      {{"model", scalar(words_type({"random", "gilbert_elliott", "every_nth"})), "Model.", true},
       {"p", scalar(percent_type()), "Chance of loss, or of entering the bad state."},
       {"r", scalar(percent_type()), "Chance of leaving the bad state."},
       {"mean", scalar(percent_type()), "Share of packets that are lost in the long run."},
       {"burst", scalar(integer_type(1, 1'000'000)),
        "Packets that the bad state lasts on average."},
       {"bad", scalar(percent_type()), "Chance of loss in the bad state.", false, "100%"},
       {"good", scalar(percent_type()), "Chance of loss in the good state.", false, "0%"},
       {"n", scalar(integer_type(2, 1'000'000'000)), "Which packet is lost."}},
      {},
      {},
      "model",
      {{"random", {"p"}, {}},
       {"gilbert_elliott", {}, {"p", "r", "mean", "burst", "bad", "good"}},
       {"every_nth", {"n"}, {}}}};
  return table;
}

const Object& impairment_reorder_object() {
  static const Object table{
      "impairments.NAME.reorder",
      "Packets that are held back while those behind them pass.",
      {{"p", scalar(percent_type()), "Chance to be held back.", true},
       {"hold", scalar(duration_type()), "How much later they arrive, at most 10s.", true}}};
  return table;
}

const Object& apply_object() {
  static const Object table{
      "apply",
      "One profile on one circuit, from the start. Of each direction of a link one profile says "
      "the "
      "delay, and one the rest.",
      {{"profile", scalar(name_type()), "Name in section `impairments`.", true},
       {"circuit", scalar(name_type()), "Name of the circuit.", true},
       {"link", scalar(words_type({"primary", "secondary", "both"})), "Which links.", false,
        "both"},
       {"dir", scalar(words_type({"to_azure", "to_onprem", "both"})), "Which direction.", false,
        "both"}}};
  return table;
}

}  // namespace erbium::cp
