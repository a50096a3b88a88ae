#include "lib/plot/html_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

namespace tally {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(HtmlPageTest, NothingOfTheTextIsMarkup) {
  HtmlPage page("<a&b>", /*html=*/true);
  page.Heading("<h>");
  page.Paragraph("\"p\"");
  page.Preformatted("<pre>");
  page.Table({{"<th>"}, {{"'td'"}}});
  const std::string html = std::move(page).Finish();
  for (const char* text : {"<title>&lt;a&amp;b&gt;</title>", "<h2>&lt;h&gt;</h2>", "<p>&quot;p&quot;</p>",
                           "<pre>&lt;pre&gt;</pre>", "<th>&lt;th&gt;</th>", "<td>&#39;td&#39;</td>"}) {
    EXPECT_THAT(html, HasSubstr(text));
  }
}

TEST(HtmlPageTest, PicturesKeepTheirIdsApart) {
  HtmlPage page("t", /*html=*/true);
  const auto script = [] {
    return std::string("set terminal svg\nset xrange [0:1]\nset yrange [0:1]\nplot 0.5 with points\n");
  };
  const auto text = [] { return std::string("text form"); };
  ASSERT_TRUE(page.Picture(script, text).ok());
  ASSERT_TRUE(page.Picture(script, text).ok());
  const std::string html = std::move(page).Finish();
  for (const char* part : {"id='p1-gpPt0'", "id='p2-gpPt0'", "href='#p1-gpPt0'", "href='#p2-gpPt0'"}) {
    EXPECT_THAT(html, HasSubstr(part));
  }
  for (const char* part : {"<?xml", "text form", "id='gp", "href='#gp"}) EXPECT_THAT(html, Not(HasSubstr(part)));
}

TEST(HtmlPageTest, ABrowserLoadsAPageAgainWhereItIsRefreshed) {
  EXPECT_THAT(HtmlPage("t", /*html=*/true, /*refresh=*/30).Finish(),
              HasSubstr("<meta http-equiv=\"refresh\" content=\"30\">"));
  EXPECT_THAT(HtmlPage("t", /*html=*/true).Finish(), Not(HasSubstr("http-equiv")));
}

TEST(HtmlPageTest, TextFormRunsNoGnuplot) {
  HtmlPage page("title", /*html=*/false);
  page.Heading("heading");
  ASSERT_TRUE(page.Picture([] { return std::string("nonsense"); }, [] { return std::string("letters"); }).ok());
  EXPECT_EQ(std::move(page).Finish(), "title\n=====\n\nheading\n-------\n\nletters\n");
}

}  // namespace
}  // namespace tally
