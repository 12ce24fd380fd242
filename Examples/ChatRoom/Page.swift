/// The page. What others have written goes into it as text and never as markup.
enum Page {
    static func markup(nonce: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Chat</title>
        <style nonce="\(nonce)">
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 50rem; margin: 1rem auto; padding: 0 1rem }
        main { display: grid; grid-template-columns: 1fr 10rem; gap: 1rem }
        #talk { height: 60vh; overflow-y: auto; border: 1px solid #bbb; padding: .5rem; margin: 0; list-style: none }
        #talk .news { color: #666 }
        button[aria-pressed=true] { font-weight: bold }
        time { color: #666; font-size: .8rem }
        </style>
        <h1>Chat</h1>
        <p id="state" role="status">Connecting…</p>
        <nav id="rooms"></nav>
        <form id="enter"><input name="room" placeholder="another room" maxlength="20" required><button>Enter</button>
          <button type="button" id="leave">Leave this one</button></form>
        <main>
          <ul id="talk" aria-live="polite"></ul>
          <section><h2>Here</h2><ul id="users"></ul></section>
        </main>
        <form id="say"><input name="text" autocomplete="off" required autofocus><button>Say</button></form>
        <form id="name"><input name="nick" placeholder="your name" maxlength="20" required><button>Call me so</button></form>
        <script nonce="\(nonce)">
        \(script)
        </script>
        </html>

        """
    }

    private static let script = #"""
        "use strict";
        const find = id => document.getElementById(id);
        const rooms = new Map();  // The rooms that we are in: who is there, and what was said.
        let socket, nick = "", current = "", first = "", wanted = "", pause = 500;

        function room(name) {
          if (!rooms.has(name)) rooms.set(name, { users: new Set(), lines: [] });
          return rooms.get(name);
        }

        function line(name, kind, text, time) {
          room(name).lines.push({ kind, text, time });
          if (room(name).lines.length > 500) room(name).lines.shift();
        }

        function element(name, text, kind) {
          const made = document.createElement(name);
          made.textContent = text;  // Never innerHTML.
          if (kind) made.className = kind;
          return made;
        }

        function show() {
          find("rooms").replaceChildren(...[...rooms.keys()].map(name => {
            const button = element("button", name);
            button.ariaPressed = name == current;
            button.onclick = () => { current = name; show(); };
            return button;
          }));
          const here = rooms.get(current) ?? { users: new Set(), lines: [] };
          find("users").replaceChildren(...[...here.users].sort().map(user => element("li", user)));
          find("talk").replaceChildren(...here.lines.map(({ kind, text, time }) => {
            const item = element("li", text + " ", kind);
            if (time) item.append(element("time", new Date(time).toLocaleTimeString()));
            return item;
          }));
          find("talk").scrollTop = find("talk").scrollHeight;
          find("say").elements.text.disabled = !rooms.has(current);
        }

        const events = {
          welcome(event) { nick = event.nick; current = first = event.room; pause = 500; if (wanted) send({ type: "nick", nick: wanted }); },
          message(event) { line(event.room, "said", `${event.nick}: ${event.text}`, event.time); },
          joined(event) { room(event.room).users.add(event.nick); line(event.room, "news", `${event.nick} has come.`); },
          left(event) {
            if (event.nick == nick) {
              rooms.delete(event.room);
              if (current == event.room) current = [...rooms.keys()][0] ?? "";
              return;
            }
            room(event.room).users.delete(event.nick);
            line(event.room, "news", `${event.nick} has gone.`);
          },
          nick(event) {
            if (event.old == nick) nick = event.nick;
            for (const [name, { users }] of rooms) {
              if (users.delete(event.old)) {
                users.add(event.nick);
                line(name, "news", `${event.old} is called ${event.nick}.`);
              }
            }
          },
          users(event) { room(event.room).users = new Set(event.users); current = event.room; },
          error(event) { find("state").textContent = event.text; },
        };

        function send(object) { socket.send(JSON.stringify(object)); }

        function connect() {
          socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/chat");
          socket.onmessage = message => {
            const event = JSON.parse(message.data);
            if (event.type != "error") find("state").textContent = `You are ${nick}.`;
            events[event.type]?.(event);
            if (event.type == "welcome" || event.type == "nick") find("state").textContent = `You are ${nick}.`;
            show();
          };
          // Whoever loses the connection comes back, after more and more time.
          socket.onclose = close => {
            rooms.clear();
            show();
            find("state").textContent = `The connection is lost (${close.code}). One moment…`;
            setTimeout(connect, pause);
            pause = Math.min(pause * 2, 30000);
          };
        }

        function form(id, body) {
          find(id).onsubmit = event => {
            event.preventDefault();
            body(Object.fromEntries(new FormData(find(id))));
            find(id).reset();
          };
        }

        form("say", ({ text }) => send({ type: "message", room: current, text }));
        form("enter", ({ room }) => rooms.has(room) ? (current = room, show()) : send({ type: "join", room }));
        form("name", ({ nick }) => { wanted = nick; send({ type: "nick", nick }); });
        find("leave").onclick = () => send({ type: "leave", room: current });
        connect();
        """#
}
