"""The examples that are whole applications do what their headers say."""

import contextlib
import gzip
import html.parser
import io
import json
import os
import signal
import sqlite3
import subprocess
import tarfile

from wire import check, equal, main, request, require, seen


@check
def notebook(server):
    """What a browser does: two visitors, each with a cookie of their own."""
    def ask(connection, path, cookie=None, method="GET", kind=None, content=b""):
        fields = f"Cookie: {cookie}\r\n" if cookie else ""
        if kind:
            fields += f"Content-Type: {kind}\r\nContent-Length: {len(content)}\r\n"
        connection.send(request(path, fields, method) + content)
        return connection.response()

    with server.connect() as connection:
        form = "application/x-www-form-urlencoded"
        added = ask(connection, "/notes", None, "POST", form, b"text=milk+%26+%3Cbread%3E")
        equal((added.status, added["location"]), (303, "/"), "the redirect")
        cookie = added["set-cookie"].split(";")[0]
        require("HttpOnly" in added["set-cookie"] and "SameSite=Lax" in added["set-cookie"], "the cookie is protected")
        require(b"<li>milk &amp; &lt;bread></li>" in ask(connection, "/", cookie).body, "the note is not on the page")
        equal(ask(connection, "/").body.count(b"<li>"), 0, "another visitor's notes")
        content = (b"--B\r\nContent-Disposition: form-data; name=file; filename=a.txt\r\n\r\none\ntwo\n\r\n--B--\r\n")
        equal(ask(connection, "/upload", cookie, "POST", "multipart/form-data; boundary=B", content).status, 303, "upload")
        equal(ask(connection, "/notes", cookie).body, b'["milk & <bread>","one","two"]', "the notes as JSON")
        equal(ask(connection, "/notes/2", cookie).body, b"two", "a note")
        equal(ask(connection, "/notes/3", cookie).status, 404, "no note")
        equal(ask(connection, "/export", cookie).body, b"- milk & <bread>\n- one\n- two\n", "the export")
        equal(ask(connection, "/notes", cookie, "POST", form, b"other=1").status, 400, "a form without the field")
        equal(ask(connection, "/upload", cookie, "POST", form, b"a=1").status, 415, "a form in the place of a file")


@check
def books(server):
    """A client of JSON: two books, pages, changes that need the last version, and a database that is closed."""
    emma = {"isbn": "9780141439587", "title": "Emma", "author": "Jane Austen", "year": 1815}
    persuasion = {"isbn": "9780141439686", "title": "Persuasion", "author": "Jane Austen"}

    with server.connect() as connection:
        def ask(path, method="GET", value=None, fields=""):
            content = b"" if value is None else json.dumps(value).encode()
            if value is not None:
                fields += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
            connection.send(request(path, "Accept: application/json\r\n" + fields, method) + content)
            return connection.response(method)

        added = ask("/books", "POST", emma)
        equal((added.status, added["location"], added["etag"]), (201, "/books/1", '"1"'), "the new book")
        equal(added.json(), {"id": 1, "version": 1, **emma}, "the new book's content")
        equal(ask("/books/1").json(), added.json(), "the book")
        equal(ask("/books/1", fields='If-None-Match: "1"\r\n').status, 304, "the book that the client has")
        for what, response, status in (
            ("a known ISBN", ask("/books", "POST", emma), 409),
            ("a field that is missing", ask("/books", "POST", {"isbn": "9780141439686"}), 400),
            ("an ISBN that is none", ask("/books", "POST", {**emma, "isbn": "12"}), 422),
            ("no book", ask("/books/2"), 404),
            ("a path that is no number", ask("/books/two"), 404),
            ("a limit that is too great", ask("/books?limit=1000"), 400),
            ("a change without If-Match", ask("/books/1", "PUT", emma), 428),
            ("a change of another version", ask("/books/1", "PUT", emma, 'If-Match: "9"\r\n'), 412),
        ):
            equal((response.status, response["content-type"]), (status, "application/problem+json"), what)
            equal(response.json()["status"], status, f"the problem details of {what}")
        equal(ask("/books", "POST", persuasion).status, 201, "a book without a year")
        changed = ask("/books/1", "PUT", {**emma, "year": 1816}, 'If-Match: "1"\r\n')
        equal((changed.status, changed["etag"], changed.json()["year"]), (200, '"2"', 1816), "the changed book")
        page = ask("/books?author=Jane%20Austen&limit=1").json()
        equal([book["title"] for book in page["books"]], ["Emma"], "the first page")
        page = ask(page["next"]).json()
        equal(([book["title"] for book in page["books"]], "next" in page), (["Persuasion"], False), "the last page")
        equal((ask("/books/2", "DELETE").status, ask("/books/2").status), (204, 404), "the removed book")
    os.kill(server.pid, signal.SIGTERM)
    server.gone(10)
    # What closes the database leaves nothing in its log.
    path = os.path.join(server["folder"], "books.sqlite")
    log = path + "-wal"
    require(not os.path.exists(log) or os.path.getsize(log) == 0, "the database has not been closed")
    with contextlib.closing(sqlite3.connect(path)) as database:
        equal(database.execute("SELECT isbn, year FROM book").fetchall(), [(emma["isbn"], 1816)], "what is kept")


