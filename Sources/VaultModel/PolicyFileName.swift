// SPDX-License-Identifier: Apache-2.0

/// Which entries of a policy directory are policy files: those whose name ends in `.yaml` and does not begin with a dot.
///
/// What is passed over is reported, with the reason: a rule that somebody wrote into it does not hold.
package enum PolicyFileName {
    package static let ending = ".yaml"

    /// Judged by bytes, and by nothing but the name.
    package static func isRead(_ name: String) -> Bool {
        !isHidden(name) && ends(name, in: ending)
    }

    /// Why an entry is passed over, and what to do about it; nil for one that is read.
    package static func whyNotRead(_ name: String, isDirectory: Bool) -> InvalidText? {
        if isRead(name) { return nil }
        if isDirectory {
            return InvalidText(
                "a directory within the policy directory is not read",
                remedy: "move its policy files up, or the directory out of here")
        }
        if isHidden(name) {
            return InvalidText(
                "a hidden file is not read", remedy: "give it a name without the dot, or move it out of the directory")
        }
        if copyEndings.contains(where: { ends(name, in: $0) }) || name.utf8.first == UInt8(ascii: "#") {
            return InvalidText("the copy of an editor or installer is not read", remedy: "move it out of the directory")
        }
        let stem = otherEndings.first { ends(name, in: $0) }.map { name.utf8.dropLast($0.utf8.count) }
        let better = stem.flatMap { String($0) }.map { "'\($0)\(ending)'" } ?? "a name that ends in \(ending)"
        return InvalidText(
            "this file is not read: only names that end in \(ending) are",
            remedy: "rename it to \(better), or move it out of the directory")
    }

    private static let copyEndings = [
        "~", ".bak", ".orig", ".old", ".save", ".swp", ".swo", ".tmp", ".rej", ".dpkg-old", ".dpkg-new", ".dpkg-dist",
        ".ucf-old", ".ucf-new", ".ucf-dist", ".rpmnew", ".rpmsave",
    ]

    /// What a policy file may be called elsewhere.
    private static let otherEndings = [".yml", ".YAML", ".YML", ".json"]

    private static func isHidden(_ name: String) -> Bool { name.utf8.first == UInt8(ascii: ".") }

    private static func ends(_ name: String, in ending: String) -> Bool {
        name.utf8.count >= ending.utf8.count && name.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8)
    }
}
