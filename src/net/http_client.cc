#include "net/http_client.h"

#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>

#include "base/check.h"
#include "net/public_address.h"

namespace parley::net {
namespace {

/// How long the thread sleeps when nothing happens; it is woken for everything new.
constexpr int kPollMs = 60'000;
constexpr long kConnectTimeoutMs = 10'000;

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// One request with everything that libcurl refers to while it runs.
struct Transfer {
  HttpClientRequest request;
  HttpClient::Callback callback;
  HttpClientResponse response;
  size_t max_response = 0;
  Reach reach = Reach::kAnywhere;
  bool is_out_of_reach = false;  ///< An address that it led to was refused.
  bool is_over_limit = false;    ///< Not to be sent at all.
  bool is_too_large = false;
  std::unique_ptr<curl_slist, ListDeleter> headers;
  std::unique_ptr<CURL, EasyDeleter> easy;
  char error[CURL_ERROR_SIZE] = {};
};

/// "https://example.org:8443", in whatever spelling; it only has to keep a slow receiver from taking every place.
std::string host_of(const std::string& url) {
  const size_t scheme = url.find("://");
  return url.substr(0, url.find('/', scheme == std::string::npos ? 0 : scheme + 3));
}

size_t on_data(char* data, size_t unit, size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t size = unit * count;
  if (transfer.response.body.size() + size > transfer.max_response) {
    transfer.is_too_large = true;
    return 0;  // Fails the transfer.
  }
  transfer.response.body.append(data, size);
  return size;
}

/// As libcurl gives it before it connects.
SocketAddress address_of(const curl_sockaddr& from) {
  if (from.family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &from.addr, sizeof(v4));
    return SocketAddress::v4(ntohl(v4.sin_addr.s_addr), ntohs(v4.sin_port));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &from.addr, sizeof(v6));
  return SocketAddress::v6(ByteView(v6.sin6_addr.s6_addr), ntohs(v6.sin6_port));
}

curl_socket_t open_public_socket(void* user, curlsocktype /*purpose*/, curl_sockaddr* to) {
  const bool is_ip = to->family == AF_INET || to->family == AF_INET6;
  if (!is_ip || !is_public(address_of(*to))) {
    static_cast<Transfer*>(user)->is_out_of_reach = true;
    return CURL_SOCKET_BAD;
  }
  return socket(to->family, to->socktype, to->protocol);
}

void limit_reach(Transfer& transfer) {
  if (transfer.reach == Reach::kAnywhere) return;
  curl_easy_setopt(transfer.easy.get(), CURLOPT_OPENSOCKETFUNCTION, &open_public_socket);
  curl_easy_setopt(transfer.easy.get(), CURLOPT_OPENSOCKETDATA, &transfer);
  curl_easy_setopt(transfer.easy.get(), CURLOPT_PROXY, "");
}

void set_up(Transfer& transfer) {
  transfer.easy.reset(curl_easy_init());
  PARLEY_CHECK(transfer.easy != nullptr);
  CURL* easy = transfer.easy.get();
  const HttpClientRequest& request = transfer.request;
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.ms()));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer.error);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_data);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &transfer);
  limit_reach(transfer);
  for (const auto& [name, value] : request.headers) {
    const std::string line = name + ": " + value;
    transfer.headers.reset(curl_slist_append(transfer.headers.release(), line.c_str()));
  }
  // libcurl's own wait for "100 Continue" would cost a second with servers that do not know it.
  transfer.headers.reset(curl_slist_append(transfer.headers.release(), "Expect:"));
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, transfer.headers.get());
  if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
  if (request.method == "GET" || request.method == "HEAD") return;
  curl_easy_setopt(easy, CURLOPT_POST, 1L);
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());
}

Result<HttpClientResponse> result_of(Transfer& transfer, CURLcode code) {
  if (transfer.is_over_limit) return fail(Error::Code::kResourceExhausted, "too many requests are waiting");
  if (transfer.is_too_large) return fail(Error::Code::kResourceExhausted, "the answer is too large");
  if (code != CURLE_OK && transfer.is_out_of_reach) {
    return fail(Error::Code::kPermissionDenied, "the address is not a public one");
  }
  if (code != CURLE_OK) {
    return fail(Error::Code::kUnavailable, transfer.error[0] != '\0' ? transfer.error : curl_easy_strerror(code));
  }
  long status = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  curl_header* field = nullptr;
  while ((field = curl_easy_nextheader(transfer.easy.get(), CURLH_HEADER, -1, field)) != nullptr) {
    transfer.response.headers.add(field->name, field->value);
  }
  curl_header* date = nullptr;
  if (curl_easy_header(transfer.easy.get(), "Date", 0, CURLH_HEADER, -1, &date) == CURLHE_OK) {
    const time_t seconds = curl_getdate(date->value, nullptr);
    if (seconds > 0) transfer.response.date = WallTime{static_cast<int64_t>(seconds) * 1'000'000};
  }
  return std::move(transfer.response);
}

/// libcurl's process-wide part, before any thread uses it and never undone.
void initialize_curl_once() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  PARLEY_CHECK(code == CURLE_OK);
}

}  // namespace

