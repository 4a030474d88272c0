#include <array>
#include <chrono>
#include <optional>

#include "base/cookie_jar.h"

namespace vayu {

namespace {

bool isDigit(char character) { return character >= '0' && character <= '9'; }

bool isDelimiter(char character) {
  const auto code = static_cast<unsigned char>(character);
  return code == 0x09 || (code >= 0x20 && code <= 0x2f) || (code >= 0x3b && code <= 0x40) ||
         (code >= 0x5b && code <= 0x60) || (code >= 0x7b && code <= 0x7e);
}

// The number that `text` begins with, of `least` to `most` digits, cut off from it.
std::optional<int> takeNumber(std::string_view& text, std::size_t least, std::size_t most) {
  std::size_t length = 0;
  int number = 0;
  while (length < text.size() && length <= most && isDigit(text[length])) number = number * 10 + (text[length++] - '0');
  if (length < least || length > most) return std::nullopt;
  text.remove_prefix(length);
  return number;
}

std::optional<std::chrono::seconds> timeOf(std::string_view token) {
  int parts[3] = {};
  for (int index = 0; index < 3; ++index) {
    if (index > 0) {
      if (token.empty() || token.front() != ':') return std::nullopt;
      token.remove_prefix(1);
    }
    const std::optional<int> part = takeNumber(token, 1, 2);
    if (!part) return std::nullopt;
    parts[index] = *part;
  }
  if (parts[0] > 23 || parts[1] > 59 || parts[2] > 59) return std::nullopt;
  return std::chrono::hours(parts[0]) + std::chrono::minutes(parts[1]) + std::chrono::seconds(parts[2]);
}

std::optional<unsigned> monthOf(std::string_view token) {
  static constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                               "jul", "aug", "sep", "oct", "nov", "dec"};
  if (token.size() < 3) return std::nullopt;
  std::string start(token.substr(0, 3));
  for (char& character : start) character = static_cast<char>(character | 0x20);
  for (unsigned month = 0; month < kMonths.size(); ++month) {
    if (start == kMonths[month]) return month + 1;
  }
  return std::nullopt;
}

}  // namespace

std::int64_t parseCookieDateMs(std::string_view text) {
  std::optional<std::chrono::seconds> time;
  std::optional<int> day;
  std::optional<unsigned> month;
  std::optional<int> year;
  while (!text.empty()) {
    std::size_t length = 0;
    while (length < text.size() && !isDelimiter(text[length])) ++length;
    const std::string_view token = text.substr(0, length);
    text.remove_prefix(length == text.size() ? length : length + 1);
    if (token.empty()) continue;
    if (!time && (time = timeOf(token))) continue;
    std::string_view rest = token;
    if (!day && (day = takeNumber(rest, 1, 2))) continue;
    if (!month && (month = monthOf(token))) continue;
    rest = token;
    if (!year) year = takeNumber(rest, 2, 4);
  }
  if (!time || !day || !month || !year) return -1;
  if (*year >= 70 && *year <= 99) *year += 1900;
  if (*year >= 0 && *year <= 69) *year += 2000;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < 1601) return -1;
  const auto instant = std::chrono::sys_days(date) + *time;
  const auto sinceEpoch = std::chrono::duration_cast<std::chrono::milliseconds>(instant.time_since_epoch()).count();
  return sinceEpoch < 0 ? 0 : sinceEpoch;
}

}  // namespace vayu
