/// The page. What comes goes into it as text.
enum Page {
    static func markup(nonce: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Ticker</title>
        <style nonce="\(nonce)">
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 20rem; margin: 1rem auto; padding: 0 1rem }
        table { width: 100% }
        td { text-align: right; font-variant-numeric: tabular-nums }
        th { text-align: left }
        .up { color: #0a6b2d }
        .down { color: #b00020 }
        </style>
        <h1>Ticker</h1>
        <p id="state" role="status">Connecting…</p>
        <table><tbody id="prices"></tbody></table>
        <script nonce="\(nonce)">
        "use strict";
        const find = id => document.getElementById(id);
        const rows = new Map();
        let skipped = 0;
        function row(symbol) {
          if (!rows.has(symbol)) {
            const made = find("prices").insertRow();
            const head = document.createElement("th");
            head.textContent = symbol;
            made.append(head);
            rows.set(symbol, { cell: made.insertCell(), cents: 0 });
          }
          return rows.get(symbol);
        }
        function connect() {
          const socket = new WebSocket(location.origin.replace(/^http/, "ws") + "/prices");
          socket.onmessage = message => {
            const prices = JSON.parse(message.data);
            for (const [symbol, cents] of Object.entries(prices.cents)) {
              const one = row(symbol);
              one.cell.textContent = (cents / 100).toFixed(2);
              one.cell.className = cents < one.cents ? "down" : "up";
              one.cents = cents;
            }
            skipped += prices.skipped;
            find("state").textContent = `Change ${prices.number}, ${skipped} skipped.`;
          };
          socket.onclose = () => {
            find("state").textContent = "The connection is lost. One moment…";
            setTimeout(connect, 1000);
          };
        }
        connect();
        </script>
        </html>

        """
    }
}
