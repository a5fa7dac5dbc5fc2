"""What schemathesis does before each request of tools/fuzz_api: says who asks, and lets some ids name something. At the
end it says how the requests were answered, so that one sees how deep they went."""
import atexit
import collections
import json
import os
import re
import zlib

import schemathesis
from schemathesis import GenerationMode
from schemathesis.transport.serialization import serialize_binary

with open(os.environ["FUZZ_WORLD"], encoding="utf-8") as file:
    WORLD = json.load(file)
ANSWERS = collections.Counter()
SUCCEEDED = set()
atexit.register(lambda: print(f"answers: {dict(sorted(ANSWERS.items()))}; succeeded: {len(SUCCEEDED)} operations"))


@schemathesis.serializer("application/offset+octet-stream")
def as_bytes(context, value):
    """An upload's bytes."""
    return {"data": serialize_binary(value)}


@schemathesis.hook
def before_call(context, case, kwargs):
    """The same request comes from the same person in every run."""
    shown = f"{case.method} {case.path_parameters} {case.query} {case.body!r}"
    number = zlib.crc32(shown.encode("utf-8", "surrogatepass"))
    person = WORLD["people"][number % len(WORLD["people"])]
    case.headers["X-Forwarded-For"] = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
    path = case.operation.path
    if path.startswith("/api/v1/uploads"):
        # The document tells nothing of tus's headers: RouteInfo knows bodies, queries and paths.
        case.headers.update({"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Upload-Length": str(number % 1000)})
    if path.startswith("/api/v1/admin/"):
        case.headers["Authorization"] = WORLD["admin"]
    else:
        case.headers["Authorization"] = WORLD["key"]
        case.headers.pop("Parley-External-User", None)
        case.headers["Parley-User"] = person["userId"]
    # A key that was used with another body is refused before the body is looked at.
    if re.fullmatch("[!-~]{1,255}", str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = str(zlib.crc32(shown.encode("utf-8", "surrogatepass"), 1))
    is_positive = case.meta is None or case.meta.generation.mode == GenerationMode.POSITIVE
    if is_positive and number % 8 != 0:
        for name in case.path_parameters or {}:
            case.path_parameters[name] = person["ids"].get(name, case.path_parameters[name])


@schemathesis.hook
def after_call(context, case, response):
    ANSWERS[response.status_code] += 1
    if response.status_code < 400:
        SUCCEEDED.add(case.operation.label)
