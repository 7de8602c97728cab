#include "control/config/notification_code.h"

#include <gtest/gtest.h>

namespace erbium::cp {
namespace {

TEST(NotificationCode, ByNameAndByNumber) {
  EXPECT_EQ(notification_of("cease/admin_shutdown"), (bgp::Notification{6, 2, {}}));
  EXPECT_EQ(notification_of("6/2"), (bgp::Notification{6, 2, {}}));
  EXPECT_EQ(notification_of("hold_timer_expired"), (bgp::Notification{4, 0, {}}));
  EXPECT_EQ(notification_of("5/3"), (bgp::Notification{5, 3, {}})) << "RFC 6608 has no name here";
  EXPECT_EQ(notification_of("cease/bfd_down"), (bgp::Notification{6, 10, {}}));
  EXPECT_EQ(notification_of("6/9"), (bgp::Notification{6, 9, {6, 4}})) << "with what it stands for";
}

TEST(NotificationCode, NoOther) {
  for (const char* code : {"", "cease", "cease/foo", "0/1", "7/1", "6/256", "6/", "6/2 ", "6"})
    EXPECT_FALSE(notification_of(code)) << code;
}

TEST(NotificationCode, EveryNameIsOfACode) {
  for (const std::string& name : notification_names()) EXPECT_TRUE(notification_of(name)) << name;
}

}  // namespace
}  // namespace erbium::cp
