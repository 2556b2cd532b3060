"""Texts, headers and bodies that no honest browser sends."""

from urllib.parse import quote

from hypothesis import strategies as st

KNOWN = {
    "service": ["short", "long"],
    "staff": ["any", "ana", "ben"],
    "slot": ["2026-03-02T10:00Z", "2026-03-03T15:30Z"],
    "day": ["2026-03-03", "2026-04-01"],
    "month": ["2026-03", "2026-05"],
    "zone": ["Asia/Tokyo", "America/New_York"],
    "change": ["zone"],
    "name": ["Ada Lovelace"],
    "email": ["ada@example.com"],
    "phone": ["+351 21 000 00 00"],
    "note": ["By the window"],
    "question_first_visit": ["Yes", "No"],
    "question_wishes": ["Tea"],
    "question_": ["x"],
    "idempotency_key": ["0" * 32],
    "review_version": ["0" * 64],
}
AWKWARD = (
    *("", "\0", "a\0b", "\ud800", "x\udfffy", "\u202e", "\ufeff", "\x1b[31m", "%00", "%ff", "\r\n"),
    *("-1", "0", "9" * 400, "1e999", "NaN", "null", "true", "[]", "{}", "💥" * 300, "e\u0301" * 99),
    *("0000-00-00", "0000-01", "0001-01-01", "9999-12-31", "9999-12", "10000-01-01", "2026-02-30"),
    *("0001-01-01T00:00Z", "9999-12-31T23:59Z", "2999-12-31T23:59Z", "2026-03-29T01:30Z"),
    *(
        "-2026-01-01T00:00Z",
        "2026-03-02T10:00:00Z",
        "2026-03-02T10:01Z",
        "2026-W10-1",
        "\uff12\uff10\uff12\uff16-03",
    ),
    *("../../etc/passwd", "/etc/passwd", "Europe", "UTC", "Etc/GMT+12", "posixrules", "localtime"),
    *("'; DROP TABLE booking_service; --", "<script>alert(1)</script>", "{{ 7 * 7 }}", "%s%n"),
    *(
        "a@b",
        "a" * 300 + "@example.com",
        "\uff41@\uff45\uff58.com",
        "x@" + "xn--" * 40,
        "+" * 50,
        "+9999999",
    ),
)
CONTENT_TYPES = (
    *("application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16"),
    *("multipart/form-data; boundary=x", "multipart/form-data", "application/json", "text/plain"),
    *("multipart/form-data; boundary=" + "y" * 300, "", "é", "multipart/form-data; boundary=é"),
)
FORM, PARTS = CONTENT_TYPES[0], CONTENT_TYPES[2]
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW")

text = st.sampled_from(AWKWARD) | st.text(max_size=40) | st.just("x" * 70_000)
latin = st.text(st.characters(max_codepoint=255, exclude_categories=["Cc"]), max_size=60)
ids = latin | st.integers(0, 3).map(lambda number: f"{number}" * 43) | st.just("A" * 5000)
HEADERS: dict[str, st.SearchStrategy[str]] = {
    "Tab-Session": ids,
    "Tab-Session-Fork-Of": ids,
    "Tab-Session-New": ids,
    "Tab-Time-Zone": latin | st.sampled_from(["Asia/Tokyo", "../UTC", "Europe", "x" * 9000]),
    "HX-Request": st.sampled_from(["true", "false", ""]),
    "HX-Request-Type": st.sampled_from(["partial", "full", "x"]),
    "HX-History-Restore-Request": st.just("true"),
    "HX-Current-URL": latin,
    "HX-Target": latin,
    "Sec-Fetch-Site": st.sampled_from(["same-origin", "none", "same-site", "cross-site", "?"]),
    "Origin": latin
    | st.sampled_from(["null", "http://localhost", "http://[", "//x", "http://a:b"]),
    "Referer": latin,
    "Host": latin | st.sampled_from(["[", "[::1", "a:b", "x" * 300, "..", "ü", "a@b", "a:99999"]),
    "X-Forwarded-For": latin | st.sampled_from(["::1%eth0", "1.2.3.4,", "::ffff:1.2.3.4"]),
    "X-Forwarded-Proto": latin,
    "Accept": latin,
    "Accept-Language": latin,
    "Cookie": latin,
    "Authorization": latin,
    "Range": latin | st.sampled_from(["bytes=0-0", "bytes=-1", "bytes=9-1", "bytes=99999999-"]),
    "If-None-Match": latin | st.just("*"),
    "If-Modified-Since": latin | st.just("Fri, 31 Dec 9999 23:59:59 GMT"),
    "If-Range": latin,
    "Content-Length": st.sampled_from(["", "-1", "abc", "0", "999999999999", "\uff11"]),
    "Transfer-Encoding": st.sampled_from(["chunked", "identity"]),
    "Content-Encoding": st.sampled_from(["gzip", "x"]),
    "X-HTTP-Method-Override": st.sampled_from(METHODS),
}

Pairs = list[tuple[str, str]]


@st.composite
def pairs(draw, most: int = 6) -> Pairs:
    """Fields of the right names, mostly, with right values now and then."""
    names = st.sampled_from(sorted(KNOWN)) | st.sampled_from(["_external", "endpoint", "x"]) | text
    return [(name, draw(_value(name))) for name in draw(st.lists(names, max_size=most))]


def _value(name: str) -> st.SearchStrategy[str]:
    return st.sampled_from(KNOWN[name]) | text if name in KNOWN else text


@st.composite
def headers(draw) -> Pairs:
    """Several of the known headers, some of them twice."""
    names = draw(st.lists(st.sampled_from(sorted(HEADERS)), max_size=5))
    return [(name, draw(HEADERS[name])) for name in names]


@st.composite
def bodies(draw) -> tuple[bytes, str]:
    """What is sent, and what it is said to be."""
    kind = draw(st.sampled_from(["form", "form", "form", "parts", "raw"]))
    if kind == "form":
        return encoded(draw(pairs())).encode(), FORM
    if kind == "parts":
        return in_parts(draw(pairs()), draw(st.sampled_from(["--x--\r\n", ""]))), PARTS
    large = st.sampled_from([b"x" * 300_000, b"&=" * 2000, b"\xff\xfe=", b"--x\r\n\r\n--x"])
    return draw(st.binary(max_size=200) | large), draw(st.sampled_from(CONTENT_TYPES))


def encoded(sent: Pairs) -> str:
    """As a form is sent, but for the half characters, which a browser would mend."""
    quoted = [[quote(as_bytes(part), safe="") for part in pair] for pair in sent]
    return "&".join("=".join(pair) for pair in quoted)


def in_parts(sent: Pairs, end: str) -> bytes:
    """The same as multipart/form-data."""
    head = '--x\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    return as_bytes("".join(head.format(*pair) for pair in sent) + end)


def as_bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
