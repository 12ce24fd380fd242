import SAGIServer

/// The reference of all options, as Markdown.
package struct Reference<Settings: Sendable>: Sendable {
    let table: OptionTable<Settings>
    let defaults: Settings

    package init(table: OptionTable<Settings>, defaults: Settings) {
        self.table = table
        self.defaults = defaults
    }

    package var markdown: String {
        let groups = table.groups.map { group in
            let rows = group.options.filter { !$0.isHidden }.map(row)
            return "## \(group.title)\n\n| option | variable | default | meaning |\n|---|---|---|---|\n"
                + rows.joined(separator: "\n") + "\n"
        }
        return Self.introduction + "\n" + groups.joined(separator: "\n") + "\n" + Self.accessLogFormats
    }

    private func row(_ option: Option<Settings>) -> String {
        var flags = ["`\(option.flag(defaults).replacing("|", with: "\\|"))`"]
        if let letter = option.letter { flags.append("`-\(letter)`") }
        let variable = option.places.contains(.environment) ? "`\(option.environmentName)`" : ""
        var help = option.help
        if option.isRepeatable { help += " Repeatable." }
        if !option.accepted.isEmpty, !isExplained(option) { help += " Takes \(option.accepted)." }
        let cells = [flags.joined(separator: ", "), variable, option.defaultText(defaults) ?? "", Self.escaped(help)]
        return "| " + cells.joined(separator: " | ") + " |"
    }

    /// Whether the introduction, or the flag itself, says what the values are.
    private func isExplained(_ option: Option<Settings>) -> Bool {
        guard !option.isSwitch, option.choices.isEmpty, let metavar = option.metavar else { return true }
        return ["TIME", "SIZE", "FILE", "ADDRESS", "FORMAT"].contains(metavar.prefix { $0 != "|" })
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("*", with: "\\*").replacing("<", with: "&lt;")
    }
}

extension Reference {
    private static var introduction: String {
        """
        # Configuration

        <!-- Made from the table of options by `sagi configuration-reference`; edit that table instead. -->

        Every application whose `@main` is a `ServerApplication`, and `sagi serve`, take these options. Each one is a
        flag, an environment variable and a key of a configuration file; the nearest wins:

        1. the flag: `--limit-body 64MiB` or `--limit-body=64MiB`;
        2. the environment variable: `SAGI_LIMIT_BODY=64MiB`;
        3. the configuration file that `--config FILE` or `SAGI_CONFIG` names: `limit-body: 64MiB`;
        4. the application's own configuration, and then the default.

        A value that cannot be used, an unknown option and an unknown key stop the program with a sentence and exit
        status 2. An unknown variable that begins with `SAGI_` is a warning.

        - **Switches** are `--date` and `--no-date`, or a value: `--date=off`, `SAGI_DATE=off`, `date: off`. They take
          `on` or `off`, `true` or `false`, `yes` or `no`.
        - **Times** are `500ms`, `30s`, `5m`, `1h`, `1h30m` or `2d`; a number alone is seconds. **Sizes** are bytes
          (`512`), or `64KiB`, `16MiB`, `1GiB`, `10KB`, `10MB`, `1GB`. `off` or `none` means no limit where it is
          accepted, and so does `--no-…`.
        - **Several values** of one option: give the flag several times, put semicolons between them in the variable,
          or write a list in the file. A flag replaces what the variable says, and the variable what the file says.
        - **An empty variable** counts as not set.

        ## Addresses

        | address | meaning |
        |---|---|
        | `127.0.0.1:8000`, `example.org:8000` | an IPv4 address or a host name, and a port; port 0 is any free one |
        | `[::1]:8000` | an IPv6 address and a port |
        | `unix:/run/app.sock` | a Unix socket |
        | `fd:3` | a listening socket that the process has inherited |

        After the address, commas add what holds for this listener alone, whatever the options for all say. A path in
        an address has no comma.

        | word | meaning |
        |---|---|
        | `proxy-protocol` | every connection begins with a PROXY protocol header, version 1 or 2, as HAProxy's `send-proxy` and nginx's `proxy_protocol` send it; one that does not is closed |
        | `no-proxy-protocol` | none does, though `--proxy-protocol` says so for all |
        | `mode=0660` | the permissions of a Unix socket |
        | `ipv6-only`, `dual-stack` | whether an IPv6 listener refuses IPv4 connections, or takes them |

        So `--bind 10.0.0.5:8000,proxy-protocol --bind unix:/run/app.sock,mode=0660` listens for a load balancer, which
        tells who the clients are, and for a neighbour on the same machine. Whoever reaches a listener with
        `proxy-protocol` can claim any address: let nobody but the proxy.

        With only `--tls-bind` there is no cleartext listener. With neither, the sockets of a service manager
        (`LISTEN_FDS` and `LISTEN_PID`, as systemd sets them) are used when there are any, and otherwise the default.

        ## Configuration file

        The file is YAML (and so JSON is fine too). A key is the name of an option, whole or cut at its dashes and
        nested. Paths of files are as seen from `--working-directory`, or from where the program was started.

        ```yaml
        bind: ["127.0.0.1:8000", "unix:/run/app.sock,mode=0660"]
        tls:
          bind: "[::]:8443"
          cert: [example.org.pem, example.net.pem]
          key: [example.org.key, example.net.key]
        limit:
          body: 64MiB
          connections: off
        timeout-keep-alive: 30s
        access-log: /var/log/app/access.log
        access-log-format: combined
        ```

        ## Signals and exit status

        | signal | one process | with `--workers` |
        |---|---|---|
        | `SIGTERM`, `SIGINT` | shuts down: no new connections, running exchanges end within `--timeout-shutdown`; a second one ends the process at once | the same, in all workers |
        | `SIGQUIT` | shuts down without waiting for exchanges | the same, in all workers |
        | `SIGHUP` | starts the program anew, with its configuration and certificates: the new process gets the listening sockets, and when it serves, the old one ends what it has begun | reads the configuration again, and replaces all workers, one after the other; a new worker is the program as it lies there now |
        | `SIGUSR1` | opens the access log again | the same, in all workers |
        | `SIGUSR2` | as `SIGHUP` | starts the whole program anew, supervisor and workers, as `SIGHUP` does with one process |
        | `SIGTTIN`, `SIGTTOU` | nothing | one worker more, one less |

        What cannot start leaves everything as it is. [Processes](processes.md) says more.

        | status | meaning |
        |---|---|
        | 0 | a clean shutdown, or another process has taken the place of this one |
        | 1 | an error that is none of these |
        | 2 | an option, a file or an address cannot be used |
        | 3 | the application did not start; with `--workers`, in no worker |
        | 130, 131, 143 | ended at once by `SIGINT`, `SIGQUIT` or `SIGTERM`, while it started or stopped |

        """
    }

