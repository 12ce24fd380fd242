/// The page. What comes goes into it as text.
enum Page {
    static func markup(nonce: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Counter</title>
        <style nonce="\(nonce)">
        body { font: 1rem/1.5 system-ui, sans-serif; text-align: center; margin-top: 3rem }
        output { display: block; font-size: 6rem; font-variant-numeric: tabular-nums }
        button { font-size: 2rem; width: 4rem }
        </style>
        <h1>Counter</h1>
        <output id="count">–</output>
        <button id="less" disabled>−</button> <button id="more" disabled>+</button>
        <p id="state" role="status">Connecting…</p>
        <script nonce="\(nonce)">
        "use strict";
        const find = id => document.getElementById(id);
        let socket;
        function connect() {
          socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/count");
          socket.onopen = () => { find("less").disabled = find("more").disabled = false; };
          socket.onmessage = message => {
            const { count, present } = JSON.parse(message.data);
            find("count").textContent = count;
            find("state").textContent = present == 1 ? "You are alone." : `${present} are here.`;
          };
          socket.onclose = () => {
            find("less").disabled = find("more").disabled = true;
            find("state").textContent = "The connection is lost. One moment…";
            setTimeout(connect, 1000);
          };
        }
        for (const [id, add] of [["less", -1], ["more", 1]]) {
          find(id).onclick = () => socket.send(JSON.stringify({ add }));
        }
        connect();
        </script>
        </html>

        """
    }
}