struct HttpClient::Impl {
  HttpClientOptions options;
  CURLM* multi = nullptr;
  // The thread's own. libcurl is given only what it can send at once: its own queue for the limits on connections
  // (7.88) now and then forgets a transfer until its timeout.
  std::deque<std::unique_ptr<Transfer>> queued;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> active;
  std::unordered_map<std::string, size_t> active_by_host;
  std::mutex mutex;
  std::deque<std::unique_ptr<Transfer>> waiting;  ///< Under mutex.
  size_t pending = 0;                             ///< Under mutex: all not yet done, but for those over the limit.
  bool must_stop = false;                         ///< Under mutex.
  std::thread thread;

  void run();
  bool take_waiting();
  void start_queued();
  bool take_finished();
  void end_all();
  void on_done(std::unique_ptr<Transfer> transfer, CURLcode code);
};

/// Takes over what was sent; false when the client is to end.
bool HttpClient::Impl::take_waiting() {
  std::deque<std::unique_ptr<Transfer>> taken;
  {
    const std::lock_guard lock(mutex);
    if (must_stop) return false;
    taken.swap(waiting);
  }
  for (auto& transfer : taken) {
    if (transfer->is_over_limit) {
      on_done(std::move(transfer), CURLE_OK);
    } else {
      queued.push_back(std::move(transfer));
    }
  }
  return true;
}

/// Starts, in the order of sending, what the limits allow.
void HttpClient::Impl::start_queued() {
  for (auto it = queued.begin(); it != queued.end() && active.size() < options.max_connections;) {
    size_t& on_host = active_by_host[host_of((*it)->request.url)];
    if (on_host >= options.max_connections_per_host) {
      ++it;
      continue;
    }
    ++on_host;
    std::unique_ptr<Transfer> transfer = std::move(*it);
    it = queued.erase(it);
    set_up(*transfer);
    PARLEY_CHECK(curl_multi_add_handle(multi, transfer->easy.get()) == CURLM_OK);
    CURL* key = transfer->easy.get();
    active.emplace(key, std::move(transfer));
  }
}

void HttpClient::Impl::on_done(std::unique_ptr<Transfer> transfer, CURLcode code) {
  if (!transfer->is_over_limit) {
    const std::lock_guard lock(mutex);
    --pending;
  }
  if (transfer->easy) {
    curl_multi_remove_handle(multi, transfer->easy.get());
    const auto host = active_by_host.find(host_of(transfer->request.url));
    if (--host->second == 0) active_by_host.erase(host);
  }
  auto result = result_of(*transfer, code);
  if (transfer->callback) transfer->callback(std::move(result));
}

/// Whether there was any.
bool HttpClient::Impl::take_finished() {
  bool any = false;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    auto node = active.extract(message->easy_handle);
    PARLEY_CHECK(!node.empty());
    on_done(std::move(node.mapped()), code);
    any = true;
  }
  return any;
}

void HttpClient::Impl::run() {
  while (take_waiting()) {
    start_queued();
    int running = 0;
    curl_multi_perform(multi, &running);
    const bool has_room = take_finished() && !queued.empty();
    if (!has_room) curl_multi_poll(multi, nullptr, 0, kPollMs, nullptr);
  }
  end_all();
}

void HttpClient::Impl::end_all() {
  std::deque<std::unique_ptr<Transfer>> left = std::exchange(queued, {});
  {
    const std::lock_guard lock(mutex);
    for (auto& transfer : waiting) left.push_back(std::move(transfer));
    waiting.clear();
  }
  for (auto& [key, transfer] : active) left.push_back(std::move(transfer));
  active.clear();
  for (auto& transfer : left) on_done(std::move(transfer), CURLE_ABORTED_BY_CALLBACK);
}

HttpClient::HttpClient(HttpClientOptions options) : impl_(std::make_unique<Impl>()) {
  initialize_curl_once();
  impl_->options = options;
  impl_->multi = curl_multi_init();
  PARLEY_CHECK(impl_->multi != nullptr);
  curl_multi_setopt(impl_->multi, CURLMOPT_MAXCONNECTS, static_cast<long>(options.max_connections));
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

HttpClient::~HttpClient() {
  stop();
  curl_multi_cleanup(impl_->multi);
}

void HttpClient::stop() {
  {
    const std::lock_guard lock(impl_->mutex);
    if (std::exchange(impl_->must_stop, true)) return;
  }
  curl_multi_wakeup(impl_->multi);
  impl_->thread.join();
}

void HttpClient::post(HttpClientRequest request, Callback callback) {
  request.method = "POST";
  send(std::move(request), std::move(callback));
}

void HttpClient::send(HttpClientRequest request, Callback callback) {
  auto transfer = std::make_unique<Transfer>();
  transfer->request = std::move(request);
  transfer->max_response = impl_->options.max_response;
  transfer->reach = impl_->options.reach;
  transfer->callback = std::move(callback);
  {
    const std::lock_guard lock(impl_->mutex);
    if (impl_->must_stop) return;
    if (impl_->pending >= impl_->options.max_pending) {
      transfer->is_over_limit = true;
      transfer->request = {};
    } else {
      ++impl_->pending;
    }
    impl_->waiting.push_back(std::move(transfer));
  }
  curl_multi_wakeup(impl_->multi);
}

}  // namespace parley::net
