/// What a page under development runs.
enum ReloadScript {
    static let text = """
        (() => {
          "use strict";
          let process;
          let box;

          function show(state) {
            if (box) box.remove();
            box = null;
            if (state.phase === "done") return;
            box = document.createElement("div");
            const failed = state.phase === "failed";
            box.setAttribute("role", failed ? "alert" : "status");
            box.id = "sagi-build";
            Object.assign(box.style, {
              position: "fixed", zIndex: 2147483647, font: "14px/1.5 ui-monospace, monospace", color: "#fff",
              background: failed ? "rgba(110, 15, 25, .97)" : "rgba(30, 30, 30, .9)", padding: failed ? "1.5em" : ".4em 1em",
              ...(failed ? { inset: "0", overflow: "auto" } : { right: "1em", bottom: "1em", borderRadius: "4px" }),
            });
            const title = document.createElement("strong");
            title.textContent = failed ? "The build failed. The page behind this is of the last one that did not." : "Building …";
            box.append(title);
            if (failed) {
              const text = document.createElement("pre");
              text.style.whiteSpace = "pre-wrap";
              text.textContent = state.text;
              const close = document.createElement("button");
              close.textContent = "Close";
              close.onclick = () => box.remove();
              box.append(text, close);
            }
            document.body.append(box);
          }

          const source = new EventSource("/.sagi/reload");
          source.onmessage = (message) => {
            const news = JSON.parse(message.data);
            if (process !== undefined && news.process !== process) return location.reload();
            process = news.process;
            show(news.state);
          };
        })();

        """
}
