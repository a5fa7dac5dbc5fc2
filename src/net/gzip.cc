#include "net/gzip.h"

#include <zlib.h>

#include "base/bytes.h"
#include "base/check.h"

namespace parley::net {

std::string gzip(std::string_view bytes, GzipEffort effort) {
  z_stream stream{};
  const int level = effort == GzipEffort::kFast ? Z_BEST_SPEED : Z_BEST_COMPRESSION;
  PARLEY_CHECK(deflateInit2(&stream, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  ByteVector input(as_bytes(bytes).begin(), as_bytes(bytes).end());
  ByteVector output(deflateBound(&stream, static_cast<uLong>(input.size())));
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = output.data();
  stream.avail_out = static_cast<uInt>(output.size());
  const int status = deflate(&stream, Z_FINISH);
  output.resize(stream.total_out);
  deflateEnd(&stream);
  PARLEY_CHECK(status == Z_STREAM_END);
  return std::string(as_text(output));
}

bool accepts_gzip(const HttpHeaders& headers) {
  return headers.has_token("Accept-Encoding", "gzip") || headers.has_token("Accept-Encoding", "*");
}

}  // namespace parley::net
