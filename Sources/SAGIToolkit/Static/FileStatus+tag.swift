extension FileStatus {
    /// What tells one state of a file from another, for an entity tag. The time alone would miss a second change within
    /// one tick of the clock, or a file put in place of another with its time kept.
    var tag: String {
        [String(seconds, radix: 16), String(nanoseconds, radix: 16), String(size, radix: 16), String(inode, radix: 16)]
            .joined(separator: "-")
    }
}
