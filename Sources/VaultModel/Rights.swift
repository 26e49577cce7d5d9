// SPDX-License-Identifier: Apache-2.0

/// What a descriptor may be used for. Those of a later version that this one does not know are not among them.
public struct Rights: OptionSet, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Reading what is there.
    public static let read = Rights(rawValue: 1)
    /// Writing anywhere.
    public static let write = Rights(rawValue: 2)

    /// Writing at the end only (`O_APPEND`).
    public static let append = Rights(rawValue: 4)

    /// Whatever the descriptor can do: of what cannot be narrowed, such as a listener.
    public static let use = Rights(rawValue: 8)

    package static let all: Rights = [.read, .write, .append, .use]

    private static let names: [(Rights, String)] = [
        (.read, "read"), (.write, "write"), (.append, "append"), (.use, "use"),
    ]

    /// Throws at an unknown word and at an empty list.
    package static func parse(_ words: [String]) throws(InvalidText) -> Rights {
        var rights: Rights = []
        for word in words {
            guard let right = names.first(where: { $0.1 == word })?.0 else {
                throw InvalidText("'\(word)' is not a right", remedy: "write read, write, append or use")
            }
            rights.insert(right)
        }
        guard !rights.isEmpty else {
            throw InvalidText("the list of rights is empty", remedy: "name a right, or leave the key out")
        }
        return rights
    }

    /// Those of the words that are known.
    package init(known words: [String]) {
        self = Self.names.reduce(into: []) { rights, name in if words.contains(name.1) { rights.insert(name.0) } }
    }

    /// In the order read, write, append, use.
    package var words: [String] { Self.names.filter { contains($0.0) }.map(\.1) }

    /// How many rights these are.
    package var count: Int { rawValue.nonzeroBitCount }

    /// What a descriptor that is opened with these rights has: who may write anywhere is not held to the end.
    package var opened: Rights { contains(.write) ? subtracting(.append) : self }

    /// `read, write`; `none` for no right.
    public var description: String { Self.descriptions[Int(rawValue & Self.all.rawValue)] }

    /// A text for each set: they are written into each record of a denial.
    private static let descriptions = (0...all.rawValue).map { rawValue in
        rawValue == 0 ? "none" : Rights(rawValue: rawValue).words.joined(separator: ", ")
    }
}
