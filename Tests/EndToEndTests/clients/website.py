"""Files of a folder behind a router and middleware: curl, raw sockets, and a browser."""

import gzip
import os
import shutil
import struct
import subprocess
import tempfile
import zlib

from wire import check, equal, main, request, require, seen

TEXT = b"".join(b"This is line %d of the text.\n" % number for number in range(200))


def fill(server):
    """The folder that is served, and beside it what must not be."""
    site = os.path.join(server["folder"], "site")
    files = {
        "index.html": b"<!doctype html><title>Site</title><h1>Home</h1>\n",
        "a.txt": TEXT, "raw.bin": bytes(range(256)) * 1000, "copy.txt": TEXT, "copy.txt.gz": gzip.compress(TEXT),
        "copy.txt.br": b"not brotli, but nobody looks", "deep/er/b.txt": b"deep\n", "deep/index.html": b"<p>deep\n",
        ".hidden": b"secret\n", ".git/config": b"secret\n", ".well-known/security.txt": b"Contact: mailto:a@example.org\n",
        "a b&c.txt": b"blank\n", "ü.txt": b"umlaut\n", "empty.txt": b"",
        "../secret.txt": b"secret\n", "../siteother/c.txt": b"secret\n",
    }
    for name, content in files.items():
        path = os.path.normpath(os.path.join(site, name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content)
    os.symlink("../secret.txt", os.path.join(site, "link.txt"))
    os.symlink("..", os.path.join(site, "up"))
    os.symlink("/etc", os.path.join(site, "etc"))
    os.mkfifo(os.path.join(site, "pipe"))
    return site


def curl(server, path, *arguments, secure=False):
    """The status, the fields and the content that curl gets."""
    where = ("https://%s:%d" if secure else "http://%s:%d") % (server.https if secure else server.http)
    hidden = ["-o", os.devnull] if "-I" in arguments else []  # -I would show the fields twice
    done = subprocess.run(
        ["curl", "-sS", "-k", "-m", "20", "-D", "-", *arguments, *hidden, where + path], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=30)
    equal(done.returncode, 0, f"curl {path} {arguments}: {done.stderr.decode()}")
    head, content = done.stdout.split(b"\r\n\r\n", 1)
    lines = head.decode("latin-1").split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
    return int(lines[0].split()[1]), fields, content


@check
def curl_files(server):
    fill(server)
    for secure in (False, True):
        for mount in ("/site", "/downloads"):
            files(server, mount, secure)
        seen("TLS" if secure else "cleartext")
    status, fields, _ = curl(server, "/")
    equal((status, fields["location"]), (303, "/site/"), "the redirect")
    equal(curl(server, "/", "-L", "-o", "/dev/null", "-w", "%{http_code}")[2].split(b"\r\n\r\n")[-1], b"200", "-L")
    equal(curl(server, "/api/greeting")[2], b'{"greeting":"Hello!"}', "the API")
    equal(curl(server, "/site/none")[2], b"There is nothing here.\n", "the page for what is not there")


def files(server, mount, secure):
    def get(path, *arguments):
        return curl(server, mount + path, *arguments, secure=secure)

    def field(name, value):
        return ("-H", f"{name}: {value}")

    status, fields, content = get("/a.txt")
    equal((status, content), (200, TEXT), "the file")
    equal(fields["content-type"], "text/plain; charset=utf-8", "its type")
    equal(fields["content-length"], str(len(TEXT)), "its length")
    equal((fields["cache-control"], fields["x-content-type-options"]), ("no-cache", "nosniff"), "what middleware adds")
    tag, date = fields["etag"], fields["last-modified"]
    head = get("/a.txt", "-I")
    equal((head[0], head[2]), (200, b""), "HEAD")
    equal({name: value for name, value in head[1].items() if name != "date"},
          {name: value for name, value in fields.items() if name != "date"}, "the fields of HEAD")

    for name, value, wanted in (
        ("If-None-Match", tag, 304), ("If-None-Match", f'"other", W/{tag}', 304), ("If-None-Match", "*", 304),
        ("If-None-Match", '"other"', 200), ("If-Modified-Since", date, 304), ("If-Match", tag, 200),
        ("If-Modified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", 200), ("If-Match", '"other"', 412),
        ("If-Unmodified-Since", "Sun, 06 Nov 1994 08:49:37 GMT", 412),
    ):
        status, fields, content = get("/a.txt", *field(name, value))
        equal(status, wanted, f"{name}: {value}")
        if status == 304:
            equal((fields["etag"], content), (tag, b""), "the 304")

    for ranges, wanted in (("0-9", TEXT[:10]), ("10-", TEXT[10:]), ("-5", TEXT[-5:]), ("-999999", TEXT)):
        status, fields, content = get("/a.txt", "-r", ranges)
        equal((status, content), (206, wanted), f"the range {ranges}")
        first = TEXT.rindex(wanted) if ranges != "0-9" else 0
        equal(fields["content-range"], f"bytes {first}-{first + len(wanted) - 1}/{len(TEXT)}", "Content-Range")
    status, fields, _ = get("/a.txt", "-r", "999999-")
    equal((status, fields["content-range"]), (416, f"bytes */{len(TEXT)}"), "a range beyond the end")
    status, fields, content = get("/a.txt", "-r", "0-4,100-109,-3")
    equal(status, 206, "several ranges")
    boundary = fields["content-type"].removeprefix("multipart/byteranges; boundary=").encode()
    parts = content.split(b"--" + boundary)
    equal([part.split(b"\r\n\r\n", 1)[1][:-2] for part in parts[1:-1]], [TEXT[:5], TEXT[100:110], TEXT[-3:]], "the parts")
    equal(parts[-1], b"--\r\n", "the end of the parts")
    equal(get("/a.txt", "-r", "0-4", *field("If-Range", tag))[0], 206, "If-Range with the tag")
    equal(get("/a.txt", "-r", "0-4", *field("If-Range", '"other"'))[2], TEXT, "If-Range with another tag")

    # A file that is long enough may be compressed, or a copy of it be chosen that lies beside it.
    for accepted, coding, wanted in (
        ("br, gzip", "br", b"not brotli, but nobody looks"), ("gzip", "gzip", gzip.compress(TEXT)),
        ("br;q=0.1, gzip;q=0.2", "gzip", None), ("identity", None, TEXT), ("gzip;q=0", None, TEXT),
    ):
        status, fields, content = get("/copy.txt", *field("Accept-Encoding", accepted))
        equal((status, fields.get("content-encoding")), (200, coding), f"Accept-Encoding: {accepted}")
        equal(fields["vary"], "Accept-Encoding", "Vary")
        equal(int(fields["content-length"]), len(content), "the length of what was sent")
        if coding == "gzip":
            equal(gzip.decompress(content), TEXT, "the compressed copy")
        elif wanted is not None:
            equal(content, wanted, f"the content for {accepted}")
    require(get("/copy.txt", *field("Accept-Encoding", "gzip"))[1]["etag"] != get("/copy.txt")[1]["etag"], "one tag for two")
    equal(get("/copy.txt", "--compressed", "-H", "Accept-Encoding: gzip")[2], TEXT, "curl --compressed")

    equal(get("/deep/")[2], b"<p>deep\n", "an index")
    status, fields, _ = get("/deep?a=b")
    equal((status, fields["location"]), (308, "./deep/?a=b"), "a folder without its slash")
    equal(get("/a%20b%26c.txt")[2], b"blank\n", "an escaped name")
    equal(get("/%C3%BC.txt")[2], b"umlaut\n", "a name that is not ASCII")
    status, fields, content = get("/empty.txt")
    equal((status, fields["content-length"], content), (200, "0", b""), "an empty file")
    # What names text/event-stream gets the file as well.
    equal(get("/a.txt", *field("Accept", "text/event-stream"))[2], TEXT, "a file for an event stream")
    equal(get("/.well-known/security.txt")[0], 200, "what is well known")


@check
def outside(server):
    fill(server)
    paths = [
        "/../secret.txt", "/deep/../../secret.txt", "/deep/../a.txt", "/./a.txt", "//a.txt", "/deep//er/b.txt",
        "/%2e%2e/secret.txt", "/%2E%2e%2fsecret.txt", "/..%2fsecret.txt", "/deep%2fer%2fb.txt", "/%252e%252e/secret.txt",
        "/..%5csecret.txt", "/..\\secret.txt", "/deep%5c..%5c..%5csecret.txt", "/a.txt%00", "/a.txt%00.html", "/%00",
        "/link.txt", "/up/secret.txt", "/up/site/a.txt", "/etc/passwd", "/etc/", "/up", "/pipe", "/.hidden", "/.git/config",
        "/.git/", "/%2ehidden", "/.well-known/../.hidden", "/../siteother/c.txt", "/a.txt/", "/a.txt/../../secret.txt",
        "/..;/secret.txt", "/%c0%ae%c0%ae/secret.txt", "/%uff0e%uff0e/secret.txt", "/..%c0%afsecret.txt", "/" + "../" * 50
        + "etc/passwd", "/" + "a/" * 2000, "/" + "x" * 5000, "/a.txt ", "/a.txt%20", "/A.TXT", "/a.txt%0d%0aX-Evil:1",
    ]
    for mount in ("/site", "/downloads", ""):
        for path in paths:
            for method in ("GET", "HEAD"):
                with server.connect() as connection:
                    connection.send(request(mount + path, method=method))
                    response = connection.response(method)
                what = f"{method} {mount}{path[:60]}"
                require(response.status in (400, 404), f"{what}: {response.status}")
                require(response["x-evil"] is None, f"{what} forges a field")
                require(b"secret\n" not in response.body and b"root:" not in response.body, f"{what} gives a secret away")
    for target in ("http://127.0.0.1/site/../secret.txt", "*", "site/a.txt", "/site/a.txt#x"):
        with server.connect() as connection:
            connection.send(request(target))
            status = connection.response().status
        require(status in (400, 404), f"{target}: {status}")
    equal(server.get("/site/a.txt").body, TEXT, "the server goes on")
    require("ERROR" not in server.log(), f"the log has an error: {server.log()}")


def picture():
    """A PNG of two by one pixels."""
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 1, 8, 2, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0\0\0\xff")) + chunk(b"IEND", b""))


def silence(seconds):
    """A WAV file of 16-bit stereo, so long that no browser reads all of it at first."""
    size = seconds * 44100 * 4
    return (b"RIFF" + struct.pack("<I", size + 36) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16)
            + b"data" + struct.pack("<I", size) + bytes(size))


