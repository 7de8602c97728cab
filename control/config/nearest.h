// The nearest valid word to a mistyped one, by edit distance with transpositions (optimal string
// alignment), so that an error can say what to write instead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace erbium::cp {

// The candidate with the least distance (letter case costs nothing), the first one on a tie; empty
// when none is nearer than about a third of the word's length.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

// "write 'x'" when something is near, else "valid <what>: a, b, c".
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates,
                       std::string_view what);

}  // namespace erbium::cp