class Form(html.parser.HTMLParser):
    """What a browser has of a page with one form: the values of its fields, its texts, its elements."""

    def __init__(self, response):
        super().__init__()
        self.values, self.elements, self.texts, self.area = {}, [], [], None
        self.feed(response.text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.elements.append((tag, attributes))
        if tag == "input" and attributes.get("type") != "file":
            self.values[attributes["name"]] = attributes["value"]
        if tag == "textarea":
            self.area = attributes["name"]
            self.values[self.area] = ""

    def handle_data(self, data):
        if self.area:
            self.values[self.area] += data.removeprefix("\n")
        elif data.strip():
            self.texts.append(data.strip())

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.area = None


@check
def contact_form(server):
    """What a browser does, and what a page of another site would like it to do."""
    inbox = os.path.join(server["folder"], "inbox")

    def messages():
        return sorted(os.listdir(inbox)) if os.path.isdir(inbox) else []

    with server.connect(timeout=20) as connection:
        def ask(path="/contact", cookie=None, values=None, files=()):
            fields, content = f"Cookie: {cookie}\r\n" if cookie else "", b""
            if values is not None:
                for name, value in values.items():
                    content += f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
                for name, data in files:
                    content += (f'--B\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
                                "Content-Type: image/png\r\n\r\n").encode() + data + b"\r\n"
                content += b"--B--\r\n"
                fields += f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {len(content)}\r\n"
            connection.send(request(path, fields, "GET" if values is None else "POST") + content)
            return connection.response()

        first = ask()
        cookie = first["set-cookie"].split(";")[0]
        require("HttpOnly" in first["set-cookie"] and "SameSite=Lax" in first["set-cookie"], "the cookie is protected")
        require("default-src 'none'" in first["content-security-policy"], "the policy")
        form = Form(first)
        require(len(form.values["csrf_token"]) > 40, f"no token: {form.values}")

        # What is wrong is said, and what was written is kept, as text.
        evil = '"><script>alert(1)</script>'
        wrong = {**form.values, "name": evil, "mail": "ada", "text": f"</textarea>{evil} & more"}
        answer = ask(cookie=cookie, values=wrong, files=[("large.png", bytes(3 << 20))])
        shown = Form(answer)
        equal(answer.status, 422, "the form that is wrong")
        equal((shown.values["name"], shown.values["text"]), (wrong["name"], wrong["text"]), "the fields that are kept")
        require("We need an address that we can answer to." in shown.texts, f"no sentence: {shown.texts}")
        require("large.png has more than 2 MiB." in shown.texts, f"no sentence: {shown.texts}")
        require(all(tag != "script" for tag, _ in shown.elements), "a script got into the page")
        invalid = [attributes["name"] for _, attributes in shown.elements if attributes.get("aria-invalid")]
        equal(invalid, ["mail", "files"], "the fields that are marked")
        equal(messages(), [], "messages of a form that is wrong")

        # Another site has no token, and one of another visitor is none.
        right = {**shown.values, "name": "Ada & Bob", "mail": "ada@example.org", "text": "Good day."}
        equal(ask(values=right).status, 403, "a token without its session")
        equal(ask(cookie=cookie, values={**right, "csrf_token": ""}).status, 403, "no token")
        equal(messages(), [], "messages that another site has caused")

        photo = os.urandom(1 << 20)
        files = [("../../etc/passwd", photo), ("", b""), ("small.txt", b"small")]
        sent = ask(cookie=cookie, values=right, files=files)
        equal((sent.status, sent["location"]), (303, "/contact"), "the redirect")
        require("Thank you, Ada & Bob. We have your message." in Form(ask(cookie=cookie)).texts, "no thanks")
        require(not any("Thank you" in text for text in Form(ask(cookie=cookie)).texts), "the thanks come twice")

        equal(len(messages()), 1, "messages")
        folder = os.path.join(inbox, messages()[0])
        equal(sorted(os.listdir(folder)), ["file-1", "file-2", "message.json"], "the message's files")
        with open(os.path.join(folder, "file-1"), "rb") as file:
            require(file.read() == photo, "the file that was sent")
        with open(os.path.join(folder, "message.json")) as file:
            note = json.load(file)
        equal(note["message"], {"name": "Ada & Bob", "mail": "ada@example.org", "text": "Good day."}, "the message")
        equal([(file["name"], file["originalName"], file["size"]) for file in note["files"]],
              [("file-1", "../../etc/passwd", 1 << 20), ("file-2", "small.txt", 5)], "what is known of the files")

    # What no form of ours has is not read to its end.
    with server.connect(timeout=20) as connection:
        fields = f"Cookie: {cookie}\r\nContent-Type: multipart/form-data; boundary=B\r\nContent-Length: {1 << 30}\r\n"
        connection.send(request("/contact", fields, "POST"))
        equal(connection.response().status, 413, "a gigabyte")
    # Its files lie on disk without a name while they are looked at, and are gone then.
    left = [name for name in os.listdir(server["folder"]) if name not in ("inbox", "server.log")]
    equal(left, [], "what is left in the folder for temporary files")


@check
def downloads(server):
    folder = server["folder"]
    data = os.urandom(100_000)
    script = b"console.log('hello')\n" * 1000
    for name, content in (("data.bin", data), ("app.js", script), ("app.js.gz", gzip.compress(script)),
                          ("Übersicht 1.txt", b"all is well\n"), (".secret", b"secret")):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(content)
    os.symlink("/etc/passwd", os.path.join(folder, "link"))

    # Ranges and conditions.
    whole = server.get("/files/data.bin")
    require(whole.status == 200 and whole.body == data, "the file")
    equal((whole["accept-ranges"], whole["cache-control"]), ("bytes", "public, max-age=60"), "the fields")
    tag, changed = whole["etag"], whole["last-modified"]
    require(tag.startswith('"') and changed, f"the tag {tag} and the time {changed}")
    for field in (f"If-None-Match: {tag}", f"If-Modified-Since: {changed}"):
        equal(server.get("/files/data.bin", fields=f"{field}\r\n").status, 304, field)
    for asked, start, end in (("0-99", 0, 100), ("99900-", 99_900, 100_000), ("-5", 99_995, 100_000)):
        part = server.get("/files/data.bin", fields=f"Range: bytes={asked}\r\nIf-Range: {tag}\r\n")
        equal((part.status, part["content-range"]), (206, f"bytes {start}-{end - 1}/100000"), asked)
        equal(part.body, data[start:end], f"the bytes {asked}")
    equal(server.get("/files/data.bin", fields='Range: bytes=0-9\r\nIf-Range: "x"\r\n').status, 200, "another version")
    equal(server.get("/files/data.bin", fields="Range: bytes=100000-\r\n").status, 416, "beyond the end")
    parts = server.get("/files/data.bin", fields="Range: bytes=0-0,50-51\r\n")
    require(parts["content-type"].startswith("multipart/byteranges; boundary="), "several ranges")
    require(data[50:52] in parts.body and parts.body.count(b"Content-Range:") == 2, "the parts")
    seen("ranges and conditions")

    # A name for the file that is saved.
    saved = server.get("/save/%C3%9Cbersicht%201.txt")
    equal(saved["content-disposition"],
          "attachment; filename=\"_bersicht 1.txt\"; filename*=UTF-8''%C3%9Cbersicht%201.txt", "the name")
    equal(server.get("/save/data.bin", fields="Range: bytes=1-2\r\n").body, data[1:3], "a range of what is saved")
    host, port = server.http
    target = os.path.join(folder, "saved")
    os.mkdir(target)
    with open(os.path.join(target, "data.bin"), "wb") as file:
        file.write(data[:1234])
    subprocess.run(["curl", "-sS", "--max-time", "20", "-C", "-", "-o", os.path.join(target, "data.bin"),
                    f"http://{host}:{port}/save/data.bin"], check=True)
    with open(os.path.join(target, "data.bin"), "rb") as file:
        require(file.read() == data, "curl goes on where it stopped")
    for path in (".secret", "link", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "nothing"):
        for start in ("files", "save"):
            equal(server.get(f"/{start}/{path}").status, 404, f"/{start}/{path}")
    seen("names")

    # The directory.
    equal(server.get("/files")["location"], "./files/", "the directory without its slash")
    listing = server.get("/files/").text
    for name in ("data.bin", "app.js", "%C3%9Cbersicht%201.txt", "saved/"):
        require(f'"./{name}"' in listing, f"{name} is not in the listing: {listing}")
    require("secret" not in listing and "link" not in listing, "what is not served is in the listing")
    encoded = server.get("/files/app.js", fields="Accept-Encoding: gzip\r\n")
    equal((encoded["content-encoding"], encoded["vary"]), ("gzip", "Accept-Encoding"), "the compressed copy")
    equal(gzip.decompress(encoded.body), script, "what it holds")
    plain = server.get("/files/app.js")
    equal((plain["content-encoding"], plain.body), (None, script), "the file itself")
    require(plain["etag"] != encoded["etag"], "the tags are the same")
    seen("the directory")

    archive = server.get("/all.tar")
    equal((archive.framing, archive["content-disposition"]), ("chunked", 'attachment; filename="all.tar"'), "the archive")
    with tarfile.open(fileobj=io.BytesIO(archive.body)) as tar:
        names = tar.getnames()
        require("server.log" in names and "app.js" in names and "Übersicht 1.txt" in names, f"the names: {names}")
        require(".secret" not in names and "link" not in names and "saved" not in names, f"the names: {names}")
        equal(tar.extractfile("data.bin").read(), data, "a file of the archive")
        equal(tar.getmember("data.bin").mtime, int(os.stat(os.path.join(folder, "data.bin")).st_mtime), "its time")
    seen("the archive")


if __name__ == "__main__":
    main()