    private static var accessLogFormats: String {
        let presets = AccessLogFormat.presets.sorted { $0.key < $1.key }.map { name, format in
            "| `\(name)` | \(format.isEmpty ? "a JSON object on each line" : "`\(format)`") |"
        }
        let atoms = AccessLogAtoms.all.map {
            "| \($0.atoms.map { "`\($0)`" }.joined(separator: ", ")) | \($0.meaning) |"
        }
        return """
            ## Access log formats

            | format | is |
            |---|---|
            \(presets.joined(separator: "\n"))

            | atom | meaning |
            |---|---|
            \(atoms.joined(separator: "\n"))

            What comes from outside is escaped, so that no request can forge or break a line.

            """
    }
}

/// What can stand in a format of the access log.
enum AccessLogAtoms {
    static let all: [(atoms: [String], meaning: String)] = [
        (["%h"], "the client's address; \"unix\" on a Unix socket"),
        (["%l", "%u"], "\"-\""),
        (["%t"], "the time, as 21/Nov/2026:09:30:00 +0000"),
        (["%r"], "the request line"),
        (["%m", "%U", "%q", "%H"], "method, path, \"?query\" or nothing, protocol"),
        (["%R"], "the path with the query"),
        (["%S", "%v"], "scheme; the host that was asked for"),
        (["%s", "%st"], "status; its reason phrase"),
        (["%b", "%B"], "bytes of content, none as \"-\" or as 0"),
        (["%T", "%d", "%M", "%D"], "duration: whole seconds, seconds as 0.123, milliseconds, microseconds"),
        (["%f", "%a"], "`Referer`, `User-Agent`"),
        (["%p"], "the process number"),
        (["%x"], "how the exchange ended: \"completed\", or the reason"),
        (["%{Name}i", "%{Name}o", "%{NAME}e"], "a request field, a response field, an environment variable"),
        (["%%"], "a percent sign"),
    ]
}