PAGE = b"""<!doctype html>
<meta charset=utf-8><title>Page</title><link rel=stylesheet href=style.css><link rel=icon href=picture.png>
<h1>Page</h1><img src=picture.png><audio src=sound.wav preload=metadata></audio><script src=script.js></script>
"""

SCRIPT = b"""
const sound = document.querySelector("audio");
function after(target, name) { return new Promise(done => target.addEventListener(name, done, { once: true })); }
async function look() {
  const loaded = after(window, "load");
  if (sound.readyState < 1) await after(sound, "loadedmetadata");
  if (document.readyState != "complete") await loaded;
  const seeked = after(sound, "seeked");
  sound.currentTime = sound.duration - 1;
  await seeked;
  const style = getComputedStyle(document.querySelector("h1"));
  const picture = document.querySelector("img");
  const again = await fetch("script.js");
  const facts = {
    color: style.color.replace(/[^0-9,]/g, ""), width: picture.naturalWidth, seconds: sound.duration,
    near: Math.round(sound.duration - sound.currentTime), again: again.status,
  };
  const missing = await fetch("seen?" + new URLSearchParams(facts));
  await fetch("done-" + missing.status);
}
look().catch(error => fetch("failed?" + encodeURIComponent(error)));
"""


@check
def chromium(server):
    site = fill(server)
    for name, content in (
        ("page.html", PAGE), ("style.css", b"h1 { color: rgb(1, 2, 3) }\n"),
        ("script.js", SCRIPT), ("script.js.gz", gzip.compress(SCRIPT)), ("picture.png", picture()), ("sound.wav", silence(300)),
    ):
        with open(os.path.join(site, name), "wb") as file:
            file.write(content)
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    require(program, "there is no Chromium")
    profile = tempfile.mkdtemp()
    host, port = server.http
    browser = subprocess.Popen(
        [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio",
         "--no-first-run", "--disable-background-networking", "--disable-component-update", "--no-proxy-server",
         f"--user-data-dir={profile}", f"http://{host}:{port}/site/page.html"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        server.await_log("/site/done-", timeout=90)
    finally:
        browser.kill()
        browser.wait()
        shutil.rmtree(profile, ignore_errors=True)
    log = server.log()
    lines = [line.split() for line in log.splitlines() if line.startswith("seen ")]
    require("/site/failed" not in log, f"the page has failed: {log}")
    facts = next((line[2] for line in lines if line[2].startswith("/site/seen?")), "")
    equal(facts, "/site/seen?color=1%2C2%2C3&width=2&seconds=300&near=1&again=200", "what the page has seen")
    require("404 /site/done-404 " in log, "a 404 does not reach the page")
    for name in ("page.html", "style.css", "script.js", "picture.png"):
        require(any(line[1:3] == ["200", f"/site/{name}"] for line in lines), f"{name} was not loaded: {log}")
    codings = {line[2]: line[-1] for line in lines if line[1] == "200"}
    equal(codings["/site/script.js"], "gzip", "the coding of the script")
    equal(codings["/site/picture.png"], "-", "the picture is not compressed")
    require("304 /site/script.js " in log, f"the script was not validated again: {log}")
    ranges = [line[3].strip("[]") for line in lines if line[1:3] == ["206", "/site/sound.wav"]]
    require(any(one.startswith("bytes=") and one != "bytes=0-" for one in ranges), f"no range within the sound: {ranges}")
    seen(f"ranges {ranges}")


if __name__ == "__main__":
    main()
