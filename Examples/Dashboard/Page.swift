/// The page. What comes goes into it as text.
enum Page {
    static func markup(nonce: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Dashboard</title>
        <style nonce="\(nonce)">
        body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 1rem auto; padding: 0 1rem }
        dl { display: grid; grid-template-columns: repeat(3, 1fr); gap: 1rem }
        dd { margin: 0; font-size: 2rem; font-variant-numeric: tabular-nums }
        svg { width: 100%; height: 8rem; background: #f4f4f4 }
        polyline { fill: none; stroke: #0550ae; stroke-width: 2; vector-effect: non-scaling-stroke }
        </style>
        <h1>Dashboard</h1>
        <p id="state" role="status">Connecting…</p>
        <dl>
        <div><dt>Up for seconds</dt><dd id="seconds">–</dd></div>
        <div><dt>Requests</dt><dd id="requests">–</dd></div>
        <div><dt>Readers</dt><dd id="readers">–</dd></div>
        </dl>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="Requests over time"><polyline/></svg>
        <script nonce="\(nonce)">
        "use strict";
        const find = id => document.getElementById(id);
        const seen = [];  // The last figures.
        let connections = 0, missed = 0;
        const source = new EventSource("/figures");
        source.onopen = () => { connections += 1; find("state").textContent = `Live, on stream ${connections}.`; };
        // The browser asks again by itself.
        source.onerror = () => { find("state").textContent = "The connection is lost. One moment…"; };
        source.addEventListener("figures", event => {
          const figures = JSON.parse(event.data);
          const last = seen.at(-1);
          if (last && figures.number != last.number + 1) missed += 1;
          seen.push(figures);
          if (seen.length > 300) seen.shift();
          for (const name of ["seconds", "requests", "readers"]) find(name).textContent = figures[name];
          const high = Math.max(...seen.map(one => one.requests), 1);
          const points = seen.map((one, index) => `${100 * index / Math.max(seen.length - 1, 1)},${100 - 95 * one.requests / high}`);
          document.querySelector("polyline").setAttribute("points", points.join(" "));
        });
        </script>
        </html>

        """
    }
}
