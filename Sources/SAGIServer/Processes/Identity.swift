#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The user and the group that a program becomes when it needs its first rights no more.
package struct Identity: Sendable, Equatable {
    private let user: uid_t
    private let group: gid_t
    /// The user's name, for the groups that it also belongs to.
    private let name: String?

    /// Looks up a configuration's user and group; nil when it names none.
    ///
    /// - Throws: ``ConfigurationError`` when one of them is not known, or this process may not become it.
    package init?(_ configuration: ProcessConfiguration) throws {
        guard configuration.user != nil || configuration.group != nil else { return nil }
        var user = getuid()
        var group = getgid()
        var name: String?
        if let text = configuration.user {
            if let entry = getpwnam(text) {
                (user, group, name) = (entry.pointee.pw_uid, entry.pointee.pw_gid, text)
            } else if let number = uid_t(text) {
                user = number
                if let entry = getpwuid(number) {
                    (group, name) = (entry.pointee.pw_gid, String(cString: entry.pointee.pw_name))
                }
            } else {
                throw ConfigurationError("The user \"\(text)\" is not known.")
            }
        }
        if let text = configuration.group {
            if let entry = getgrnam(text) {
                group = entry.pointee.gr_gid
            } else if let number = gid_t(text) {
                group = number
            } else {
                throw ConfigurationError("The group \"\(text)\" is not known.")
            }
        }
        guard geteuid() == 0 || (user == geteuid() && group == getegid()) else {
            throw ConfigurationError("Only root can become another user or group.")
        }
        (self.user, self.group, self.name) = (user, group, name)
    }

    /// Becomes them, for good.
    ///
    /// - Throws: ``ConfigurationError``; then the process must not go on.
    package func assume() throws {
        guard geteuid() == 0 else { return }
        let groups = name.map { initgroups($0, group) } ?? withUnsafePointer(to: group) { setgroups(1, $0) }
        guard groups == 0, setgid(group) == 0, setuid(user) == 0 else {
            throw ConfigurationError(
                "Cannot become user \(user) and group \(group): \(String(cString: strerror(errno))).")
        }
        guard user == 0 || setuid(0) != 0 else {
            throw ConfigurationError("The rights of root cannot be given up.")
        }
    }

    /// Gives them a file that the program has made and will have to change or remove.
    package func own(_ path: String) { _ = chown(path, user, group) }
}
