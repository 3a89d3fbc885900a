"""What a browser sends with a page request: the header block every scenario carries."""

from typing import Final

BROWSER_HEADERS: Final[tuple[tuple[str, str], ...]] = (
    ("Host", "shop.example.com"),
    ("Cache-Control", "max-age=0"),
    ("sec-ch-ua", '"Chromium";v="126", "Google Chrome";v="126", "Not-A.Brand";v="99"'),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", '"Linux"'),
    ("Upgrade-Insecure-Requests", "1"),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    ),
    (
        "Accept",
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
    ),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-GB,en-US;q=0.9,en;q=0.8"),
    ("Cookie", "session=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c; _ga=GA1.1.482915.1719400000; theme=dark"),
)


def request_bytes(method: str, path: str, body_bytes: int) -> bytes:
    """One HTTP/1.1 request with the browser's headers; the body is `body_bytes` times 'x'."""
    lines = [f"{method} {path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in BROWSER_HEADERS]
    if body_bytes:
        lines.append(f"Content-Length: {body_bytes}")
    return "\r\n".join([*lines, "", ""]).encode() + b"x" * body_bytes
