"""pcaps/recorded/http_*: curl against nginx and two small servers."""

from __future__ import annotations

from captures.recording import NAME, SERVER, Recording, program, steps

HEAD = """
daemon off; master_process off; pid nginx.pid; error_log stderr;
events {}
http {
  access_log off; types { text/html html; application/json json; } default_type application/octet-stream;
  ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
"""
PLAIN = f"""
  server {{
    listen {SERVER}:80; root .; gzip on; gzip_min_length 100; gzip_types application/json;
    location /post {{ return 201 "made\\n"; }}
    location /broken {{ return 500; }}
    location /moved {{ return 302 /page.html; }}
    location /private {{ add_header Set-Cookie "session=s3cr3t-from-server; HttpOnly"; return 200 "private\\n"; }}
    location /cached {{ alias page.html; add_header Cache-Control "max-age=3600"; add_header Vary Accept-Encoding; }}
    location /upload {{ client_max_body_size 2k; proxy_pass http://127.0.0.1:1; }}
  }}
}}
"""
PAGE = "<!doctype html><title>Shop</title>\n" + "".join(f"<p>Paragraph {n} of the page.</p>\n" for n in range(40))
FILES = {"nginx.conf": HEAD + PLAIN, "page.html": PAGE, "list.json": '{"items": [' + ", ".join(map(str, range(200))) + "]}\n"}
NGINX = ["nginx", "-p", "./", "-e", "stderr", "-c", "nginx.conf"]
NGINX_CONF = HEAD
BODIES = program("bodies", SERVER, "8000")
SITE, OTHER = f"http://{NAME}", f"http://{NAME}:8000"
RESOLVE = f"--resolve {NAME}:80:{SERVER} --resolve {NAME}:8000:{SERVER} --resolve {NAME}:443:{SERVER}"
CURL = f"curl --silent --max-time 20 {RESOLVE}"
OUT = "--output /dev/null"


def got(*requests: str) -> str:
    """One curl, so one connection, for several requests."""
    return f"{CURL} " + f" --next {RESOLVE} --silent ".join(f"{OUT} {request}" for request in requests)


RECORDINGS = [
    Recording(
        "http_keep_alive",
        "one connection for seven requests: GET, 404, HEAD, POST with a form, GET by a redirect, 500",
        steps(
            got(
                *(f"{SITE}/page.html", f"{SITE}/missing", f"--head {SITE}/page.html", f"--data a=1 --data b=2 {SITE}/post"),
                *(f"--location {SITE}/moved", f"{SITE}/broken"),
            )
        ),
        [NGINX],
        files=FILES,
        needs=("nginx",),
        finds={
            'http.request.method == "HEAD"': "some",
            "http.response.code == 404": "some",
            "http.response.code == 302": "some",
            "http.response.code == 500": "some",
            "tcp.stream == 1": "",
        },
    ),
    Recording(
        "http_compressed",
        "gzip in chunks, the same without compression, ranges: 206 and 416",
        steps(
            got(
                *(f"--compressed {SITE}/page.html", f"{SITE}/page.html", f"--compressed {SITE}/list.json"),
                *(f"--range 100-199 {SITE}/page.html", f"--range 100000-100001 {SITE}/page.html"),
            )
        ),
        [NGINX],
        files=FILES,
        needs=("nginx",),
        finds={
            'http.content_encoding == "gzip"': "some",
            "http.response.code == 206": "some",
            "http.response.code == 416": "some",
        },
    ),
    Recording(
        "http_conditional",
        "ETag kept, asked again with If-None-Match and If-Modified-Since: 304 twice, then a date too old: 200",
        steps(
            f"{CURL} --output page --remote-time --etag-save etag {SITE}/cached",
            f"{CURL} {OUT} --etag-compare etag {SITE}/cached",
            f"{CURL} {OUT} --time-cond page {SITE}/cached",
            f"{CURL} {OUT} --time-cond 2001-01-01 {SITE}/cached",
        ),
        [NGINX],
        files=FILES,
        needs=("nginx",),
        finds={"http.response.code == 304": "some", "http.response.code == 200": "some"},
    ),
    Recording(
        "http_secrets",
        "Authorization, Cookie and Set-Cookie, whose values must be masked (carla:pa55word, s3cr3t)",
        steps(got(f"--user carla:pa55word --cookie session=s3cr3t-from-client {SITE}/private")),
        [NGINX],
        files=FILES,
        needs=("nginx",),
        finds={"http.authorization": "some", "http.cookie": "some", "http.set_cookie": "some"},
    ),
    Recording(
        "http_continue",
        "an upload with Expect: 100-continue that is let through, and one that is refused with 413 before its body",
        steps(
            f"{CURL} {OUT} --header 'Expect: 100-continue' --data-binary @small --request PUT {SITE}/upload",
            f"{CURL} {OUT} --header 'Expect: 100-continue' --data-binary @file --request PUT {SITE}/upload",
        ),
        [NGINX],
        files=FILES,
        needs=("nginx",),
        finds={"http.response.code == 100": "some", "http.response.code == 413": "some", "http.response.code == 502": "some"},
    ),
    Recording(
        "http_bodies",
        "chunks with an extension and a trailer, 103 Early Hints, 204; a body that ends with the connection; one cut short",
        steps(
            got(f"{OTHER}/chunked", f"{OTHER}/early", f"{OTHER}/empty"),
            f"{CURL} {OUT} {OTHER}/close",
            f"{CURL} {OUT} {OTHER}/short",
        ),
        [BODIES],
        finds={"http.response.code == 103": "some", "http.response.code == 204": "some", "tcp.stream == 2": "some"},
    ),
    Recording(
        "http_proxy",
        "CONNECT through a proxy: TLS inside, then HTTP inside, then a port that the proxy refuses",
        steps(
            f"{CURL} {OUT} --cacert root.pem --proxy {SERVER}:3128 https://{NAME}/page.html",
            f"{CURL} {OUT} --proxytunnel --proxy {SERVER}:3128 http://{SERVER}/page.html",
            f"{CURL} {OUT} --proxytunnel --proxy {SERVER}:3128 http://{SERVER}:25/",
        ),
        [NGINX, program("proxy", SERVER, "3128")],
        before=[program("authority")],
        files=FILES
        | {
            "nginx.conf": HEAD
            + f"server {{ listen {SERVER}:443 ssl; root .; ssl_certificate server.pem; ssl_certificate_key server.key; }}"
            + PLAIN
        },
        needs=("nginx",),
        modules=("cryptography",),
        finds={'http.request.method == "CONNECT"': "some", "http.response.code == 403": "some"},
    ),
    Recording(
        "http_lossy",
        "two downloads on one connection while 4 % of the data frames are lost; whole frames kept",
        steps(got(f"{SITE}/part", f"{SITE}/page.html")),
        [NGINX],
        before=[["sh", "-c", "head -c 60000 file > part"]],
        files=FILES,
        loss=0.04,
        needs=("nginx",),
        finds={"http.response.code == 200": "some", "tcp.analysis.lost_segment": "some"},
    ),
]
