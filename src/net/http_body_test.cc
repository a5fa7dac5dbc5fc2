// Bodies that are not held in memory, both ways, over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <thread>

#include "base/guarded.h"
#include "net/http_server.h"
#include "net/test_socket.h"

namespace parley::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr size_t kMiB = 1024 * 1024;

/// Bytes that say where they are.
std::string pattern(uint64_t offset, size_t size) {
  std::string out(size, '\0');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>((offset + i) * 2654435761u >> 13);
  return out;
}

std::string post(std::string_view extra, std::string_view path = "/file") {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(extra) + "\r\n";
}

class HttpBodyTest : public testing::Test {
 protected:
  HttpBodyTest() {
    std::string name = (std::filesystem::temp_directory_path() / "parley_body_test_XXXXXX").string();
    PARLEY_CHECK(::mkdtemp(name.data()));
    folder_ = name;
    options_.bind_addresses = {"127.0.0.1"};
    options_.spool_folder = folder_.string();
    options_.plan_body = [](const HttpRequest& head) {
      return head.path == "/file"    ? BodyPlan{256 * kMiB, BodyPlan::Place::kFile}
             : head.path == "/small" ? BodyPlan{10, BodyPlan::Place::kFile}
                                     : BodyPlan{10, BodyPlan::Place::kMemory};
    };
  }
  ~HttpBodyTest() override {
    server_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  void start(HttpServer::Handler handler) {
    server_.emplace(options_, std::move(handler));
    const auto started = server_->start();
    ASSERT_TRUE(started) << started.error().message;
  }
  TestSocket connect() { return TestSocket(server_->port()); }
  std::string talk(std::string_view request) {
    TestSocket socket = connect();
    socket.send(request);
    return socket.read_all();
  }
  bool is_folder_empty() const { return std::filesystem::is_empty(folder_); }

  std::filesystem::path folder_;
  HttpServerOptions options_;
  std::optional<HttpServer> server_;
};

/// Answers with where the body was and what it was.
void tell_body(std::shared_ptr<HttpExchange> exchange) {
  const HttpRequest& request = exchange->request();
  if (!request.body_file) return exchange->respond(make_text_response(200, "memory:" + request.body));
  std::string body(request.body_file->size(), '\0');
  const auto size = request.body_file->read_at(0, body);
  EXPECT_EQ(size.value_or(0), body.size());
  exchange->respond(make_text_response(200, "file:" + body + request.body));
}

TEST_F(HttpBodyTest, PutsABodyIntoAFileWithoutAName) {
  start([&](std::shared_ptr<HttpExchange> exchange) {
    EXPECT_TRUE(is_folder_empty());
    tell_body(std::move(exchange));
  });
  const std::string body = pattern(0, 300'000);
  const std::string answer = talk(post("Connection: close\r\nContent-Length: 300000\r\n") + body);
  EXPECT_TRUE(answer.ends_with("\r\n\r\nfile:" + body));
  EXPECT_EQ(server_->stats().spooled_bytes_now, 0u);
}

TEST_F(HttpBodyTest, PutsAChunkedBodyIntoAFileAndReadsTheRequestBehindIt) {
  start(tell_body);
  const std::string answers = talk(post("Transfer-Encoding: chunked\r\n") + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n" +
                                   post("Content-Length: 2\r\nConnection: close\r\n", "/memory") + "hi");
  EXPECT_THAT(answers, HasSubstr("\r\n\r\nfile:abcde"));
  EXPECT_THAT(answers, EndsWith("\r\n\r\nmemory:hi"));
}

TEST_F(HttpBodyTest, GivesNoFileWhereThereIsNoBody) {
  start(tell_body);
  EXPECT_THAT(talk(post("Content-Length: 0\r\nConnection: close\r\n")), EndsWith("memory:"));
}

TEST_F(HttpBodyTest, RefusesABodyThatIsTooLargeAtItsHeadAndDoesNotInviteIt) {
  start(tell_body);
  for (const std::string path : {"/small", "/memory"}) {
    const std::string answer = talk(post("Expect: 100-continue\r\nContent-Length: 11\r\n", path));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/problem+json\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(answer, HasSubstr("body_too_large"));
  }
  EXPECT_EQ(server_->stats().requests, 0u);
}

TEST_F(HttpBodyTest, RefusesAChunkedBodyAsSoonAsItIsTooLarge) {
  start(tell_body);
  TestSocket socket = connect();
  socket.send(post("Transfer-Encoding: chunked\r\n", "/small") + "8\r\n12345678\r\n3\r\n");
  EXPECT_THAT(socket.read_all(), StartsWith("HTTP/1.1 413 "));
  EXPECT_EQ(server_->stats().spooled_bytes_now, 0u);
}

TEST_F(HttpBodyTest, InvitesABodyThatItWillTake) {
  start(tell_body);
  TestSocket socket = connect();
  socket.send(post("Expect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n"));
  EXPECT_EQ(socket.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("hi");
  EXPECT_THAT(socket.read_all(), EndsWith("file:hi"));
}

TEST_F(HttpBodyTest, RefusesWhatIsBeyondAllBodiesTogetherUntilOneOfThemHasGone) {
  options_.spool_limit = 100;
  std::promise<std::shared_ptr<HttpExchange>> arrived;
  bool is_first = true;
  start([&](std::shared_ptr<HttpExchange> exchange) {
    if (std::exchange(is_first, false)) return arrived.set_value(std::move(exchange));
    tell_body(std::move(exchange));
  });
  TestSocket first = connect();
  first.send(post("Content-Length: 60\r\n") + std::string(60, 'a'));
  std::shared_ptr<HttpExchange> held = arrived.get_future().get();
  const std::string refused = talk(post("Expect: 100-continue\r\nContent-Length: 60\r\n"));
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("\r\nRetry-After: 5\r\n"));
  EXPECT_THAT(refused, HasSubstr("overloaded"));
  const std::string chunked = talk(post("Transfer-Encoding: chunked\r\n") + "3c\r\n" + std::string(60, 'b'));
  EXPECT_THAT(chunked, StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(server_->stats().spooled_bytes_now, 60u);
  EXPECT_EQ(server_->stats().spool_refused, 2u);
  held->respond(make_text_response(200));
  held.reset();
  EXPECT_THAT(talk(post("Content-Length: 60\r\nConnection: close\r\n") + std::string(60, 'c')),
              EndsWith(std::string(60, 'c')));
}

/// No file of this process grows beyond a limit: what a full disk looks like to it.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*old_handler_)(int);
  rlimit old_{};
};

TEST_F(HttpBodyTest, SaysThatTheDiskIsFullAndKeepsNothing) {
  start(tell_body);
  const FileSizeLimit limit(kMiB);
  TestSocket socket = connect();
  socket.send(post("Content-Length: 2097152\r\n") + std::string(kMiB + 1, 'x'));
  const std::string answer = socket.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 507 "));
  EXPECT_THAT(answer, HasSubstr("storage_full"));
  EXPECT_EQ(server_->stats().spooled_bytes_now, 0u);
  EXPECT_EQ(server_->stats().requests, 0u);
}

TEST_F(HttpBodyTest, SaysThatTheSpoolFolderIsGoneBeforeItInvites) {
  options_.spool_folder = (folder_ / "nowhere").string();
  start(tell_body);
  const std::string answer = talk(post("Expect: 100-continue\r\nContent-Length: 5\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("storage_unavailable"));
}

TEST_F(HttpBodyTest, ForgetsABodyWhoseClientHasGone) {
  start([](const std::shared_ptr<HttpExchange>&) { FAIL() << "half a body is no request"; });
  {
    TestSocket socket = connect();
    socket.send(post("Expect: 100-continue\r\nContent-Length: 100\r\n"));
    socket.read_until("\r\n\r\n");
    socket.send(std::string(50, 'x'));
  }
  server_->stop(TimeDelta::seconds(60));
  EXPECT_EQ(server_->stats().spooled_bytes_now, 0u);
}

/// Kilobytes of memory at the most since the last call.
int64_t take_peak_memory_kb() {
  std::ifstream status("/proc/self/status");
  std::string line;
  int64_t peak = 0;
  while (std::getline(status, line)) {
    if (line.starts_with("VmHWM:")) peak = std::atoll(line.c_str() + 6);
  }
  std::ofstream("/proc/self/clear_refs") << "5";
  return peak;
}

TEST_F(HttpBodyTest, TakesALargeBodyWithLittleMemory) {
  start([](std::shared_ptr<HttpExchange> exchange) {
    exchange->respond(make_text_response(200, std::to_string(exchange->request().body_file->size())));
  });
  const std::string part(kMiB, 'x');
  TestSocket socket = connect();
  take_peak_memory_kb();
  const int64_t before = take_peak_memory_kb();
  socket.send(post("Content-Length: 67108864\r\nConnection: close\r\n"));
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(socket.send(part));
  EXPECT_THAT(socket.read_all(), EndsWith("\r\n67108864"));
  EXPECT_LT(take_peak_memory_kb() - before, 16 * 1024);
}

/// Bytes of pattern(), with a record of who asked for what.
class PatternSource : public BodySource {
 public:
  void read(uint64_t offset, size_t max, Done done) override {
    ++reads_;
    EXPECT_FALSE(is_reading_.exchange(true)) << "one piece at a time";
    furthest_ = offset + max;
    is_reading_ = false;
    answer(std::move(done), pattern(offset, max));
  }
  uint64_t reads() const { return reads_; }
  uint64_t furthest() const { return furthest_; }

 protected:
  virtual void answer(Done done, std::string piece) { done(std::move(piece)); }

 private:
  std::atomic<uint64_t> reads_{0};
  std::atomic<uint64_t> furthest_{0};
  std::atomic<bool> is_reading_{false};
};

HttpResponse from_source(std::shared_ptr<BodySource> source, uint64_t offset, uint64_t size) {
  HttpResponse response;
  response.source = std::move(source);
  response.source_offset = offset;
  response.source_size = size;
  return response;
}

/// Answers everything from one source.
class HttpSourceTest : public HttpBodyTest {
 protected:
  void serve(std::shared_ptr<BodySource> source, uint64_t offset, uint64_t size) {
    start([=](const std::shared_ptr<HttpExchange>& exchange) {
      exchange->respond(exchange->request().path == "/plain" ? make_text_response(200, "plain")
                                                             : from_source(source, offset, size));
    });
  }
  static std::string get(std::string_view path, std::string_view extra = "") {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(extra) + "\r\n";
  }
};

TEST_F(HttpSourceTest, WritesASourcePieceByPieceAndKeepsTheConnection) {
  const auto source = std::make_shared<PatternSource>();
  serve(source, 7, kMiB + 123);
  TestSocket socket = connect();
  for (int i = 0; i < 2; ++i) {
    socket.send(get("/"));
    EXPECT_THAT(socket.read_until("\r\n\r\n"), HasSubstr("\r\nContent-Length: 1048699\r\n"));
    EXPECT_TRUE(socket.read(kMiB + 123) == pattern(7, kMiB + 123));
    EXPECT_EQ(source->reads(), 5u * static_cast<uint64_t>(i + 1));
  }
  socket.send(get("/plain", "Connection: close\r\n"));
  EXPECT_THAT(socket.read_all(), EndsWith("\r\n\r\nplain"));
}

TEST_F(HttpSourceTest, OmitsTheContentForHeadAndDoesNotAskForIt) {
  const auto source = std::make_shared<PatternSource>();
  serve(source, 0, 5 * kMiB);
  const std::string answer = talk("HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 5242880\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  EXPECT_EQ(source->reads(), 0u);
}

TEST_F(HttpSourceTest, WritesASourceOfNoBytes) {
  const auto source = std::make_shared<PatternSource>();
  serve(source, 0, 0);
  EXPECT_THAT(talk(get("/", "Connection: close\r\n")), HasSubstr("\r\nContent-Length: 0\r\n"));
  EXPECT_EQ(source->reads(), 0u);
}

TEST_F(HttpSourceTest, AsksNoFurtherThanASlowReaderReads) {
  options_.write_timeout = TimeDelta::millis(100);
  const auto source = std::make_shared<PatternSource>();
  serve(source, 0, 256 * kMiB);
  TestSocket socket(server_->port(), 4096);
  socket.send(get("/"));
  socket.read_until("\r\n\r\n");
  server_->stop(TimeDelta::seconds(60));  // Waits for the connection, which goes with its timeout.
  EXPECT_EQ(server_->stats().timeouts, 1u);
  EXPECT_LT(source->furthest(), 64 * kMiB) << "what the kernel buffers, and a piece";
}

/// Answers each read on a thread of its own, some bytes short.
class ThreadedSource final : public PatternSource {
 public:
  ~ThreadedSource() override {
    for (std::thread& thread : threads_) thread.join();
  }

 protected:
  void answer(Done done, std::string piece) override {
    if (piece.size() > 10) piece.resize(piece.size() - 10);
    threads_.emplace_back([done = std::move(done), piece = std::move(piece)]() mutable { done(std::move(piece)); });
  }

 private:
  std::vector<std::thread> threads_;
};

TEST_F(HttpSourceTest, TakesShortPiecesFromOtherThreadsAndFinishesThemBeforeItStops) {
  const auto source = std::make_shared<ThreadedSource>();
  serve(source, 0, 3 * kMiB);
  TestSocket socket = connect();
  socket.send(get("/"));
  socket.read_until("\r\n\r\n");
  std::thread stopper([&] { server_->stop(TimeDelta::seconds(60)); });
  EXPECT_TRUE(socket.read_all() == pattern(0, 3 * kMiB));
  socket.close();
  stopper.join();
}

/// Keeps its reads for the test to answer.
class HeldSource final : public BodySource {
 public:
  void read(uint64_t, size_t, Done done) override { held_.set_value(std::move(done)); }
  Done take() { return held_.get_future().get(); }

 private:
  std::promise<Done> held_;
};

TEST_F(HttpSourceTest, BreaksOffWhenTheSourceFails) {
  for (const bool is_empty : {false, true}) {
    const auto source = std::make_shared<HeldSource>();
    serve(source, 0, 100);
    TestSocket socket = connect();
    socket.send(get("/"));
    socket.read_until("\r\n\r\n");
    source->take()(is_empty ? Result<std::string>("") : fail(Error::Code::kUnavailable, "gone"));
    EXPECT_EQ(socket.read_all(), "");
    EXPECT_EQ(server_->stats().source_failed, 1u);
  }
}

TEST_F(HttpSourceTest, GivesUpOnASourceThatDoesNotAnswer) {
  options_.write_timeout = TimeDelta::millis(40);
  const auto source = std::make_shared<HeldSource>();
  serve(source, 0, 100);
  TestSocket socket = connect();
  socket.send(get("/"));
  EXPECT_THAT(socket.read_all(), EndsWith("\r\n\r\n"));
  EXPECT_EQ(server_->stats().timeouts, 1u);
  source->take()("too late");
}

TEST_F(HttpSourceTest, TakesAnAnswerAfterTheServerHasStopped) {
  const auto source = std::make_shared<HeldSource>();
  serve(source, 0, 100);
  TestSocket socket = connect();
  socket.send(get("/"));
  BodySource::Done done = source->take();
  server_->stop(TimeDelta::zero());
  done("too late");
  EXPECT_THAT(socket.read_all(), Not(HasSubstr("too late")));
}

TEST(BodyFileTest, ReadsFromAnyPlaceAndNotBehindItsEnd) {
  const auto file = BodyFile::make("").value();
  ASSERT_TRUE(file->append("hello "));
  ASSERT_TRUE(file->append("world"));
  std::array<char, 8> room{};
  EXPECT_EQ(file->read_at(6, room).value(), 5u);
  EXPECT_EQ(std::string_view(room.data(), 5), "world");
  EXPECT_EQ(file->read_at(11, room).value(), 0u);
  EXPECT_EQ(file->read_at(1'000'000, room).value(), 0u);
}

}  // namespace
}  // namespace parley::net
